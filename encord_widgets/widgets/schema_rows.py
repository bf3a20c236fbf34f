"""The schema on its way to the browser: one row a key, with what can be done to it. No widget in here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata import schema_rules
from encord_widgets.metadata.schema_diff import SchemaChange
from encord_widgets.metadata.schema_draft import SchemaDraft
from encord_widgets.metadata.schema_types import CREATABLE, SCALARS, KeyType
from encord_widgets.widgets.cells import encode

if TYPE_CHECKING:
    from encord_widgets.metadata.schema_impact import SchemaImpact
    from encord_widgets.metadata.schema_usage import KeyUsage

__all__ = ["TYPES", "conflicts_wire", "impact_wire", "key_rows", "rules_wire", "staged_wire"]

_HINTS: Final = {
    "varchar": "Text of up to 8,192 characters; what Encord recommends for text.",
    "text": "Long text.",
    "number": "A 64-bit float.",
    "boolean": "true or false.",
    "datetime": "A date or time in ISO 8601.",
    "uuid": "A uuid.",
    "enum": "One of 1 to 255 options; Encord has no call that renames or removes one.",
    "embedding": "1 to 4,096 numbers; Encord Active takes exactly 512.",
    "geospatial": "Latitude and longitude.",
}
_ORDER: Final = (
    "varchar",
    "text",
    "number",
    "boolean",
    "datetime",
    "uuid",
    "enum",
    "embedding",
    "geospatial",
)
TYPES: Final = [{"kind": kind, "label": kind, "hint": _HINTS[kind]} for kind in _ORDER]
"""Types that a key can be made with, as the browser offers them."""

_CHANGES: Final = {
    "added": "added",
    "restored": "restored",
    "re-typed": "changed",
    "options added": "changed",
    "deleted": "deleted",
    "deleted for good": "deleted",
}
_SAMPLES: Final = 4


def key_rows(
    draft: SchemaDraft, usage: Iterable[KeyUsage], *, with_items: bool, busy: bool
) -> list[dict[str, Any]]:
    """Every key of the schema in its order, then the keys that items hold and the schema does not.

    Args:
        draft: The schema with its staged edits.
        usage: How the items use each key; empty while that is not known.
        with_items: Whether there are items whose values a migration can move.
        busy: Whether a migration is in view, so that none can be begun.
    """
    used = {one.key: one for one in usage}
    changes = {change.key: change for change in draft.diff()}
    rows = [
        _row(key, ty, changes.get(key), used.get(key), migrates=with_items and not busy)
        for key, ty in draft.items()
    ]
    return [*rows, *(_unlisted(one) for key, one in used.items() if key not in draft)]


def _row(
    key: str, ty: KeyType, change: SchemaChange | None, use: KeyUsage | None, *, migrates: bool
) -> dict[str, Any]:
    staged = _CHANGES[change.verb] if change else ""
    deleted = ty.kind == "deleted"
    return {
        "key": key,
        "kind": ty.kind,
        "type_label": (f"was {ty.was.label}" if ty.was else "") if deleted else ty.label,
        "options": list(ty.options),
        "state": "unknown type" if ty.kind == "unknown" else ty.state,
        "staged": staged,
        "staged_text": change.detail if change and staged == "changed" else "",
        "used": use.used if use else None,
        "misfits": use.misfits if use and not deleted else None,
        "samples": [encode(value) for value in use.samples[:_SAMPLES]] if use else [],
        "inferred": None,
        "actions": _actions(ty, change, migrates=migrates),
        "retypes": _retypes(ty),
    }


def _unlisted(use: KeyUsage) -> dict[str, Any]:
    guess = use.inferred
    return {
        "key": use.key,
        "kind": "",
        "type_label": "",
        "options": [],
        "state": "not in the schema",
        "staged": "",
        "staged_text": "",
        "used": use.used,
        "misfits": None,
        "samples": [encode(value) for value in use.samples[:_SAMPLES]],
        "inferred": None
        if guess is None
        else {"kind": guess.kind, "label": guess.label, "fits": use.fits, "of": use.of},
        "actions": ["add"],
        "retypes": [],
    }


def _actions(ty: KeyType, change: SchemaChange | None, *, migrates: bool) -> list[str]:
    """What can be done to a key of the schema, by the names of the requests."""
    found = ["undo"] if change else []
    new = change is not None and change.before is None
    if ty.kind == "deleted":
        if ty.state == "deleted for good":
            return found
        found += [] if change else ["restore"]
        found += ["add"] if ty.was is not None and ty.was.is_variant and not change else []
        return [*found, "delete_for_good"]
    if ty.kind == "enum":
        found.append("add_options")
    if ty.is_variant:
        found += ["retype", "declare"]
    if migrates and not change and ty.kind != "unknown":
        found += ["rename_key", "retype", "change_type"]
        found += ["rename_option", "merge_options"] if ty.kind == "enum" else []
    return found if new else [*dict.fromkeys(found), "delete", "delete_for_good"]


def _retypes(ty: KeyType) -> list[str]:
    if ty.kind in {"deleted", "unknown"}:
        return []
    return [kind for kind in _ORDER if kind in SCALARS and kind != ty.kind and kind in CREATABLE]


def staged_wire(draft: SchemaDraft) -> dict[str, Any]:
    """What is staged: the changes, what stands against them, and the keys that a save deletes.

    Args:
        draft: The schema with its staged edits.
    """
    diff, advice = draft.diff(), draft.advice()
    problems: dict[str, list[str]] = {}
    for problem in draft.problems():
        problems.setdefault(problem.key or "", []).append(problem.reason)
    return {
        "changes": [
            {
                "key": change.key,
                "change": _CHANGES[change.verb],
                "text": _told(change),
                "advice": advice.get(change.key, []),
            }
            for change in diff
        ],
        "problems": [{"key": key, "text": " ".join(reasons)} for key, reasons in problems.items()],
        "deletes": [change.key for change in diff.deleted],
        "conflicts": conflicts_wire(draft),
    }


def _told(change: SchemaChange) -> str:
    match change.verb:
        case "deleted for good":
            return f"for good: {change.detail}; nobody can restore or define it again"
        case "deleted":
            return f"{change.detail}; can be restored, values stay on the items"
        case "options added":
            return f"options added: {change.detail}"
        case _:
            return change.detail


def conflicts_wire(draft: SchemaDraft) -> list[dict[str, str]]:
    """Keys that somebody else changed meanwhile, with all three sides in words.

    Args:
        draft: The schema with its staged edits.
    """
    return [
        {
            "key": conflict.key,
            "base": _named(conflict.base),
            "ours": _named(conflict.ours),
            "theirs": _named(conflict.theirs),
        }
        for conflict in draft.conflicts
    ]


def _named(ty: KeyType | None) -> str:
    if ty is None:
        return "not there"
    if ty.kind == "deleted":
        return ty.state
    return f"{ty.label}: {', '.join(ty.options)}" if ty.kind == "enum" else ty.label


def rules_wire(
    draft: SchemaDraft, key: str, kind: str, options: list[str], size: int
) -> list[dict[str, Any]]:
    """What Encord's rules say of a key that is being typed.

    Args:
        draft: The schema with its staged edits.
        key: The key so far.
        kind: Its type.
        options: Options of an enum.
        size: Size of an embedding.
    """
    if not key:
        return [{"ok": True, "text": f"Encord's rule: {schema_rules.RULES['key format']}."}]
    trial = SchemaDraft(dict(draft))
    try:
        trial.add(key, kind, options=options, size=size or None)
    except InvalidInputError as error:
        return [{"ok": False, "text": problem.reason} for problem in error.problems]
    return [{"ok": True, "text": text} for text in schema_rules.advice(key, trial[key])]


def impact_wire(impact: SchemaImpact | None, name: Callable[[str], str]) -> list[dict[str, Any]]:
    """What the staged changes would break among the items.

    Args:
        impact: What was found, or None while that is not known.
        name: Gives the name of an item.
    """
    return [
        {
            "key": one.key,
            "to": one.change.after.label,
            "deletes": one.change.deletes,
            "broken": one.misfits,
            "breaks": one.breaks,
            "mends": one.mends,
            "of": one.used,
            "examples": [
                {
                    "item": example.item,
                    "name": name(example.item),
                    "value": encode(example.value),
                    "count": example.count,
                }
                for example in one.examples
            ],
        }
        for one in impact or ()
    ]
