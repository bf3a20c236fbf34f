"""`FilterBuilder`: puts the filter of an item set together: as a tree with counts, as text, from values."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from typing import Any, ClassVar, Final

import traitlets
from psygnal import SignalInstance

from encord_widgets.errors import EncordWidgetsError, InvalidInputError
from encord_widgets.item_filter import to_filter
from encord_widgets.item_set import ItemSet
from encord_widgets.metadata.filters.text_lexer import FilterSyntaxError
from encord_widgets.metadata.filters.tree import EVERYTHING, Filter
from encord_widgets.widgets._base import EncordWidget, check_items, refuse_unknown
from encord_widgets.widgets._fallback import headline, static_html
from encord_widgets.widgets._filter_columns import columns_to_wire, operators_to_wire
from encord_widgets.widgets._filter_draft import Node, Reading, read_tree, to_tree
from encord_widgets.widgets._filter_facets import FacetReader
from encord_widgets.widgets._requests import Answer, Handler, Later, Params, StaleError
from encord_widgets.widgets._throttle import Throttle

__all__ = ["FilterBuilder"]

_COUNT_EVERY: Final = 0.1


class _FilterTrait(traitlets.TraitType[Filter, Any]):
    """A filter, its text, or None for everything."""

    default_value = EVERYTHING
    info_text = "a Filter, its text or None"

    def validate(self, obj: object, value: object) -> Filter:  # noqa: ARG002 - as traitlets calls it
        return to_filter(value)


class FilterBuilder(EncordWidget):
    """Builds the filter of an item set: nested groups, rules, counts on each of them, the same as text.

    The state is `items.filter`: what is built here, set in Python or picked in a grid's headers is one filter, and
    each shows what the others did. Rules that are not filled in yet stay in the builder and out of the filter.

    Args:
        items: The items.
        common: `layout`, `tooltip` and `tabbable` of ipywidgets.

    Raises:
        TypeError: For any other keyword argument.
        InvalidInputError: If `items` is no item set.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=60) as client:
        ...     items = client.folder(client.folders("Street scenes")[0]).wait()
        ...     with ew.FilterBuilder(items) as builder:
        ...         builder.filter = 'weather = "rain" and not lux < 5'
        ...         print(items.filter.python)
        (F.weather == "rain") & ~(F.lux < 5)
    """

    _bundle: ClassVar[str] = "filter_builder"

    filter = _FilterTrait(help="The filter in force, the same as `items.filter`; observe it to follow it.")
    tree: traitlets.Dict[str, Any] = traitlets.Dict(
        help="The filter as it is edited: nodes with ids, unfinished rules included."
    ).tag(sync=True)
    problems: traitlets.Dict[str, str] = traitlets.Dict(
        help="By id, why a rule is left out of the filter."
    ).tag(sync=True)
    text: traitlets.Unicode[str, str | bytes] = traitlets.Unicode(help="The filter as text.").tag(sync=True)
    counts: traitlets.Dict[str, Any] = traitlets.Dict(
        help="How many items there are, match, are in view and would move; by id, matches and what a node removes.",
    ).tag(sync=True)
    columns: traitlets.List[dict[str, Any]] = traitlets.List(
        help="Columns that a rule can ask about, with their type, options and operators."
    ).tag(sync=True)
    operators: traitlets.List[dict[str, Any]] = traitlets.List(
        help="Operators with their label and arguments."
    ).tag(sync=True)
    named: traitlets.List[dict[str, Any]] = traitlets.List(help="Filters kept by name, as text.").tag(
        sync=True
    )

    def __init__(self, items: ItemSet, **common: Any) -> None:
        refuse_unknown(type(self), common)
        self._applied: Filter = check_items(items, "FilterBuilder").filter
        self._tree: Node = to_tree(self._applied)
        self._reading: Reading = read_tree(self._tree)
        self._columns: tuple[object, list[dict[str, Any]]] = (None, [])
        with items.lock:
            self._counts = self._counted(items)
        self._counting = threading.Lock()
        self._asked = 0
        self._facets = FacetReader(items)
        self._count_soon = Throttle(self._count_elsewhere, _COUNT_EVERY)
        super().__init__(items, **common)
        self._count_soon()

    def _signals(self) -> tuple[SignalInstance, ...]:
        events = self.items.events
        return (events.filter, events.rows, events.loading, events.changes, events.receipt, events.schema)

    def _on_event(self, *payload: object) -> None:
        super()._on_event(*payload)
        self._count_soon()

    def _state(self) -> dict[str, Any]:
        self._follow()
        return {
            "filter": self._applied,
            "tree": self._tree,
            "problems": self._reading.problems,
            "text": "" if self._applied == EVERYTHING else self._applied.text,
            "counts": self._counts,
            "columns": self._known_columns(),
            "operators": operators_to_wire(),
            "named": [{"name": name, "text": one.text} for name, one in self.items.filters.items()],
        }

    def _follow(self) -> None:
        """Take over a filter that was set elsewhere; the tree that it was made from here stays as it is."""
        wanted = self.items.filter
        if wanted != self._applied:
            self._applied = wanted
            self._tree = to_tree(wanted, self._tree)
            self._reading = read_tree(self._tree)

    def _known_columns(self) -> list[dict[str, Any]]:
        items = self.items
        keys = frozenset(items.changes.keys)
        seen = (items.schema, tuple(items.table.keys), len(items.table), keys)
        known, columns = self._columns
        if known != seen:
            columns = columns_to_wire(items)
            self._columns = (seen, columns)
        return columns

    @traitlets.observe("filter")
    def _set_from_python(self, change: dict[str, Any]) -> None:
        if "_lock" in self.__dict__ and self.items.filter != change["new"]:
            self.items.filter = change["new"]

    # -- counts ------------------------------------------------------------------------------------------------

    def _count_elsewhere(self) -> None:
        with self._counting:
            self._asked += 1
            if self._asked > 1:  # who is counting counts once more
                return
        with suppress(StaleError):  # closed meanwhile
            self._workers().submit(self._count_until_done)

    def _count_until_done(self) -> None:
        asked = 0
        while True:
            with self._counting:
                if asked == self._asked:
                    self._asked = 0
                    return
                asked = self._asked
            try:
                self._guarded(self._count, "The items could not be counted")
            except BaseException:
                with self._counting:
                    self._asked = 0
                raise

    def _count(self) -> None:
        with self.items.lock:
            self._follow()
            counts = self._counted(self.items)
        self._counts = counts
        self._publish()

    def _counted(self, items: ItemSet) -> dict[str, Any]:
        reading, whole = self._reading, items.filter_counts
        found = items.engine.counts(reading.filter, items.rows) if reading.ids else {}
        by = {own: found[path] for path, own in reading.ids.items() if path in found}
        return {
            "total": whole.total,
            "matches": whole.matching,
            "in_view": whole.shown,
            "moved": whole.moved,
            "by": {own: [one.matches, one.removes] for own, one in by.items()},
        }

    # -- requests ----------------------------------------------------------------------------------------------

    def _handlers(self) -> dict[str, Handler]:
        return {
            "set_tree": self._set_tree,
            "set_text": self._set_text,
            "check_text": self._check_text,
            "facet": self._facet,
            "code": self._code,
            "apply_again": self._apply_again,
            "save_named": self._save_named,
            "load_named": self._load_named,
            "delete_named": self._delete_named,
        }

    def _set_tree(self, params: Params) -> Answer:
        tree = params.raw("tree")
        reading = read_tree(tree)
        with self.items.lock:
            self._apply(tree, reading)
        self._publish()
        self._count_soon()
        return Answer()

    def _apply(self, tree: Node, reading: Reading) -> None:
        before = self._applied, self._tree, self._reading
        self._applied, self._tree, self._reading = reading.filter, tree, reading
        if reading.filter == self.items.filter:
            return
        try:
            self.items.filter = reading.filter
        except BaseException:
            self._applied, self._tree, self._reading = before
            raise

    def _set_text(self, params: Params) -> Answer:
        text = params.text("text")
        error = _syntax_error(text)
        if error is None:
            self.items.filter = to_filter(text)
            self._publish()
        return Answer({"error": error})

    def _check_text(self, params: Params) -> Later:
        text = params.text("text")

        def work() -> Answer:
            error = _syntax_error(text)
            if error is not None:
                return Answer({"error": error, "matches": None})
            with self.items.lock:
                mask = self.items.engine.mask(to_filter(text))
                return Answer({"error": None, "matches": int(mask[self.items.rows].sum())})

        return Later(work)

    def _facet(self, params: Params) -> Later:
        column = params.text("column")
        if column not in {one["id"] for one in self.columns if one["facet"]}:
            raise StaleError("There is no such column any more.")

        def work() -> Answer:
            with self.items.lock:
                return Answer(self._facets.to_wire(column))

        return Later(work)

    def _code(self, _: Params) -> Answer:
        wanted = self.items.filter
        try:
            pandas = wanted.pandas("frame")
        except InvalidInputError as error:
            pandas = "\n".join(f"# {line}" for line in f"No frame can say this: {error}".splitlines())
        return Answer(
            {
                "text": wanted.text,
                "python": wanted.python,
                "pandas": pandas,
                "json": json.dumps(wanted.to_json(), indent=2, ensure_ascii=False),
            }
        )

    def _apply_again(self, _: Params) -> Answer:
        self.items.apply_filter()
        return Answer()

    def _save_named(self, params: Params) -> Answer:
        self.items.filters[params.text("name").strip()] = self.items.filter
        return Answer()

    def _load_named(self, params: Params) -> Answer:
        name = params.text("name")
        found = self.items.filters.get(name)
        if found is None:
            raise StaleError(f"There is no filter {name!r} any more.")
        self.items.filter = found
        self._publish()
        return Answer()

    def _delete_named(self, params: Params) -> Answer:
        self.items.filters.pop(params.text("name"), None)
        return Answer()

    # -- life --------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Take the builder off the page and let go of the item set. The filter stays. Closing twice is fine."""
        if "_count_soon" in self.__dict__:
            self._count_soon.close()
        super().close()

    def _static_html(self) -> str:
        text = self.items.filter.text or "every item"
        counts = self.items.filter_counts
        return static_html(headline(self.items), ["filter", "items"], [[text, counts.text]])


def _syntax_error(text: str) -> dict[str, Any] | None:
    """What is wrong with a filter's text, and where."""
    try:
        to_filter(text)
    except FilterSyntaxError as error:
        return {"message": error.problems[0].reason, "position": error.position}
    except EncordWidgetsError as error:
        return {"message": str(error), "position": 0}
    return None
