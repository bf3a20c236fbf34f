"""Encord's rules for keys and types, checked before anything is sent; each refusal names the rule.

The server's own rules are not published. These are the ones that Encord's client holds itself to, and what its
documentation advises (Encord API, metadata schema): whatever passes here can be made with that client.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from encord_widgets.errors import Problem
from encord_widgets.metadata.given import several
from encord_widgets.metadata.schema_types import CREATABLE, SCALARS, KeyType
from encord_widgets.metadata.texts import counted
from encord_widgets.metadata.values import shown

__all__ = [
    "MAX_OPTIONS",
    "RULES",
    "advice",
    "change_problems",
    "key_problem",
    "makeable",
    "new_type",
    "option_problems",
    "refused",
    "similar_key",
    "type_problems",
]

MAX_OPTIONS: Final = 255
_MAX_SIZE: Final = 4096
_ACTIVE_SIZE: Final = 512
_DROPPED: Final = str.maketrans("", "", "-_ .")
_ALIASES: Final = {"string": "varchar", "long_string": "text"}

RULES: Final[Mapping[str, str]] = {
    "key format": "a key consists of letters, digits, spaces, '-', '_' and '.', with at least one letter or digit",
    "reserved keys": "keys that start with '$' and 'keyframes' are Encord's own",
    "defined once": "a key that is in the schema cannot be added again",
    "letter case": "keys that differ only by letter case are two keys, which people take for one",
    "known types": f"a key is one of: {', '.join(CREATABLE)}",
    "enum options": f"an enum has 1 to {MAX_OPTIONS} options",
    "distinct options": "each option stands in an enum once",
    "options stay": "Encord has no call that removes or renames an option",
    "embedding size": f"an embedding has 1 to {_MAX_SIZE:,} numbers",
    "re-typing": "only a scalar becomes another scalar; an enum, an embedding and a place stay what they are",
    "deleted for good": "a key that was deleted for good can never be restored or defined again",
    "deletion": "only a live key can be deleted, and only a deleted one restored",
}
"""The rules by name, in words."""


def refused(key: str, rule: str, expected: str, got: str, hint: str = "") -> Problem:
    """A refusal that names its rule.

    Args:
        key: Metadata key.
        rule: One of `RULES`.
        expected: What would have been right.
        got: What came.
        hint: What to do next.
    """
    return Problem(expected, got, key=key, hint=f"{hint} Encord's rule: {RULES[rule]}.".strip())


def key_problem(key: object) -> Problem | None:
    """Why a text cannot be a key of the schema, or None.

    Args:
        key: The key.

    Example:
        >>> key_problem("captured at") is None, key_problem("a/b").expected
        (True, "a key of letters, digits, spaces, '-', '_' and '.'")
    """
    if not isinstance(key, str) or not key:
        return refused(str(key), "key format", "a key", shown(key))
    rest = key.translate(_DROPPED)
    if key.startswith("$") or rest == "keyframes":
        return refused(key, "reserved keys", "a key of your own", shown(key))
    if not rest.isalnum():
        return refused(key, "key format", "a key of letters, digits, spaces, '-', '_' and '.'", shown(key))
    return None


def similar_key(key: str, types: Mapping[str, KeyType]) -> Problem | None:
    """Why a new key is too much like a live one, or None.

    Args:
        key: The new key.
        types: The keys of the schema.
    """
    twins = [one for one in types if one != key and one.casefold() == key.casefold()]
    twin = next((one for one in twins if types[one].state == "live"), None)
    if twin is None:
        return None
    hint = "Use that key, or allow it with allow_similar=True."
    return refused(key, "letter case", "a key that differs by more than case", f"{shown(twin)} exists", hint)


def option_problems(key: str, options: Iterable[object], held: Sequence[str] = ()) -> list[Problem]:
    """What is wrong with the options of an enum, or with those to be added to it.

    Args:
        key: Metadata key.
        options: The new options.
        held: The options that it has.
    """
    given = list(options)
    problems: list[Problem] = []
    if not given:
        problems.append(refused(key, "enum options", "at least one option", "none"))
    problems += [
        Problem("options of text", shown(option), key=key, hint='Such as "rain".')
        for option in given
        if not isinstance(option, str) or not _is_utf8(option)
    ]
    texts = [option for option in given if isinstance(option, str)]
    repeated = sorted({option for option in texts if texts.count(option) > 1 or option in held})
    problems += [
        refused(key, "distinct options", "each option once", f"{shown(option)} twice") for option in repeated
    ]
    total = len(held) + len(given)
    if total > MAX_OPTIONS:
        got = f"{total:,}" if not held else f"{total:,} ({len(held):,} there, {len(given):,} new)"
        problems.append(refused(key, "enum options", f"at most {MAX_OPTIONS} options", got))
    return problems


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def type_problems(key: str, ty: KeyType) -> list[Problem]:
    """Why a key cannot be made with a type.

    Args:
        key: Metadata key.
        ty: The type.
    """
    if ty.kind not in CREATABLE or (ty.kind in SCALARS and not ty.is_variant):
        return [refused(key, "known types", f"one of {', '.join(CREATABLE)}", ty.label)]
    if ty.kind == "enum":
        return option_problems(key, ty.options)
    if ty.kind == "embedding" and (
        not isinstance(ty.size, int) or isinstance(ty.size, bool) or not 1 <= ty.size <= _MAX_SIZE
    ):
        return [refused(key, "embedding size", f"a size of 1 to {_MAX_SIZE:,}", shown(ty.size))]
    return []


def new_type(type_: object, options: Iterable[str] = (), size: int | None = None) -> KeyType:
    """The type that a caller describes, not checked yet.

    Args:
        type_: A `KeyType`, or the name of a kind; `string` and `long_string` mean `varchar` and `text`.
        options: Options of an enum; they are kept in order of text, as Encord's client does.
        size: Numbers of an embedding.
    """
    given = several(options, "options")
    if isinstance(type_, KeyType):
        return makeable(type_)
    name = _ALIASES.get(str(type_), str(type_))
    if name == "enum":
        return KeyType("enum", options=tuple(sorted(given, key=str)))
    if name == "embedding":
        return KeyType("embedding", size=size)
    if name in CREATABLE:
        return KeyType.from_wire(
            {"ty": "geospatial"} if name == "geospatial" else {"ty": "variant", "hint": name}
        )
    return KeyType.from_wire({"ty": name})  # the rules refuse it, by name


def makeable(ty: KeyType) -> KeyType:
    """The type that Encord lets be made in place of a scalar that it made itself; other types are handed back.

    Args:
        ty: A type, such as that of a key to copy.

    Example:
        >>> makeable(KeyType.from_wire({"ty": "varchar", "max_length": 64})).to_wire()
        {'ty': 'variant', 'hint': 'varchar'}
    """
    return KeyType(ty.kind) if ty.kind in SCALARS and not ty.is_variant else ty


def change_problems(key: str, before: KeyType | None, after: KeyType) -> list[Problem]:
    """Why the type of a key cannot become another one.

    Args:
        key: Metadata key.
        before: The type that Encord holds; None for a new key.
        after: The type wanted.
    """
    if before is None:
        found = key_problem(key)
        return [*([found] if found else []), *type_problems(key, after)]
    if before.identity == after.identity:
        return []
    if before.state == "deleted for good":
        return [refused(key, "deleted for good", "a key that can be defined", "one deleted for good")]
    held = before.was or before
    if after.kind == "deleted":
        kept = after.was
        if kept is not None and kept.identity != held.identity:
            return [refused(key, "deletion", f"the type that the key had ({held.label})", kept.label)]
        return []
    if held.identity == after.identity:
        return []
    if held.kind == after.kind == "enum":
        gone = [option for option in held.options if option not in after.options]
        if gone:
            hint = "Move the values with merge_options; the option stays."
            return [
                refused(
                    key,
                    "options stay",
                    f"all of its {len(held.options)} options",
                    f"{shown(gone[0])} left out",
                    hint,
                )
            ]
        added = [option for option in after.options if option not in held.options]
        return option_problems(key, added, held.options) if added else []
    if held.is_variant and after.is_variant:
        return []
    hint = f'Add another key and move the values: change_type({key!r}, ..., into="another key").'
    return [refused(key, "re-typing", f"a type that {held.label} can become", after.label, hint)]


def advice(key: str, ty: KeyType) -> list[str]:
    """What Encord's documentation advises against, although its client lets it pass.

    Args:
        key: Metadata key.
        ty: Its type.

    Example:
        >>> advice("clip", KeyType("embedding", size=8))
        ['Encord Active takes embeddings of exactly 512 numbers; this one, of 8, works in Index only.']
    """
    found = []
    if ty.kind == "embedding":
        if ty.size != _ACTIVE_SIZE:
            found.append(
                f"Encord Active takes embeddings of exactly {_ACTIVE_SIZE} numbers; this one, of {ty.size}, works in "
                "Index only."
            )
        if "." in key or " " in key:
            found.append("Keys of embeddings are documented with letters, digits, '-' and '_' only.")
    if not key.isascii():
        found.append("Keys are documented with the letters a to z only; Encord's client lets others pass.")
    if ty.kind == "enum" and len(ty.options) == MAX_OPTIONS:
        found.append(f"The enum is full: {counted(MAX_OPTIONS, 'option')}, and none can be removed.")
    return found
