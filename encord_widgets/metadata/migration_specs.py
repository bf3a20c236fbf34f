"""What a migration is about: which key or option becomes which, and what the schema needs for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata import schema_rules as rules
from encord_widgets.metadata.given import several
from encord_widgets.metadata.migrations import Convert, Movement, converter, renamed_options
from encord_widgets.metadata.schema import MetadataSchema
from encord_widgets.metadata.schema_merge import SchemaEdit
from encord_widgets.metadata.schema_types import SCALARS, KeyType
from encord_widgets.metadata.texts import printable
from encord_widgets.metadata.values import shown

__all__ = ["MigrationSpec", "change_type", "merge_options", "rename_key"]


@dataclass(frozen=True, slots=True)
class MigrationSpec:
    """What a migration is about.

    Args:
        title: In words.
        movement: Which values move where.
        wanted: Type that the target must have, None for a key outside the schema.
        retires: Whether the old key is deleted at the end; it can be restored.
        keeps: What stays in the schema for good, in words: old options, say.
    """

    title: str
    movement: Movement
    wanted: KeyType | None
    retires: bool
    keeps: str = ""

    def edit(self, live: MetadataSchema) -> SchemaEdit | None:
        """What has to be saved before values can move, or None.

        Args:
            live: What Encord holds.

        Raises:
            InvalidInputError: If the new key is there with another type.
        """
        target, wanted = self.movement.target, self.wanted
        held = live.get(target)
        if wanted is None or (held is not None and held.identity == wanted.identity):
            return None
        if held is not None and held.kind == wanted.kind and held.kind in SCALARS:
            return None  # a scalar that Encord made itself serves as well
        if held is None:
            return SchemaEdit(target, None, wanted)
        if held.kind == wanted.kind == "enum":
            missing = [option for option in wanted.options if option not in held.options]
            options = sorted([*held.options, *missing])
            return SchemaEdit(target, held, held.with_options(options)) if missing else None
        comes_back = held.was is not None and (held.was.is_variant and wanted.is_variant)
        if (
            target == self.movement.source
            or comes_back
            or (held.was and held.was.identity == wanted.identity)
        ):
            return SchemaEdit(target, held, wanted)
        hint = "Choose another key, or move the values by hand."
        got = held.label if held.state == "live" else f"a key {held.state}"
        raise InvalidInputError([Problem(f"{wanted.label}, or a new key", got, key=target, hint=hint)])


def rename_key(live: MetadataSchema, old: str, new: str, held: Collection[str]) -> MigrationSpec:
    """Values move from one key to another of the same type.

    Args:
        live: What Encord holds.
        old: Key as it is.
        new: Key wanted.
        held: Keys that the items hold.

    Raises:
        InvalidInputError: If a rule stands against it.
    """
    found = live.get(old)
    ty = None if found is None else found.was or (found if found.state == "live" else None)
    wanted = rules.makeable(ty) if ty is not None else None
    _check_names(old, new, known=found is not None or old in held or new in live or new in held)
    if wanted is not None and new not in live:
        _refuse(rules.type_problems(new, wanted))
    into = wanted or _live_type(live, new)
    movement = Movement(old, new, _as_it_is, into)
    return MigrationSpec(
        f"Rename {printable(old)} to {printable(new)}", movement, wanted, retires=found is not None
    )


def merge_options(live: MetadataSchema, key: str, olds: Iterable[str], new: str) -> MigrationSpec:
    """Options of an enum become another one.

    Args:
        live: What Encord holds.
        key: Metadata key.
        olds: Options as they are.
        new: Option wanted.

    Raises:
        InvalidInputError: If a rule stands against it.
    """
    found = live.get(key)
    if found is None or found.kind != "enum":
        got = found.label if found is not None else "no such key in the schema"
        raise InvalidInputError([Problem("an enum", got, key=key, hint="Only an enum has options.")])
    given = list(dict.fromkeys(several(olds, "options")))
    problems = [
        Problem(
            f"an option of {printable(key)}",
            shown(old),
            key=key,
            hint=f"Options: {', '.join(found.options)}.",
        )
        for old in given
        if old not in found.options
    ]
    if not given:
        problems.append(Problem("options to move", "none", key=key))
    if new in given:
        problems.append(Problem("another option than those that move", shown(new), key=key))
    if new not in found.options:
        problems += rules.option_problems(key, [new], found.options)
    _refuse(problems)
    options = sorted({*found.options, new})
    wanted = found if new in found.options else found.with_options(options)
    words = ", ".join(printable(old, 30) for old in given)
    one = len(given) == 1
    keeps = f"{words} {'stays' if one else 'stay'} in the schema, unused: Encord has no call that removes an option."
    title = f"{'Rename' if one else 'Merge'} {words} to {printable(new, 30)} in {printable(key)}"
    return MigrationSpec(title, Movement(key, key, renamed_options(given, new), wanted), wanted, False, keeps)


def change_type(
    live: MetadataSchema,
    key: str,
    ty: KeyType,
    *,
    into: str | None,
    convert: Convert | None,
    held: Collection[str],
) -> MigrationSpec:
    """Values become those of another type, in place or in another key.

    Args:
        live: What Encord holds.
        key: Metadata key.
        ty: The new type.
        into: Another key, or None for the same.
        convert: The caller's own conversion.
        held: Keys that the items hold.

    Raises:
        InvalidInputError: If a rule stands against it.
    """
    found = live.get(key)
    if into is None:
        if found is None and key not in held:
            raise InvalidInputError([Problem("a key of the schema or of these items", shown(key), key=key)])
        if found is not None and found.state != "live":
            hint = f"Bring it back with restore({key!r}) first."
            raise InvalidInputError([Problem("a live key", f"a key {found.state}", key=key, hint=hint)])
        if found is None or found.identity != ty.identity:
            _refuse([*rules.type_problems(key, ty), *rules.change_problems(key, found, ty)][:1])
        movement = Movement(key, key, converter(ty, convert), ty)
        return MigrationSpec(f"Change {printable(key)} to {ty.label}", movement, ty, retires=False)
    _check_names(key, into, known=found is not None or key in held or into in live)
    if into not in live:
        _refuse(rules.type_problems(into, ty))
    title = f"Change {printable(key)} to {ty.label}, as {printable(into)}"
    return MigrationSpec(
        title, Movement(key, into, converter(ty, convert), ty), ty, retires=found is not None
    )


def _as_it_is(value: object) -> object:
    return value


def _live_type(live: MetadataSchema, key: str) -> KeyType | None:
    ty = live.get(key)
    return ty if ty is not None and ty.state == "live" else None


def _check_names(old: str, new: str, *, known: bool) -> None:
    problem = rules.key_problem(new)
    problems = [problem] if problem else []
    if isinstance(old, str) and old.startswith("$"):
        problems.append(rules.refused(old, "reserved keys", "a key of your own", shown(old)))
    if old == new:
        problems.append(Problem("another key", shown(new), key=str(new)))
    if not known:
        problems.append(Problem("a key of the schema or of these items", shown(old), key=str(old)))
    _refuse(problems)


def _refuse(problems: Iterable[Problem]) -> None:
    found = list(problems)
    if found:
        raise InvalidInputError(found)
