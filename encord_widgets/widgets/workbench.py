"""`Workbench`: grid, staged edits and commit in one, with the filter and the schema a click away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import ipywidgets

from encord_widgets.item_set import ItemSet
from encord_widgets.widgets._base import check_items, refuse_unknown
from encord_widgets.widgets._fallback import headline, static_html
from encord_widgets.widgets._life import OnPage
from encord_widgets.widgets.commit_panel import CommitPanel
from encord_widgets.widgets.diff_preview import DiffPreview
from encord_widgets.widgets.item_grid import ItemGrid

if TYPE_CHECKING:
    from encord_widgets.widgets.filter_builder import FilterBuilder
    from encord_widgets.widgets.inspector import ItemInspector
    from encord_widgets.widgets.schema_editor import SchemaEditor

__all__ = ["Workbench"]

_DRAWERS: Final = {
    "builder": ("filter", "Build the filter of the items, with counts"),
    "editor": ("schema", "Edit the organisation's metadata schema"),
    "inspector": (
        "inspector",
        "Look at the selected item: its picture, all its metadata, the frames of a video or group",
    ),
}
_PARTS: Final = ("grid", "diff", "panel", "_builder", "_editor", "_inspector", "_bar")


class Workbench(OnPage, ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Look, edit, review, commit and prove, on one page: an `ItemGrid`, a `DiffPreview` and a `CommitPanel`.

    Buttons above the grid open a `FilterBuilder`, a `SchemaEditor` and, below the grid, an `ItemInspector`; each is
    made when it is first wanted. All of them follow the same item set, and so does every other widget on it.

    Args:
        items: The items.
        engine: Engine of the grid, `native` or `ipydatagrid`.
        height: Height of the grid in px, 160 to 2000.
        columns: Columns of the grid, see `ItemGrid`.
        common: `layout`, `tooltip` and `tabbable` of ipywidgets.

    Raises:
        InvalidInputError: If the engine or a column does not exist, or the height is out of its range.
        TypeError: For any other keyword argument.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=20) as client:
        ...     items = client.folder(client.folders()[0].uuid).wait()
        ...     with ew.Workbench(items) as bench:
        ...         bench
        <Workbench: Calibration: 3 items>
    """

    def __init__(
        self,
        items: ItemSet,
        *,
        engine: str = "native",
        height: int = 420,
        columns: Sequence[str] | None = None,
        **common: Any,
    ) -> None:
        refuse_unknown(type(self), common)
        self.items = check_items(items, "Workbench")
        self.grid = ItemGrid(items, engine=engine, height=height, columns=columns)
        self.diff = DiffPreview(items)
        self.panel = CommitPanel(items)
        self._switches = {
            name: ipywidgets.ToggleButton(description=f"Show {label}", tooltip=tip, layout={"width": "auto"})
            for name, (label, tip) in _DRAWERS.items()
        }
        self._bar = ipywidgets.HBox(list(self._switches.values()), layout={"flex_flow": "row wrap"})
        common.setdefault("layout", {"grid_gap": "8px"})
        super().__init__(children=self._parts(), **common)
        for switch in self._switches.values():
            switch.observe(self._switched, "value")

    @property
    def builder(self) -> FilterBuilder:
        """The filter builder; it is made when it is first asked for."""
        if "_builder" not in self.__dict__:
            from encord_widgets.widgets.filter_builder import FilterBuilder  # with the first use

            self._builder = FilterBuilder(self.items)
        return self._builder

    @property
    def editor(self) -> SchemaEditor:
        """The schema editor; it is made when it is first asked for."""
        if "_editor" not in self.__dict__:
            from encord_widgets.widgets.schema_editor import SchemaEditor  # with the first use

            self._editor = SchemaEditor(self.items.client, items=self.items)
        return self._editor

    @property
    def inspector(self) -> ItemInspector:
        """The inspector; it is made when it is first asked for."""
        if "_inspector" not in self.__dict__:
            from encord_widgets.widgets.inspector import ItemInspector  # with the first use

            self._inspector = ItemInspector(self.items)
        return self._inspector

    def _switched(self, _: object) -> None:
        for name, switch in self._switches.items():
            switch.description = f"{'Hide' if switch.value else 'Show'} {_DRAWERS[name][0]}"
        self.children = self._parts()

    def _parts(self) -> list[Any]:
        above, below = (
            [getattr(self, name) for name in names if self._switches[name].value]
            for names in (("builder", "editor"), ("inspector",))
        )
        return [self._bar, *above, self.grid, *below, self.diff, self.panel]

    def _let_go(self) -> None:
        own = self.__dict__
        for part in [own[name] for name in _PARTS if name in own]:
            part.close()
        for switch in own.get("_switches", {}).values():
            switch.close()

    def _headline(self) -> str:
        return headline(self.items)

    def _static_html(self) -> str:
        shown = [part._static_html() for part in self._parts()[1:]]  # noqa: SLF001 - its own parts
        bare = static_html(self._headline(), [], [])
        return "".join(html for html in shown if html != bare) or bare
