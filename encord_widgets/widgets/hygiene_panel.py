"""`HygienePanel`: near-equal values and keys in clusters, each with the one to keep, staged cluster by cluster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar, Final

import traitlets
from psygnal import SignalInstance

from encord_widgets.item_hygiene import HygieneFix, HygieneReport
from encord_widgets.item_set import ItemSet
from encord_widgets.metadata.hygiene import KeyCluster, Member, ValueCluster
from encord_widgets.metadata.values import same
from encord_widgets.widgets._base import EncordWidget, check_items, refuse_unknown
from encord_widgets.widgets._fallback import ROWS_SHOWN, headline, quoted_text, static_html
from encord_widgets.widgets._requests import Answer, BadRequestError, Handler, Later, Params, StaleError
from encord_widgets.widgets.cells import encode

__all__ = ["HygienePanel"]

_LISTS: Final = ("values", "keys", "unlisted", "unused")
_AT_ONCE: Final = 50_000
"""Cells up to which the items are looked at again by themselves when they change."""
_MOST_ROWS: Final = 500
_MEMBERS: Final = 20


class HygienePanel(EncordWidget):
    """What is untidy in the metadata: near-equal values, near-equal keys, keys beside the schema and unused ones.

    Each cluster names the value to keep, another can be picked, and one button stages it as one step of undo. Waits
    until all items are loaded.

    Args:
        items: The items.
        common: `layout`, `tooltip` and `tabbable` of ipywidgets.

    Raises:
        TypeError: For any other keyword argument.
        InvalidInputError: If `items` is no item set.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=20) as client:
        ...     items = client.folder(client.folders("Calibration")[0]).wait()
        ...     first, second, third = items.uuids
        ...     _ = items.stage({first: {"site": "Oslo"}, second: {"site": "Oslo"}, third: {"site": "oslo"}})
        ...     with ew.HygienePanel(items) as panel:
        ...         [cluster.canonical for cluster in panel.report.values if cluster.key == "site"]
        ['Oslo']
    """

    _bundle: ClassVar[str] = "hygiene_panel"

    summary: traitlets.Dict[str, Any] = traitlets.Dict(
        help="The report: generation, length of each list, cells to change, whether it is out of date, what was staged."
    ).tag(sync=True)
    by_key: traitlets.List[dict[str, Any]] = traitlets.List(
        help="By key with several clusters: how many there are, and how many cells to change in all."
    ).tag(sync=True)

    def __init__(self, items: ItemSet, **common: Any) -> None:
        refuse_unknown(type(self), common)
        self._staged = 0
        self._generation = 1
        self._report = check_items(items, "HygienePanel").hygiene()
        super().__init__(items, **common)

    @property
    def report(self) -> HygieneReport:
        """The report as it is shown."""
        return self._report

    def _signals(self) -> tuple[SignalInstance, ...]:
        events = self.items.events
        return (events.changes, events.rows, events.loading, events.schema)

    def _headline(self) -> str:
        found = repr(self._report).removeprefix("<HygieneReport: ").removesuffix(">")
        return f"{headline(self.items)}; {found}"

    def _state(self) -> dict[str, Any]:
        loaded = self.items.loading.finished
        stale = not loaded or not self._report.current
        if stale and loaded and len(self.items.rows) * len(self.items.table.keys) <= _AT_ONCE:
            self._look()
            stale = False
        report = self._report
        clusters = Counter(one.key for one in report.values if one.settled)
        return {
            "summary": {
                "generation": self._generation,
                "items": len(self.items.rows),
                "cells": sum(one.cells for one in report.values),
                "lists": {name: len(self._list(name)) for name in _LISTS},
                "stale": stale,
                "staged": self._staged,
                "can_undo": self.items.changes.can_undo,
            },
            "by_key": [
                {
                    "key": key,
                    "clusters": number,
                    "cells": sum(one.cells for one in report.values if one.key == key and one.settled),
                }
                for key, number in clusters.items()
                if number > 1
            ],
        }

    def _look(self) -> None:
        self._report = HygieneReport(self.items)
        self._generation += 1

    def _list(self, name: str) -> list[Any]:
        report = self._report
        if name == "unlisted":
            return list(report.unlisted.items())
        found: list[Any] = list(getattr(report, name)) if name in _LISTS else []
        return found

    def _handlers(self) -> dict[str, Handler]:
        return {
            "rows": self._rows,
            "fix": self._fix,
            "fix_key": self._fix_key,
            "look": self._look_again,
            "undo": self._undo,
        }

    def _rows(self, params: Params) -> Answer:
        name, start = params.text("list"), params.whole("start")
        if name not in _LISTS:
            raise BadRequestError(f"there is no list {name!r}.")
        some = self._list(name)[start : start + min(params.whole("count"), _MOST_ROWS)]
        rows = [{"at": at, **_row(one)} for at, one in enumerate(some, start)]
        return Answer({"generation": self._generation, "rows": rows})

    def _fix(self, params: Params) -> Later:
        """Stage a cluster; `member` is the one to keep, or -1 for the one that the schema reads in it."""
        self._same_generation(params)
        name, at, member = params.text("list"), params.whole("at"), params.raw("member")
        clusters = self._list(name) if name in {"values", "keys"} else []
        if at >= len(clusters):
            raise BadRequestError(f"there is no cluster {at} in {name!r}.")
        cluster: ValueCluster | KeyCluster = clusters[at]
        if member == -1:
            return self._stage(lambda: self._report.fix(cluster))
        if not isinstance(member, int) or not 0 <= member < len(cluster.members):
            raise BadRequestError(f"there is no member {member!r} in the cluster.")
        value = cluster.members[member].value
        return self._stage(lambda: self._report.fix(cluster, value))

    def _fix_key(self, params: Params) -> Later:
        self._same_generation(params)
        key = params.text("key")
        return self._stage(lambda: self._report.fix(key))

    def _same_generation(self, params: Params) -> None:
        if params.whole("generation") != self._generation:
            raise StaleError("The items changed since this list was made. Look, then stage again.")

    def _stage(self, make: Callable[[], HygieneFix]) -> Later:
        def work() -> Answer:
            fix = make()
            number = fix.count
            fix.stage()
            self._staged = number
            return self._again()

        return Later(work)

    def _look_again(self, _: Params) -> Later:
        def work() -> Answer:
            self.items.wait()
            self._staged = 0
            return self._again()

        return Later(work)

    def _undo(self, _: Params) -> Later:
        def work() -> Answer:
            self.items.undo()
            self._staged = 0
            return self._again()

        return Later(work)

    def _again(self) -> Answer:
        self._look()
        self._publish()
        return Answer({"generation": self._generation})

    def _static_html(self) -> str:
        rows = [
            [
                one.key,
                ", ".join(f"{quoted_text(m.value)} {m.count:,}" for m in one.members),
                quoted_text(one.canonical),
            ]
            for one in self._report.values[:ROWS_SHOWN]
        ]
        more = len(self._report.values) - len(rows)
        return static_html(self._headline(), ["key", "values", "keep"], rows, more)


def _row(one: Any) -> dict[str, Any]:
    """A row of any list, as the browser is told about it."""
    if isinstance(one, str):
        return {"key": one}
    if isinstance(one, tuple):
        key, count = one
        return {"key": key, "count": count}
    members = one.members[:_MEMBERS]
    kept = next((at for at, m in enumerate(members) if same(m.value, one.canonical)), -1)
    row = {
        "members": [_member(member) for member in members],
        "more": len(one.members) - len(members),
        "kept": kept,
        "cells": one.cells,
        "total": sum(member.count for member in one.members),
    }
    if isinstance(one, ValueCluster):
        row |= {"key": one.key, "reasons": list(one.reasons), "canonical": encode(one.canonical)}
    return row


def _member(member: Member) -> dict[str, Any]:
    return {"value": encode(member.value), "count": member.count, "fits": member.fits}
