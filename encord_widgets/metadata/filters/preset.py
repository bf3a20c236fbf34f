"""Filters as filter presets of Encord Index, as far as the documented JSON goes, and presets as filters.

Encord accepts any preset and checks nothing: one of a wrong shape is stored, and filling a collection from it then
never ends. So only what is documented is written, the rest is refused with the reason (Encord API, filter presets):

- a key is one of some values: `{"key", "include", "values", "type"}`;
- width or height lies in a range: `{"include", "values": [min, max], "domain": "data", "metric", "type": "metric"}`;
- the opposite of either, by `include: false`, and all of them together: a preset joins its filters by "and".

Read back, what is not understood to the last letter stays an opaque rule that holds its JSON as it came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, cast

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.filters.tree import EVERYTHING, Filter, Group, Not, Rule
from encord_widgets.metadata.schema import KeyType
from encord_widgets.metadata.texts import printable
from encord_widgets.metadata.values import Json, canonical

__all__ = ["from_preset", "to_preset"]

_NO_SCOPE: Final = "00000000-0000-0000-0000-000000000000"
_NO_LOCAL_FILTERS: Final[dict[str, Json]] = {_NO_SCOPE: {"filters": []}}
_PARTS: Final = ("local_filters", "global_filters")
_LOCAL: Final = "local_filters"
_WHOLE: Final = "definition"
_KINDS: Final = ("enum", "varchar", "text", "uuid", "boolean", "number")
_METRICS: Final = {"field:width": "metric_width", "field:height": "metric_height"}
_FIELDS: Final = {metric: column for column, metric in _METRICS.items()}
_SAYS: Final = "a rule that a preset can hold: a key is (one of) some values, or width or height between two"
_HINT: Final = "A collection takes every filter: to_collection(name)."

_Leaf = tuple[Filter, bool]


def to_preset(condition: Filter, schema: Mapping[str, KeyType]) -> dict[str, Json]:
    """A filter as the definition of a preset.

    Encord API: `filterPresetJson` of POST index/presets.

    Args:
        condition: The filter; what is muted is left out.
        schema: Types of the metadata keys, which a preset names.

    Returns:
        `local_filters` and `global_filters`.

    Raises:
        InvalidInputError: Naming every rule that the documented JSON cannot say, with the reason.

    Example:
        >>> schema = {"weather": KeyType("enum", options=("rain", "fog"))}
        >>> to_preset(Rule("key:weather", "is", ("rain",)), schema)["global_filters"]
        {'filters': [{'key': 'weather', 'include': True, 'values': ['rain'], 'type': 'enum'}]}
    """
    problems: list[Problem] = []
    entries: list[Json] = []
    local: list[Json] = []
    whole: list[dict[str, Json]] = []
    leaves = list(_leaves(condition.active(), include=True))
    for leaf, include in leaves:
        fragment = leaf.values[0] if isinstance(leaf, Rule) and leaf.kind == "preset" else None
        if not isinstance(fragment, dict):
            try:
                entries.append(_entry(leaf, schema, include=include))
            except InvalidInputError as error:
                problems.extend(error.problems)
        elif not include:
            problems.append(
                _refused(leaf, "what it means is known to Encord alone, so its opposite cannot be written")
            )
        elif set(fragment) == {_LOCAL}:
            local.append(fragment[_LOCAL])
        elif set(fragment) == {_WHOLE}:
            whole.append(cast("dict[str, Json]", fragment[_WHOLE]))
        else:
            entries.append(fragment)
    if not problems and (len(local) > 1 or (whole and len(leaves) > 1)):
        problems.append(_refused(condition, "it joins parts of two presets that Encord keeps in one place"))
    if not problems and not leaves:
        problems.append(
            _refused(condition, "it has no rule, and what Encord makes of an empty preset is not documented")
        )
    if problems:
        raise InvalidInputError(problems)
    if whole:
        return whole[0]
    return {_LOCAL: local[0] if local else dict(_NO_LOCAL_FILTERS), "global_filters": {"filters": entries}}


def from_preset(definition: Json, schema: Mapping[str, KeyType]) -> Filter:
    """The definition of a preset as a filter; `to_preset` gives the same definition again.

    Args:
        definition: Answer of `GET index/presets/{uuid}`; a part that is missing is an empty one.
        schema: Types of the metadata keys.

    Returns:
        Rules where the JSON is understood, else opaque rules that hold it as it came.

    Example:
        >>> schema = {"lux": KeyType("number")}
        >>> entry = {"key": "lux", "include": False, "values": [0, 1], "type": "number"}
        >>> from_preset({"global_filters": {"filters": [entry]}}, schema).text
        'lux not in [0, 1]'
    """
    if not isinstance(definition, dict):
        return Filter.opaque({_WHOLE: definition})
    entries = _entries(definition.get("global_filters"))
    local = definition.get(_LOCAL) or _NO_LOCAL_FILTERS
    if entries is None or not set(definition) <= set(_PARTS) or not isinstance(local, dict):
        return Filter.opaque({_WHOLE: definition})
    parts = [_read(entry, schema) for entry in entries]
    if local != _NO_LOCAL_FILTERS:
        parts.append(Filter.opaque({_LOCAL: local}))
    if not parts:
        return EVERYTHING
    return parts[0] if len(parts) == 1 else Group("and", tuple(parts))


# -- writing -----------------------------------------------------------------------------------------------------


def _leaves(node: Filter, *, include: bool) -> Iterator[_Leaf]:
    """The parts that all have to hold (or, not included, not to hold); what is no such part comes as it is."""
    if isinstance(node, Not):
        yield from _leaves(node.part, include=not include)
    elif isinstance(node, Group) and ((node.kind == "and") is include or len(node.parts) == 1):
        for part in node.parts:
            yield from _leaves(part, include=include)
    elif isinstance(node, Group):
        one = _one_of(node)
        yield node if one is None else one, include
    else:
        yield node, include


def _one_of(group: Group) -> Rule | None:
    """`a is 1 or a is 2` as one rule; None for every other group."""
    rules = [part for part in group.parts if isinstance(part, Rule) and part.op in {"is", "in"}]
    if group.kind != "or" or not rules or len(rules) < len(group.parts):
        return None
    if len({rule.column for rule in rules}) > 1 or rules[0].kind != "key":
        return None
    return Rule(rules[0].column, "in", tuple(value for rule in rules for value in rule.values))


def _entry(leaf: Filter, schema: Mapping[str, KeyType], *, include: bool) -> dict[str, Json]:
    if not isinstance(leaf, Rule):
        raise InvalidInputError([_refused(leaf, _group_reason(leaf, include=include))])
    if leaf.kind == "key":
        reasons = _key_reasons(leaf, schema)
        if reasons:
            raise InvalidInputError([_refused(leaf, reason) for reason in reasons])
        values: list[Json] = [*leaf.values]
        return {"key": leaf.name, "include": include, "values": values, "type": schema[leaf.name].kind}
    metric = _METRICS.get(leaf.column)
    if metric is None:
        what = "a preset knows nothing of edits that are staged here" if leaf.kind == "state" else ""
        raise InvalidInputError(
            [_refused(leaf, what or f"of the item fields, a preset knows {_known_fields()} alone")]
        )
    if leaf.op != "between" or not all(_is_number(value) for value in leaf.values):
        raise InvalidInputError(
            [_refused(leaf, "a preset knows sizes only as a range: between low and high")]
        )
    return {
        "include": include,
        "values": [*leaf.values],
        "domain": "data",
        "metric": metric,
        "type": "metric",
    }


def _key_reasons(rule: Rule, schema: Mapping[str, KeyType]) -> list[str]:
    """Why a rule on a metadata key cannot be written; empty when it can."""
    if rule.op not in {"is", "in"}:
        return [f"how a preset says {rule.op!r} is not documented"]
    type_ = schema.get(rule.name)
    if type_ is None:
        return ["a preset names the key's type, and the key is not in the metadata schema"]
    if type_.kind not in _KINDS:
        return [f"how a preset writes a value of type {type_.label} is not documented"]
    if not rule.values:
        return ["it names no value, so nothing would match"]
    reasons = []
    for value in rule.values:
        misfit = type_.misfit(value)
        if value is None:
            reasons.append("how a preset says null is not documented")
        elif misfit is not None:
            reasons.append(f"the key's type expects {misfit.expected}, got {misfit.got}")
    return reasons


def _group_reason(group: Filter, *, include: bool) -> str:
    if not group.parts:
        return "it holds for no item"
    joined = "'or'" if include else "'not' over 'and'"
    return f"a preset joins its filters by 'and', so {joined} works among values of one key alone"


def _refused(node: Filter, reason: str) -> Problem:
    key = node.name if isinstance(node, Rule) and node.kind == "key" else None
    hint = f"The reason: {reason}. {_HINT}"
    return Problem(expected=_SAYS, got=printable(node.text, 200), key=key, hint=hint)


def _known_fields() -> str:
    return " and ".join(column.partition(":")[2] for column in _METRICS)


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


# -- reading -----------------------------------------------------------------------------------------------------


def _entries(part: Json) -> list[dict[str, Json]] | None:
    """The filters of a part of a definition; None where it is not of the known shape."""
    if part is None:
        return []
    filters = part.get("filters", []) if isinstance(part, dict) and set(part) <= {"filters"} else None
    if not isinstance(filters, list) or not all(isinstance(entry, dict) for entry in filters):
        return None
    entries = cast("list[dict[str, Json]]", filters)
    # One that looks like the other two kinds of opaque JSON could not be told from them.
    return None if any(set(entry) in ({_LOCAL}, {_WHOLE}) for entry in entries) else entries


def _read(entry: dict[str, Json], schema: Mapping[str, KeyType]) -> Filter:
    rule = _understood(entry, schema)
    if rule is None:
        return Filter.opaque(entry)
    return rule if entry["include"] is True else Not(rule)


def _understood(entry: dict[str, Json], schema: Mapping[str, KeyType]) -> Rule | None:
    """The rule that an entry stands for, if writing that rule gives the same entry."""
    values, include = entry.get("values"), entry.get("include")
    if not isinstance(values, list) or not isinstance(include, bool):
        return None
    key, metric = entry.get("key"), entry.get("metric")
    try:
        if isinstance(key, str):
            rule = Rule(f"key:{key}", "is" if len(values) == 1 else "in", tuple(values))
        elif isinstance(metric, str) and metric in _FIELDS:
            rule = Rule(_FIELDS[metric], "between", tuple(values))
        else:
            return None
        same = canonical(_entry(rule, schema, include=include)) == canonical(entry)
    except InvalidInputError:
        return None
    return rule if same else None
