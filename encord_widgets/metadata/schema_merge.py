"""The three-way merge of schemas, key by key: what an edit was based on, what it wants, what is live."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from encord_widgets.errors import EncordWidgetsError
from encord_widgets.metadata.schema_rules import MAX_OPTIONS
from encord_widgets.metadata.schema_types import KeyType
from encord_widgets.metadata.texts import counted, printable

__all__ = ["SchemaConflict", "SchemaConflictError", "SchemaEdit", "rebase", "rebase_all"]


@dataclass(frozen=True, slots=True)
class SchemaEdit:
    """One staged change of a key.

    Args:
        key: Metadata key.
        before: Type that it was based on; None for a key that was not there.
        after: Type wanted.
    """

    key: str
    before: KeyType | None
    after: KeyType


@dataclass(frozen=True, slots=True)
class SchemaConflict:
    """A key that somebody else changed since it was edited here, to something else than is wanted.

    Args:
        key: Metadata key.
        base: Type that the edit was based on; None for a key that was not there.
        ours: Type wanted here.
        theirs: Type that is live; None if the key is gone.

    Example:
        >>> print(SchemaConflict("lux", KeyType("number"), KeyType("text"), KeyType("varchar")).text)
        lux: was number, wanted text, is varchar by now
    """

    key: str
    base: KeyType | None
    ours: KeyType
    theirs: KeyType | None

    @property
    def text(self) -> str:
        """The conflict in one line."""
        base, ours, theirs = (_named(ty) for ty in (self.base, self.ours, self.theirs))
        return f"{printable(self.key)}: was {base}, wanted {ours}, is {theirs} by now"


class SchemaConflictError(EncordWidgetsError):
    """Somebody else changed keys of the schema that are edited here; nothing was saved.

    Settle each with `client.schema.resolve(key, "ours")` or `"theirs"`, and save again.

    Args:
        conflicts: Each with what it was based on, ours and theirs.

    Example:
        >>> conflict = SchemaConflict("lux", KeyType("number"), KeyType("text"), KeyType("varchar"))
        >>> SchemaConflictError([conflict]).conflicts[0].key
        'lux'
    """

    def __init__(self, conflicts: Iterable[SchemaConflict]) -> None:
        self.conflicts = tuple(conflicts)
        lines = "\n  ".join(conflict.text for conflict in self.conflicts)
        super().__init__(
            f"Somebody else changed {counted(len(self.conflicts), 'key')} of the schema meanwhile; nothing was saved:\n"
            f'  {lines}\nSettle each with resolve(key, "ours") or resolve(key, "theirs"), and save again.'
        )

    def __reduce__(self) -> tuple[type[SchemaConflictError], tuple[object, ...]]:
        return type(self), (self.conflicts,)


def rebase(edit: SchemaEdit, live: KeyType | None) -> SchemaEdit | SchemaConflict:
    """Put an edit on top of what is live by now.

    Options that both sides added to an enum are both kept: that is no conflict. An edit whose wanted type is live
    already comes back with `before` the same as `after`.

    Args:
        edit: The edit.
        live: Type that is live; None if the key is not there.

    Example:
        >>> fog, ice = (KeyType("enum", options=("dry", option)) for option in ("fog", "ice"))
        >>> rebase(SchemaEdit("weather", KeyType("enum", options=("dry",)), fog), ice).after.options
        ('dry', 'fog', 'ice')
    """
    if _same(edit.before, live) or _same(edit.after, live):
        return SchemaEdit(edit.key, live, edit.after)
    if _enum(edit.before) and _enum(edit.after) and live is not None and _enum(live):
        held = edit.before.options if edit.before else ()
        added = [option for option in edit.after.options if option not in held]
        options = sorted({*live.options, *added})
        if len(options) <= MAX_OPTIONS:
            return SchemaEdit(
                edit.key, live, live if options == sorted(live.options) else live.with_options(options)
            )
    return SchemaConflict(edit.key, edit.before, edit.after, live)


def rebase_all(
    edits: Iterable[SchemaEdit], live: Mapping[str, KeyType]
) -> tuple[dict[str, SchemaEdit], list[SchemaConflict]]:
    """Put edits on top of what is live: those with something left to do, and the conflicts.

    Args:
        edits: At most one a key.
        live: Types by key, as they are now.

    Returns:
        The edits by key, based on what is live, and the conflicts; a key is in one of them at most.
    """
    kept: dict[str, SchemaEdit] = {}
    conflicts: list[SchemaConflict] = []
    for edit in edits:
        found = rebase(edit, live.get(edit.key))
        if isinstance(found, SchemaConflict):
            conflicts.append(found)
        elif not _same(found.before, found.after):
            kept[edit.key] = found
    return kept, conflicts


def _same(a: KeyType | None, b: KeyType | None) -> bool:
    if a is None or b is None:
        return a is b
    return a.identity == b.identity


def _enum(ty: KeyType | None) -> bool:
    return ty is not None and ty.kind == "enum"


def _named(ty: KeyType | None) -> str:
    if ty is None:
        return "not there"
    return ty.state if ty.kind == "deleted" else ty.label
