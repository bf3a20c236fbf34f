"""The tree as the browser edits it: nodes with ids, values that may not be filled in yet, negation as a mark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, cast

from encord_widgets.errors import InvalidInputError
from encord_widgets.metadata.filters.operators import OPERATORS
from encord_widgets.metadata.filters.tree import EVERYTHING, Filter, Group, GroupKind, Not, Path, Rule
from encord_widgets.metadata.values import Json, compact, loads
from encord_widgets.widgets._requests import BadRequestError

__all__ = ["Node", "Reading", "decode", "encode", "read_tree", "to_tree"]

Node: TypeAlias = dict[str, Any]
"""id, kind, muted, nots; a rule has column, op and values, a group has parts; bare if it is empty on purpose."""

_DEEPEST: Final = 60
_LONGEST_ID: Final = 400
_MISSING: Final = 0
_PAIR: Final = 2
_OPEN: Final = "Not filled in yet, so it is left out."


@dataclass(slots=True)
class Reading:
    """What a tree of the browser says.

    Args:
        filter: The filter; nodes that are not filled in, or wrong, are left out.
        ids: Id of the node at each path of the filter.
        problems: By id, what is wrong with a rule that is left out.
    """

    filter: Filter
    ids: dict[Path, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def encode(value: Json) -> Json:
    """A value as it travels: numbers, objects and arrays as JSON text, so that no digit is lost.

    Args:
        value: A JSON value.

    Example:
        >>> encode(2**60), encode("rain"), encode([1])
        (['n', '1152921504606846976'], 'rain', ['j', '[1]'])
    """
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    return ["n" if isinstance(value, (int, float)) else "j", compact(value)]


def decode(value: Json) -> Json:
    """A value that came from the browser.

    Args:
        value: As `encode` gives it.

    Raises:
        BadRequestError: If it is none.

    Example:
        >>> decode(["n", "1152921504606846976"]), decode("rain")
        (1152921504606846976, 'rain')
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if (
        isinstance(value, list)
        and len(value) == _PAIR
        and value[0] in {"n", "j"}
        and isinstance(value[1], str)
    ):
        try:
            return loads(value[1])
        except ValueError as error:
            raise BadRequestError(f"a value of the filter is no JSON: {error}") from None
    raise BadRequestError("a value of the filter cannot be read.")


# -- filter to tree --------------------------------------------------------------------------------------------


def to_tree(wanted: Filter, before: Mapping[str, Any] | None = None) -> Node:
    """A filter as a tree of the browser; the root is a group always.

    Args:
        wanted: The filter.
        before: The tree shown so far: nodes at the same places keep their ids, so that the page keeps its focus.
    """
    names = _Names(before)
    body, _ = _bare(wanted)
    if isinstance(body, Group):
        return _node(wanted, before, "root", names)
    inner = (before or {}).get("parts") or [None]
    own = names.name(before, "and", "root")
    part = _node(wanted, inner[0], "0", names)
    return {"id": own, "kind": "and", "muted": False, "nots": [], "parts": [part]}


class _Names:
    """Ids for the nodes of a tree: those they had, else their place, each once."""

    def __init__(self, before: Mapping[str, Any] | None) -> None:
        self._used: set[str] = set()
        queue = [before] if before is not None else []
        while queue:
            node = queue.pop()
            self._used.add(node["id"])
            queue += node.get("parts", ())

    def name(self, before: Mapping[str, Any] | None, kind: str, place: str) -> str:
        """The id of the node that stood there before, if it was of the same kind."""
        if before is not None and (before["kind"] == "rule") is (kind == "rule"):
            return str(before["id"])
        while place in self._used:
            place += "'"
        self._used.add(place)
        return place


def _bare(wanted: Filter) -> tuple[Filter, list[bool]]:
    """A node without the negations around it, and whether each of those is muted."""
    nots: list[bool] = []
    while isinstance(wanted, Not):
        nots.append(wanted.muted)
        wanted = wanted.part
    return wanted, nots


def _node(wanted: Filter, before: Mapping[str, Any] | None, place: str, names: _Names) -> Node:
    body, nots = _bare(wanted)
    common = {"muted": body.muted, "nots": nots}
    if isinstance(body, Rule):
        values = [encode(value) for value in body.values]
        node: Node = {"kind": "rule", "column": body.column, "op": body.op, "values": values}
        if not values and any(argument.many for argument in OPERATORS[body.op].arguments):
            node["bare"] = True
        return {"id": names.name(before, "rule", place), **node, **common}
    group = cast("Group", body)
    own = names.name(before, group.kind, place)
    known = [*((before or {}).get("parts") or ()), *[None] * len(group.parts)]
    parts = [_node(part, known[at], f"{place}.{at}", names) for at, part in enumerate(group.parts)]
    made: Node = {"id": own, "kind": group.kind, "parts": parts, **common}
    if not parts and group.kind == "or":
        made["bare"] = True
    return made


