"""A schema to edit: verbs that check Encord's rules and stage what they want."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal, Self

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata import schema_rules as rules
from encord_widgets.metadata.given import check_kind, several
from encord_widgets.metadata.schema import KeyType
from encord_widgets.metadata.schema_merge import SchemaEdit
from encord_widgets.metadata.schema_staged import SchemaEvents, StagedSchema
from encord_widgets.metadata.schema_types import CREATABLE
from encord_widgets.metadata.values import shown

__all__ = ["SchemaDraft", "SchemaEvents"]

_NOT_THERE: Final = "Look at list(schema) for the keys that there are."


class SchemaDraft(StagedSchema):
    """A schema to edit. As a mapping it shows what a save would leave; `live` is what Encord holds.

    Every edit is checked against Encord's rules when it is made, and staged: nothing leaves the notebook before a
    save. The verbs return the draft, so that they can be chained.

    Args:
        live: What Encord holds.

    Example:
        >>> draft = SchemaDraft({"lux": KeyType("number")})
        >>> draft.add("weather", "enum", options=["rain", "fog"]).retype("lux", "text").diff().sentence
        '1 key added, 1 key changed'
        >>> draft["lux"].label, draft.live["lux"].label
        ('text', 'number')
    """

    def add(
        self,
        key: str,
        type: str | KeyType,  # noqa: A002 - the word that people know it by
        *,
        options: Iterable[str] = (),
        size: int | None = None,
        allow_similar: bool = False,
    ) -> Self:
        """Stage a new key. A deleted scalar can be defined again, also with another scalar type.

        Args:
            key: Metadata key.
            type: `number`, `boolean`, `varchar`, `text`, `datetime`, `uuid`, `enum`, `embedding` or `geospatial`.
            options: Options of an enum, 1 to 255.
            size: Numbers in an embedding, 1 to 4096; Encord Active takes 512 only.
            allow_similar: Whether the key may differ from another one by letter case only.

        Returns:
            The draft.

        Raises:
            InvalidInputError: With each rule that it breaks.
        """
        ty, held = rules.new_type(type, options, size), self._types.get(key)
        if held is not None and not (held.state == "deleted" and held.was and held.was.is_variant):
            if held.state == "live":
                hint = "Re-type it with retype(...), or add options with add_options(...)."
                raise InvalidInputError(
                    [rules.refused(key, "defined once", "a new key", f"{held.label} there", hint)]
                )
            if held.state == "deleted":
                hint = f"Bring it back with restore({key!r})."
                raise InvalidInputError(
                    [rules.refused(key, "defined once", "a new key", f"a deleted {_was(held)}", hint)]
                )
        similar = None if allow_similar or not isinstance(key, str) else rules.similar_key(key, self._types)
        return self._stage(key, ty, [similar] if similar else [])

    def retype(
        self,
        key: str,
        type: str | KeyType,  # noqa: A002 - as in add
        *,
        options: Iterable[str] = (),
        size: int | None = None,
    ) -> Self:
        """Stage another type for a scalar key. Values are not touched: see `change_type` for those.

        Args:
            key: Metadata key.
            type: The new type; for a key that is only staged, any, else a scalar.
            options: Options, for a key that is only staged.
            size: Size, for a key that is only staged.

        Returns:
            The draft.

        Raises:
            InvalidInputError: With each rule that it breaks.
        """
        held = self._there(key)
        if held.kind == "deleted":
            hint = f"Bring it back with restore({key!r}), or define it again with add(...)."
            raise InvalidInputError([Problem("a live key", f"a key {held.state}", key=key, hint=hint)])
        ty = rules.new_type(type, options, size)
        own = rules.type_problems(key, ty)  # a type that nobody can make is named before the change is judged
        if own and ty.kind not in CREATABLE:
            raise InvalidInputError(own)
        return self._stage(key, ty)

    def add_options(self, key: str, options: Iterable[str]) -> Self:
        """Stage more options for an enum. None can be taken away again once they are saved.

        Args:
            key: Metadata key.
            options: The new options.

        Returns:
            The draft.

        Raises:
            InvalidInputError: With each rule that it breaks.
        """
        held = self._there(key)
        if held.kind != "enum":
            raise InvalidInputError(
                [Problem("an enum", held.label, key=key, hint="Only an enum has options.")]
            )
        given = several(options, "options")
        problems = rules.option_problems(key, given, held.options)
        if problems:
            raise InvalidInputError(problems)
        return self._stage(key, held.with_options(sorted([*held.options, *given])))

    def delete(self, key: str) -> Self:
        """Stage the deletion of a key. It can be restored; values in items stay, but are not indexed any more.

        A key that is only staged is dropped.

        Args:
            key: Metadata key.

        Returns:
            The draft.

        Raises:
            InvalidInputError: If it is not there, or deleted already.
        """
        held = self._there(key)
        if held.kind == "deleted":
            raise InvalidInputError([rules.refused(key, "deletion", "a live key", f"a key {held.state}")])
        if key not in self._live:
            return self._drop(key)
        return self._stage(key, (self._live_type(key) or held).deleted())

    def restore(self, key: str) -> Self:
        """Stage the return of a deleted key with the type that it had.

        Args:
            key: Metadata key.

        Returns:
            The draft.

        Raises:
            InvalidInputError: If it is not deleted, or deleted for good.
        """
        held = self._there(key)
        if held.was is None:
            rule = "deletion" if held.kind != "deleted" else "deleted for good"
            raise InvalidInputError(
                [rules.refused(key, rule, "a deleted key", f"a key that is {held.state}")]
            )
        return self._stage(key, held.was)

    def delete_for_good(self, key: str) -> Self:
        """Stage the end of a key: its type is forgotten, it is never indexed, restored or defined again.

        Args:
            key: Metadata key, live or deleted.

        Returns:
            The draft.

        Raises:
            InvalidInputError: If it is not there, or deleted for good already.
        """
        held = self._there(key)
        if held.state == "deleted for good":
            raise InvalidInputError(
                [rules.refused(key, "deleted for good", "a key that can be deleted", "one deleted for good")]
            )
        if key not in self._live:
            return self._drop(key)
        return self._stage(key, held.deleted(for_good=True))

    def stage(self, wanted: Mapping[str, str | KeyType]) -> Self:
        """Stage whatever turns this schema into another one: new keys, options, scalar types, deletions it names.

        Keys that the other schema does not mention stay as they are, and so do options that it lacks.

        Args:
            wanted: The other schema, such as `MetadataSchema.from_yaml(...)` or `MetadataSchema.infer(frame)`, or a map
                from key to the name of a scalar type.

        Returns:
            The draft.

        Raises:
            InvalidInputError: With each rule that it breaks, for all keys; then nothing of it is staged.
        """
        hint = "Such as MetadataSchema.from_json(text), or {'lux': 'number'}."
        check_kind(wanted, Mapping, "a schema", hint)
        problems: list[Problem] = []
        edits = dict(self._edits)
        for key, given in wanted.items():
            held, ty = self._types.get(key), given if isinstance(given, KeyType) else rules.new_type(given)
            if held is not None and held.kind == ty.kind == "enum":
                ty = held.with_options(sorted({*held.options, *ty.options}))
            if held.identity == ty.identity if held is not None else ty.kind == "deleted":
                continue
            if held is None:
                ty = rules.makeable(ty)
                staged = {one: edit.after for one, edit in edits.items()}
                similar = rules.similar_key(key, {**self._types, **staged})
                problems += [similar] if similar else []
            problems += rules.change_problems(key, self._live.get(key), ty)
            edits[key] = SchemaEdit(key, self._live.get(key), ty)
        if problems:
            raise InvalidInputError(problems)
        self._do(edits)
        return self

    def resolve(self, key: str, choice: Literal["ours", "theirs"]) -> Self:
        """Settle a conflict.

        Args:
            key: Metadata key.
            choice: `ours` keeps the edit, on top of what is live now; `theirs` drops it.

        Returns:
            The draft.

        Raises:
            InvalidInputError: If there is no such conflict or choice, or a rule stands against ours by now.
        """
        conflict = next((one for one in self._conflicts if one.key == key), None)
        if conflict is None:
            raise InvalidInputError(
                [Problem("a key in conflict", shown(key), key=str(key), hint="See conflicts.")]
            )
        if choice not in {"ours", "theirs"}:
            raise InvalidInputError([Problem('"ours" or "theirs"', shown(choice), key=key)])
        if choice == "theirs":
            return self._drop(key)
        after = conflict.ours
        if after.state == "deleted" and conflict.theirs is not None:
            after = (
                conflict.theirs.was or conflict.theirs
            ).deleted()  # a tombstone holds the type that is live
        elif after.kind == "enum" and conflict.theirs is not None and conflict.theirs.kind == "enum":
            after = conflict.theirs.with_options(sorted({*conflict.theirs.options, *after.options}))
        return self._stage(key, after)

    # -- underneath --------------------------------------------------------------------------------------------

    def _there(self, key: str) -> KeyType:
        held = self._types.get(key)
        if held is None:
            raise InvalidInputError(
                [Problem("a key of the schema", shown(key), key=str(key), hint=_NOT_THERE)]
            )
        return held

    def _live_type(self, key: str) -> KeyType | None:
        held = self._live.get(key)
        return held.was or held if held is not None else None

    def _stage(self, key: str, ty: KeyType, problems: Iterable[Problem] = ()) -> Self:
        live = self._live.get(key)
        found = [*problems, *rules.change_problems(key, live, ty)]
        if found:
            raise InvalidInputError(found)
        self._do({**self._edits, key: SchemaEdit(key, live, ty)})
        return self


def _was(ty: KeyType) -> str:
    return ty.was.label if ty.was is not None else "key"
