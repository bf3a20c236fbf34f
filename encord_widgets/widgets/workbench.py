"""`Workbench`: grid, staged edits and commit in one."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import ipywidgets

from encord_widgets.item_set import ItemSet
from encord_widgets.widgets._base import check_items, refuse_unknown
from encord_widgets.widgets._fallback import headline
from encord_widgets.widgets.commit_panel import CommitPanel
from encord_widgets.widgets.diff_preview import DiffPreview
from encord_widgets.widgets.item_grid import ItemGrid

__all__ = ["Workbench"]


class Workbench(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Look, edit, review, commit and prove, on one page: an `ItemGrid`, a `DiffPreview` and a `CommitPanel`.

    All three follow the same item set, and so does every other widget on it.

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
        common.setdefault("layout", {"grid_gap": "8px"})
        super().__init__(children=[self.grid, self.diff, self.panel], **common)

    def close(self) -> None:
        """Close the three widgets and take the workbench off the page. Closing twice is fine."""
        for name in ("grid", "diff", "panel"):
            # ipywidgets calls this from __del__ too, also when __init__ failed half-way.
            if name in self.__dict__:
                self.__dict__[name].close()
        super().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Workbench: {headline(self.items)}>" if "items" in self.__dict__ else "<Workbench>"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any] | None:
        bundle: dict[str, Any] | None = super()._repr_mimebundle_(**kwargs)
        if bundle is not None:
            parts = (self.grid, self.diff, self.panel)
            bundle["text/html"] = "".join(part._static_html() for part in parts)  # noqa: SLF001 - its own parts
        return bundle