# -- tree to filter --------------------------------------------------------------------------------------------


def read_tree(tree: object) -> Reading:
    """Read a tree of the browser.

    Args:
        tree: The root, a group.

    Raises:
        BadRequestError: If it is no such tree; rules that are wrong or unfinished are no error, see `Reading`.
    """
    root = _checked(tree, 0)
    if root["kind"] == "rule":
        raise BadRequestError("the root of the filter must be a group.")
    problems: dict[str, str] = {}
    built = _build(root, problems)
    if built is None:
        return Reading(EVERYTHING, {}, problems)
    wanted, ids = built
    plain = root["kind"] == "and" and not root["nots"] and not root["muted"]
    if plain and isinstance(wanted, Group) and len(wanted.parts) == 1:
        # A group around one thing says nothing that this does not say alone.
        return Reading(wanted.parts[0], {path[1:]: one for path, one in ids.items() if path}, problems)
    return Reading(wanted, ids, problems)


def _checked(node: object, depth: int) -> Node:
    """A node whose shape can be relied on, all the way down."""
    if not isinstance(node, dict) or depth > _DEEPEST:
        raise BadRequestError("a node of the filter cannot be read.")
    kind, own, nots = node.get("kind"), node.get("id"), node.get("nots")
    shaped = (
        kind in {"rule", "and", "or"}
        and isinstance(own, str)
        and 0 < len(own) <= _LONGEST_ID
        and isinstance(node.get("muted"), bool)
        and isinstance(nots, list)
        and len(nots) <= _DEEPEST
        and all(isinstance(one, bool) for one in nots)
    )
    if not shaped:
        raise BadRequestError("a node of the filter cannot be read.")
    common = {"id": own, "kind": kind, "muted": node["muted"], "nots": nots}
    if node.get("bare") is True:
        common["bare"] = True
    if kind == "rule":
        column, op, values = node.get("column"), node.get("op"), node.get("values")
        if not (isinstance(column, str) and isinstance(op, str) and isinstance(values, list)):
            raise BadRequestError("a rule of the filter cannot be read.")
        return {**common, "column": column, "op": op, "values": values}
    parts = node.get("parts")
    if not isinstance(parts, list):
        raise BadRequestError("a group of the filter cannot be read.")
    return {**common, "parts": [_checked(part, depth + 1) for part in parts]}


def _build(node: Node, problems: dict[str, str]) -> tuple[Filter, dict[Path, str]] | None:
    """A node as a filter, and the ids of the nodes in it by path; None if it is left out."""
    ids: dict[Path, str] = {(): node["id"]}
    body: Filter
    if node["kind"] == "rule":
        rule = _rule(node, problems)
        if rule is None:
            return None
        body = rule
    else:
        parts: list[Filter] = []
        for one in node["parts"]:
            built = _build(one, problems)
            if built is not None:
                ids.update({(len(parts), *path): own for path, own in built[1].items()})
                parts.append(built[0])
        if not parts and not node.get("bare"):
            return None
        body = Group(cast("GroupKind", node["kind"]), tuple(parts), muted=node["muted"])
    for muted in reversed(node["nots"]):
        body = Not(body, muted=muted)
        # The counts that are shown are those of the whole, negation included.
        ids = {(): node["id"], **{(0, *path): own for path, own in ids.items() if own != node["id"]}}
    return body, ids


def _rule(node: Node, problems: dict[str, str]) -> Rule | None:
    values, op = node["values"], OPERATORS.get(node["op"])
    if not node["column"]:
        return None
    many = op is not None and any(argument.many for argument in op.arguments)
    # 0 and "" are fields that nobody has typed into; no value travels as a bare number.
    unfilled = [type(value) is int and value == _MISSING for value in values]
    if any(unfilled) or (many and not values and not node.get("bare")):
        problems[node["id"]] = _OPEN
        return None
    try:
        return Rule(node["column"], node["op"], tuple(decode(value) for value in values), muted=node["muted"])
    except InvalidInputError as error:
        problems[node["id"]] = error.problems[0].reason if error.problems else str(error)
        return None
