"""What all widgets share: requests that are always answered, events from any thread, errors in view."""

from __future__ import annotations

import difflib
import inspect
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, Final, cast

import anywidget
import traitlets
from psygnal import SignalInstance

from encord_widgets.item_set import ItemSet
from encord_widgets.metadata.given import check_kind
from encord_widgets.metadata.values import shown
from encord_widgets.widgets._fallback import headline
from encord_widgets.widgets._life import OnPage, public_name
from encord_widgets.widgets._requests import (
    Answer,
    BadRequestError,
    Handler,
    Later,
    Params,
    StaleError,
    code_of,
    described,
    message_of,
)
from encord_widgets.widgets._static import LoaderText, packed, static_path, watched
from encord_widgets.widgets._throttle import Throttle

__all__ = [
    "EncordWidget",
    "LiveWidget",
    "check_items",
    "refuse_unknown",
    "unexpected_is_raised",
]

_COMMON: Final = ("layout", "tooltip", "tabbable")
_WORKERS: Final = 4


def unexpected_is_raised() -> bool:
    """Whether errors that nobody expected are raised again after they were shown, as tests want them."""
    return os.environ.get("ENCORD_WIDGETS_RAISE") == "1"


def check_items(items: object, widget: str) -> ItemSet:
    """Check what a widget is made over.

    Args:
        items: What the caller gave.
        widget: Name of the widget, for the message.

    Raises:
        InvalidInputError: If it is no item set.
    """
    check_kind(items, ItemSet, "an ItemSet", f"Use {widget}(client.folder(uuid)).")
    return cast("ItemSet", items)


def refuse_unknown(widget: type, given: Mapping[str, object]) -> None:
    """Refuse keyword arguments that ipywidgets would drop with a warning.

    Args:
        widget: The widget's class.
        given: The keyword arguments that its constructor does not name.

    Raises:
        TypeError: If there are any but layout, tooltip and tabbable.
    """
    for name in given:
        if name in _COMMON:
            continue
        parameters = inspect.signature(widget.__init__).parameters.values()  # type: ignore[misc]  # exactly this class
        known = [p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY] + list(_COMMON)
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean {close[0]!r}?" if close else f"It takes {', '.join(known)}."
        raise TypeError(f"{public_name(widget)}() has no argument {name!r}. {hint}")


