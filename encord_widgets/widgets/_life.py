"""What every widget on a page does, whatever it is made of: open and close, tell what it is, leave a static view."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from psygnal import SignalInstance

from encord_widgets.widgets._fallback import await_first_rows

if TYPE_CHECKING:
    from encord_widgets.item_set import ItemSet

__all__ = ["OnPage", "public_name"]


def public_name(widget: type) -> str:
    """The name that users know a widget's class by.

    Args:
        widget: The widget's class.
    """
    return getattr(widget, "_public_name", widget.__name__)


class OnPage:
    """Stands before a widget class of ipywidgets or anywidget among the bases."""

    _connected: list[tuple[SignalInstance, Callable[..., object]]]

    # -- for subclasses ----------------------------------------------------------------------------------------

    def _headline(self) -> str:
        """What is shown, in one line."""
        return ""

    def _static_html(self) -> str:
        """What a saved notebook shows without a kernel; every text escaped."""
        return ""

    def _let_go(self) -> None:
        """Close what the widget is made of; called once, also when `__init__` failed half-way."""

    # -- life --------------------------------------------------------------------------------------------------

    def _hear(self, signals: Iterable[SignalInstance], what: Callable[..., object]) -> None:
        """Follow signals until the widget is closed."""
        self._connected = self.__dict__.get("_connected", [])
        for signal in signals:
            signal.connect(what)
            self._connected.append((signal, what))

    def close(self) -> None:
        """Take it off the page and let go of what it shows. Closing twice is fine."""
        # ipywidgets calls this from __del__ too, also when __init__ failed half-way.
        for signal, what in self.__dict__.pop("_connected", []):
            signal.disconnect(what, missing_ok=True)
        if not self.__dict__.get("_gone"):
            self.__dict__["_gone"] = True
            self._let_go()
        super().close()  # type: ignore[misc]  # the widget's

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        name = public_name(type(self))
        try:
            return f"<{name}: {self._headline()}>"
        except AttributeError:  # made half-way: a traceback that shows it must not fail too
            return f"<{name}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]  # the widget's
        if bundle is not None:
            data: dict[str, Any] = bundle[0] if isinstance(bundle, tuple) else bundle
            self._leave_static(data)
        return bundle

    def _leave_static(self, data: dict[str, Any]) -> None:
        items: ItemSet | None = getattr(self, "items", None)
        if items is not None:
            await_first_rows(items)
        data["text/html"] = self._static_html()
