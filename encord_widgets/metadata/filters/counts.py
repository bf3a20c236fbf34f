"""What every node of a filter matches and what it takes away from its group, from the bits of its rules alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from encord_widgets.metadata.filters import bits
from encord_widgets.metadata.filters.bits import Bits
from encord_widgets.metadata.filters.subjects import OPAQUE_COLUMN
from encord_widgets.metadata.filters.tree import Filter, Group, Path, Rule

__all__ = ["NodeCount", "node_counts"]


@dataclass(frozen=True, slots=True)
class NodeCount:
    """How much one node of a filter does.

    Args:
        matches: Rows for which the node holds, as if it were not muted; all rows where it is left out because
            every part of it is.
        removes: Rows that its `and` group (or `not`, or the whole filter) would gain without it; for an `or` group,
            rows that the group would lose. 0 for a muted node.

    Example:
        >>> NodeCount(matches=812, removes=40).removes
        40
    """

    matches: int
    removes: int


def node_counts(filter_: Filter, rule_bits: Callable[[Rule], Bits], within: Bits) -> dict[Path, NodeCount]:
    """Counts of every node, by path. A rule that only Encord can evaluate counts as left out.

    Args:
        filter_: The filter, muted nodes included.
        rule_bits: The rows for which a rule holds.
        within: The rows that count.
    """
    found: dict[Path, NodeCount] = {}
    total = bits.count(within)
    held = _visit(filter_, (), rule_bits, within, found)
    matches = total if held is None else bits.count(held)
    found[()] = NodeCount(matches, 0 if filter_.muted else total - matches)
    return dict(sorted(found.items()))


def _visit(
    node: Filter, path: Path, rule_bits: Callable[[Rule], Bits], within: Bits, found: dict[Path, NodeCount]
) -> Bits | None:
    """Rows of `within` for which a node holds, its own muting aside; None where all its parts are left out."""
    if isinstance(node, Rule):
        return None if node.column == OPAQUE_COLUMN else rule_bits(node) & within
    held = [_visit(part, (*path, place), rule_bits, within, found) for place, part in enumerate(node.parts)]
    live = [
        (place, one)
        for place, (part, one) in enumerate(zip(node.parts, held, strict=True))
        if one is not None and not part.muted
    ]
    total = bits.count(within)
    if isinstance(node, Group):
        whole, removes = _group(node.kind == "and", [one for _, one in live], within)
    else:
        whole = within ^ live[0][1] if live else within
        removes = [bits.count(one) for _, one in live]
    by_place = dict(zip((place for place, _ in live), removes, strict=True))
    for place, one in enumerate(held):
        matches = total if one is None else bits.count(one)
        found[*path, place] = NodeCount(matches, by_place.get(place, 0))
    return whole if live or not node.parts else None


def _group(is_and: bool, parts: list[Bits], within: Bits) -> tuple[Bits, list[int]]:  # noqa: FBT001  # two kinds
    """Rows of a group, and by how many rows each part changes it; all others are joined from both sides."""
    nothing = within & ~within
    start = within if is_and else nothing
    after = [start]  # of each part, the parts behind it
    for part in reversed(parts):
        after.append(after[-1] & part if is_and else after[-1] | part)
    whole = after.pop()
    size = bits.count(whole)
    before, changed = start, []
    for part in parts:
        others = after.pop()
        others = before & others if is_and else before | others
        changed.append(abs(bits.count(others) - size))
        before = before & part if is_and else before | part
    return whole, changed