class LiveWidget(OnPage, anywidget.AnyWidget):
    """Base of all widgets.

    The browser owns no state: synced traits are set from `_state` alone, whenever a signal says that something
    happened, from whatever thread it says so. What a user does arrives as a request and is answered exactly once.

    Args:
        lock: The lock of what is shown; whoever changes it has it when the signals tell of the change.
        common: `layout`, `tooltip` and `tabbable` of ipywidgets.

    Raises:
        TypeError: For any other keyword argument.
        EncordWidgetsError: If the built front end is missing.
    """

    _bundle: ClassVar[str] = ""
    _esm = LoaderText()
    _packed = traitlets.Bytes(help="Style and code of the view, deflated; `_esm` unpacks it.").tag(sync=True)

    error: traitlets.Dict[str, str] = traitlets.Dict(
        default_value=None,
        allow_none=True,
        help="What went wrong in Python last, until it is dismissed: message and, for a bug, detail.",
    ).tag(sync=True)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if watched() and cls.__dict__.get("_bundle"):
            cls._esm = static_path(cls._bundle, "js")  # type: ignore[assignment]  # anywidget takes both
            cls._css = static_path(cls._bundle, "css")
        super().__init_subclass__(**kwargs)

    def __init__(self, lock: threading.RLock, **common: Any) -> None:
        refuse_unknown(type(self), common)
        self._lock = lock
        self._publishing = threading.RLock()
        self._closed = False
        self._pool: ThreadPoolExecutor | None = None
        self._handling = threading.local()
        self._early = False
        code = b"" if watched() else packed(self._bundle)
        self._hear(self._signals(), self._on_event)
        super().__init__(**self._state(), _packed=code, **common)
        self._publish_soon = Throttle(self._publish_safely)
        self.on_msg(self._receive)
        if self._early:
            self._publish_safely()  # what happened since the state was taken

    # -- for subclasses ----------------------------------------------------------------------------------------

    def _state(self) -> dict[str, Any]:
        """Every synced trait of the subclass as it should be now; called from any thread, one at a time."""
        return {}

    def _signals(self) -> tuple[SignalInstance, ...]:
        """The events that can change `_state`."""
        return ()

    def _handlers(self) -> dict[str, Handler]:
        """What answers each request, by its name on the wire."""
        return {}

    # -- state -------------------------------------------------------------------------------------------------

    def _publish(self) -> None:
        """Bring the synced traits up to date, in one message."""
        # The lock of what is shown first, as whoever stages has it when it tells of the edits.
        with self._lock, self._publishing:
            if self._closed:
                return
            self._handling.missed = False
            fresh = self._state()
            with self.hold_sync():
                for name, value in fresh.items():
                    self.set_trait(name, value)

    def _publish_safely(self) -> None:
        self._guarded(self._publish, "The view could not be brought up to date")

    def _on_event(self, *_: object) -> None:
        if getattr(self._handling, "on", False):  # the request under way publishes when it is done
            self._handling.missed = True
            return
        # Noted before the look: of this thread and the one that makes the widget, one sees the other.
        self._early = True
        soon: Throttle | None = self.__dict__.get("_publish_soon")
        if soon is not None:
            soon.holding(self._lock)

    def _guarded(self, work: Callable[[], object], while_: str) -> None:
        """Do something that nobody waits for; its errors show in the widget."""
        try:
            work()
        except Exception as error:
            self._show_error(error, while_)
            if unexpected_is_raised():
                raise

    def _show_error(self, error: BaseException, while_: str) -> None:
        with self._publishing:
            self.error = described(error, while_)

    # -- requests ----------------------------------------------------------------------------------------------

    def _receive(self, _: object, content: object, buffers: Sequence[Any] | None = None) -> None:
        if not isinstance(content, dict) or content.get("type") != "request":
            return
        self._answer(content.get("id"), lambda: self._handle(content, buffers or ()))

    def _handle(self, content: Mapping[str, Any], buffers: Sequence[Any]) -> Answer | Later:
        method = content.get("method")
        handlers = {**self._handlers(), "dismiss_error": self._dismiss_error}
        handler = handlers.get(method) if isinstance(method, str) else None
        if handler is None:
            raise BadRequestError(
                f"this version of encord_widgets has no request {shown(method)}. Reload the page."
            )
        return handler(Params(content.get("params", {}), buffers))

    def _answer(self, request_id: object, work: Callable[[], Answer | Later]) -> None:
        try:
            answer = self._handled(work)
            if isinstance(answer, Later):
                later = answer.work
                self._workers().submit(self._answer, request_id, later)
                return
            reply = {"type": "reply", "id": request_id, "ok": True, "result": dict(answer.result)}
            self.send(reply, buffers=list(answer.buffers) or None)
        except Exception as error:
            self._refuse(request_id, error)
            if not code_of(error) and unexpected_is_raised():
                raise

    def _handled(self, work: Callable[[], Answer | Later]) -> Answer | Later:
        """Do what a request asks for; the events that it sets off are published once, not one by one."""
        self._handling.on, self._handling.missed = True, False
        try:
            return work()
        finally:
            self._handling.on = False
            if self._handling.missed:
                self._publish_soon()

    def _refuse(self, request_id: object, error: Exception) -> None:
        code = code_of(error)
        if not code:
            self._show_error(error, "Something went wrong in Python")
        reason = {"code": code or "internal", "message": message_of(error)}
        self.send({"type": "reply", "id": request_id, "ok": False, "error": reason})

    def _workers(self) -> ThreadPoolExecutor:
        with self._publishing:
            if self._closed:
                raise StaleError("This widget is closed.")
            if self._pool is None:
                self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="encord-widgets-request")
            return self._pool

    def _dismiss_error(self, _: Params) -> Answer:
        with self._publishing:
            self.set_trait("error", None)
        return Answer()

    # -- life --------------------------------------------------------------------------------------------------

    def _let_go(self) -> None:
        if "_publish_soon" in self.__dict__:
            self._publish_soon.close()
        if "_publishing" in self.__dict__:
            with self._publishing:
                self._closed = True
            if self._pool is not None:
                self._pool.shutdown(wait=False, cancel_futures=True)

    def _leave_static(self, data: dict[str, Any]) -> None:
        leave = super()._leave_static
        self._guarded(lambda: leave(data), "No static view")


class EncordWidget(LiveWidget):
    """Base of the widgets over one item set.

    Args:
        items: The items.
        common: `layout`, `tooltip` and `tabbable` of ipywidgets.

    Raises:
        TypeError: For any other keyword argument.
        InvalidInputError: If `items` is no item set.
        EncordWidgetsError: If the built front end is missing.
    """

    def __init__(self, items: ItemSet, **common: Any) -> None:
        refuse_unknown(type(self), common)
        self.items = check_items(items, public_name(type(self)))
        super().__init__(items.lock, **common)

    def _signals(self) -> tuple[SignalInstance, ...]:
        """The events of the item set that can change `_state`."""
        events = self.items.events
        return (events.rows, events.loading, events.changes, events.progress, events.receipt, events.schema)

    def _headline(self) -> str:
        return headline(self.items)
