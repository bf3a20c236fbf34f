"""Filters from filters: joined, or changed at a path; each is a new tree."""

from __future__ import annotations

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.filters.tree import EVERYTHING, Filter, Group, GroupKind, Path

__all__ = ["inserted", "joined", "moved", "replaced"]


def replaced(root: Filter, path: Path, node: Filter | None) -> Filter:
    """A filter with another node at a path; see `Filter.replace`.

    Args:
        root: The filter.
        path: Which node.
        node: What stands there instead, or None to take it out.

    Raises:
        InvalidInputError: If nothing stands at the path.
    """
    root.at(path)
    while path:
        parent, place = root.at(path[:-1]), path[-1]
        middle = () if node is None else (node,)
        parts = (*parent.parts[:place], *middle, *parent.parts[place + 1 :])
        node = parent.with_parts(parts) if parts else None
        path = path[:-1]
    return EVERYTHING if node is None else node


def inserted(root: Filter, path: Path, node: Filter) -> Filter:
    """A filter with one more node; see `Filter.insert`.

    Args:
        root: The filter.
        path: The path that the node will have.
        node: The new node.

    Raises:
        InvalidInputError: If there is no group that could take it there.
    """
    parent = root.at(path[:-1])
    if not path or not isinstance(parent, Group) or not 0 <= path[-1] <= len(parent.parts):
        got = f"{list(path)}, in {parent.text}" if path else "the root"
        raise InvalidInputError([Problem(expected="a place in a group", got=got)])
    parts = (*parent.parts[: path[-1]], node, *parent.parts[path[-1] :])
    return replaced(root, path[:-1], parent.with_parts(parts))


def moved(root: Filter, path: Path, to: Path) -> Filter:
    """A filter with a node at another place; see `Filter.move`.

    Args:
        root: The filter.
        path: Which node.
        to: Where it goes, in paths of the filter as it is now.

    Raises:
        InvalidInputError: If there is no such node or place, or the place lies inside the node.
    """
    node = root.at(path)
    if path == to:
        return root
    if to[: len(path)] == path:
        raise InvalidInputError([Problem(expected="a place outside the node", got=str(list(to)))])
    hole = Group("or", (), muted=True)  # found again by identity, wherever the insertion pushes it
    both = inserted(replaced(root, path, hole), to, node)
    return replaced(both, next(place for place, found in both.nodes() if found is hole), None)


def joined(kind: GroupKind, left: Filter, right: Filter) -> Filter:
    """Two filters in one group; groups of the same kind become one where that changes nothing.

    Args:
        kind: `and` or `or`.
        left: One filter.
        right: The other.

    Example:
        >>> joined("and", Filter.parse("a = 1 and b = 2"), Filter.parse("c = 3")).text
        'a = 1 and b = 2 and c = 3'
    """
    # An empty group has a meaning of its own: it goes only beside a filter that counts.
    nothing_said = Group(kind, ())
    if left == nothing_said and right.in_force:
        return right
    if right == nothing_said and left.in_force:
        return left
    parts: list[Filter] = []
    for side in (left, right):
        same = isinstance(side, Group) and side.kind == kind and side.parts and not side.muted
        parts.extend(side.parts if same else [side])
    return Group(kind, tuple(parts))
