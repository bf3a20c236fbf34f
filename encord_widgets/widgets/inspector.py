"""`ItemInspector`: one item at a time, with its picture, its metadata as a tree, and its `$encord` block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import traitlets
from psygnal import SignalInstance

from encord_widgets.errors import EncordWidgetsError, InvalidInputError, Problem
from encord_widgets.metadata.encord_block import DEPRECATED, KEY, at_path
from encord_widgets.metadata.item_fields import GROUPS
from encord_widgets.metadata.staging import item_uuid
from encord_widgets.metadata.values import Absent, compact, shown
from encord_widgets.widgets._base import EncordWidget, check_items, refuse_unknown
from encord_widgets.widgets._fallback import ROWS_SHOWN, headline, quoted_text, static_html
from encord_widgets.widgets._requests import Answer, BadRequestError, Handler, Later, Params, StaleError
from encord_widgets.widgets.cell_states import ReceiptIndex
from encord_widgets.widgets.inspector_edits import BlockEdits, stage_value
from encord_widgets.widgets.inspector_groups import FrameSets
from encord_widgets.widgets.inspector_media import kind_of, media_answer, note_of
from encord_widgets.widgets.inspector_rows import (
    MOST_FRAMES,
    addable,
    block_wire,
    branches,
    deprecated_wire,
    field_rows,
    media_of,
    metadata_rows,
)
from encord_widgets.widgets.thumbnails import Thumbnails

if TYPE_CHECKING:
    from encord_widgets.item_set import ItemSet

__all__ = ["ItemInspector"]

_FRAME_PATH: Final = 2  # $encord.frames.<label> holds metadata keys


class ItemInspector(EncordWidget):
    """One item at a time: its picture, video, audio or text, all its metadata as a tree, and its `$encord` block.

    It follows `items.focus`, so the selection of every grid on the same items. Values are edited as in the grid:
    staged, with the reason where something does not fit. Of a video, the key frames and values of `$encord.frames` and
    the settings of `$encord.config` are edited one by one; whatever else the block holds stays. The frames of an image
    group are items of their own: they are staged on the item set when they are in it, else on `frames`.

    Args:
        items: The items.
        item: Uuid of the item to begin with; left out, the item in focus or the first one.
        follow: Whether another item is shown when the focus moves.
        common: `layout`, `tooltip` and `tabbable` of ipywidgets.

    Raises:
        InvalidInputError: If the item is not in the set.
        TypeError: For any other keyword argument.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=20) as client:
        ...     items = client.folder(client.folders("Street scenes")[0]).wait()
        ...     with ew.ItemInspector(items) as inspector:
        ...         inspector.show(items.uuids[7])
        ...         inspector.view["name"], inspector.encord["mode"]
        ('street_000008.webm', 'frame')
    """

    _bundle: ClassVar[str] = "inspector"

    view: traitlets.Dict[str, Any] = traitlets.Dict(
        help="The item shown: uuid, name, type, fields, place among the items in view, how to show it, staged edits."
    ).tag(sync=True)
    metadata: traitlets.List[dict[str, Any]] = traitlets.List(
        help="Its metadata keys: value, stored and schema type, number of parts, state; nested values on request."
    ).tag(sync=True)
    encord: traitlets.Dict[str, Any] = traitlets.Dict(
        default_value=None,
        allow_none=True,
        help="Its $encord block: settings, frames, problems with their paths, the open frame; null where none belongs.",
    ).tag(sync=True)
    group: traitlets.Dict[str, Any] = traitlets.Dict(
        default_value=None,
        allow_none=True,
        help="The image group shown: its frames with their staged edits, and which one is shown; null for others.",
    ).tag(sync=True)

    def __init__(self, items: ItemSet, *, item: object = None, follow: bool = True, **common: Any) -> None:
        refuse_unknown(type(self), common)
        check_items(items, "ItemInspector")
        self._sets = FrameSets(items, self._watch)
        self._following = bool(follow)
        self._seen = items.focus
        self._item: str | None = items.focus
        self._frame: str | None = None
        self._label: str | None = None
        self._most = MOST_FRAMES
        self._pictures: dict[str, Thumbnails] = {}
        self._receipts: dict[int, ReceiptIndex] = {}
        if item is not None:
            self._item = self._known(items, item)
        super().__init__(items, **common)

    # -- looking ---------------------------------------------------------------------------------------------------

    def show(self, item: object) -> None:
        """Show an item, and let all widgets on the same items know that it is looked at.

        Args:
            item: Item uuid; a frame of an image group that was opened here will do too.

        Raises:
            InvalidInputError: If it is neither in the set nor such a frame.
        """
        uuid = item_uuid(item)
        holder = None if uuid is None or uuid in self.items.table else self._sets.holder(uuid)
        if holder is not None:
            self._go(holder[0], uuid)
        else:
            self._go(self._known(self.items, item), None)

    @property
    def item(self) -> str | None:
        """Uuid of the item shown, or of the frame of an image group; None while there is no item."""
        return self._frame or self._current()

    @property
    def frames(self) -> ItemSet | None:
        """The frames of the image group shown, as an item set; None for other items. Its edits commit on their own.

        Raises:
            EncordWidgetsError: If they cannot be read.
        """
        group = self._current()
        return self._sets.open(group) if group is not None and self._is_group(group) else None

    def _known(self, items: ItemSet, item: object) -> str:
        uuid = item_uuid(item)
        if uuid is not None and uuid not in items.table:
            items.wait()
        if uuid is None or uuid not in items.table:
            hint = "For a frame of an image group, show the group first and read `frames`."
            raise InvalidInputError([Problem(expected="an item of this set", got=shown(item), hint=hint)])
        return uuid

    def _go(self, item: str, frame: str | None) -> None:
        with self.items.lock:
            self._item, self._frame, self._label, self._most = item, frame, None, MOST_FRAMES
            self._seen = item
            self.items.focus = item
        self._publish()

    def _current(self) -> str | None:
        """The item shown; adopts the focus where it moved."""
        with self.items.lock:
            focus = self.items.focus
            if focus != self._seen:
                self._seen = focus
                if self._following and focus is not None and focus in self.items.table:
                    self._item, self._frame, self._label, self._most = focus, None, None, MOST_FRAMES
            if self._item is None or self._item not in self.items.table:
                rows = self.items.order()
                self._item = self.items.table.uuids[int(rows[0])] if len(rows) else None
            return self._item

    def _is_group(self, item: str) -> bool:
        row = self.items.table.row_of(item)
        return row is not None and self.items.table.field("item_type").value(row) in GROUPS

    def _shown(self) -> tuple[ItemSet, str] | None:
        """The set and uuid of what is shown: the item, or the frame of a group."""
        item = self._current()
        if item is None:
            return None
        if self._frame is not None:
            owner = self._sets.owner(item, self._frame)
            if owner is not None and self._frame in owner.table:
                return owner, self._frame
        return self.items, item

    def _watch(self, frames: ItemSet) -> None:
        if self._closed:
            return
        events = frames.events
        self._hear((events.rows, events.changes, events.receipt, events.schema), self._on_event)
        self._publish_soon()

    # -- state -----------------------------------------------------------------------------------------------------

    def _signals(self) -> tuple[SignalInstance, ...]:
        events = self.items.events
        return (
            events.rows, events.loading, events.changes, events.receipt, events.schema, events.filter, events.focus
        )  # fmt: skip

    def _state(self) -> dict[str, Any]:
        with self.items.lock:
            item, target = self._current(), self._shown()
            if item is None or target is None:
                view = {"item": None, "loading": not self.items.loading.finished, "title": self.items.title}
                return {"view": view, "metadata": [], "encord": None, "group": None}
            owner, uuid = target
            is_group = self._is_group(item)
            name = self.items.table.name(item)
            with owner.lock:
                return {
                    "view": {**self._view_of(owner, uuid), **self._place(item)},
                    "metadata": metadata_rows(owner, uuid, self._receipts_of(owner)),
                    "encord": self._encord_of(owner, uuid),
                    "group": self._sets.to_wire(item, name, self._frame) if is_group else None,
                }

    def _view_of(self, owner: ItemSet, uuid: str) -> dict[str, Any]:
        table = owner.table
        row = int(table.rows_of([uuid])[0])
        item_type, media = table.field("item_type").value(row), media_of(owner, row)
        keys = {*table.metadata(row), *(change.key for change in owner.changes.of_item(uuid))}
        return {
            "item": uuid,
            "name": table.name(uuid),
            "item_type": item_type if isinstance(item_type, str) else "of no known type",
            "fields": field_rows(owner, row),
            "kind": kind_of(item_type),
            "note": note_of(item_type),
            "fps": media.fps,
            "frames": media.frames,
            "staged": len(owner.changes.of_item(uuid)),
            "can_undo": owner.changes.can_undo,
            "can_redo": owner.changes.can_redo,
            "apart": owner is not self.items,
            "addable": addable(owner.schema, keys),
        }

    def _place(self, item: str) -> dict[str, Any]:
        order = self.items.order()
        found = np.flatnonzero(order == self.items.table.row_of(item))
        return {
            "title": self.items.title,
            "loading": not self.items.loading.finished,
            "position": int(found[0]) if len(found) else None,
            "total": len(order),
            "following": self._following,
        }

    def _encord_of(self, owner: ItemSet, uuid: str) -> dict[str, Any] | None:
        row = int(owner.table.rows_of([uuid])[0])
        block, old = owner.value(uuid, KEY), owner.value(uuid, DEPRECATED)
        held = [value for value in (block, old) if not isinstance(value, Absent)]
        if not held and owner.table.field("item_type").value(row) != "video":
            return None
        wire = block_wire(block, owner.schema, media_of(owner, row), self._label, self._most)
        return {**wire, "deprecated": deprecated_wire(old, block)}

    def _receipts_of(self, owner: ItemSet) -> ReceiptIndex:
        found = self._receipts.get(id(owner))
        if found is None or found.receipt is not owner.receipt:
            found = self._receipts[id(owner)] = ReceiptIndex(owner.receipt)
        return found

    def _headline(self) -> str:
        target = self._shown()
        named = f"{target[0].table.name(target[1])} of " if target else ""
        return f"{named}{headline(self.items)}"

    def _static_html(self) -> str:
        target = self._shown()
        if target is None:
            return static_html(headline(self.items), [], [])
        owner, uuid = target
        with owner.lock:
            keys = [row["key"] for row in metadata_rows(owner, uuid, self._receipts_of(owner))]
            rows = [[key, quoted_text(owner.value(uuid, key))] for key in keys[:ROWS_SHOWN]]
        return static_html(self._headline(), ["key", "value"], rows, len(keys) - len(rows))

    # -- requests --------------------------------------------------------------------------------------------------

    def _handlers(self) -> dict[str, Handler]:
        block = BlockEdits(self._target)
        return {
            "step": self._step,
            "follow": self._follow,
            "show_frame": self._show_frame,
            "open_frames": self._open_frames,
            "commit_frames": self._commit_frames,
            "media": self._media,
            "thumbnails": self._thumbnails,
            "value": self._value,
            "branches": self._branches,
            "edit": self._then_shown(lambda params: stage_value(self._target(params), params)),
            "undo": lambda _: self._back_and_forth("undo"),
            "redo": lambda _: self._back_and_forth("redo"),
            "open_label": self._open_label,
            "more_frames": self._more_frames,
            **{name: self._then_shown(handler) for name, handler in block.handlers().items()},
        }

    def _then_shown(self, handler: Handler) -> Handler:
        """A handler whose answer comes after what it changed."""

        def work(params: Params) -> Answer | Later:
            answer = handler(params)
            self._publish()
            return answer

        return work

    def _target(self, params: Params) -> tuple[ItemSet, str]:
        """What a request is about: it names the item that its page shows, which may be another by now."""
        target, item = self._shown(), params.text("item")
        if target is None or target[1] != item:
            raise StaleError("Another item is shown by now. Look, then try again.")
        return target

    def _step(self, params: Params) -> Answer:
        by = -1 if params.flag("back") else 1
        with self.items.lock:
            item, order = self._current(), self.items.order()
            if item is None:
                raise StaleError("There is no item to step from.")
            found = np.flatnonzero(order == self.items.table.row_of(item))
            at = min(max(int(found[0]) + by, 0), len(order) - 1) if len(found) else 0
            wanted = self.items.table.uuids[int(order[at])] if len(order) else item
        self._go(wanted, None)
        return Answer()

    def _follow(self, params: Params) -> Answer:
        self._following = params.flag("on")
        if self._following and self.items.focus is not None:
            self._seen = None
        self._publish()
        return Answer()

    def _show_frame(self, params: Params) -> Answer:
        frame, group = params.raw("frame"), self._current()
        frames = self._sets.get(group) if group is not None else None
        if frame is not None and (frames is None or frame not in frames.table):
            raise StaleError("The frame is not in this group (any more).")
        self._frame, self._label = frame, None
        self._publish()
        return Answer()

    def _open_frames(self, params: Params) -> Later:
        group = params.text("group")
        if not self._is_group(group):
            raise BadRequestError("only image groups, sequences and DICOM series have frames of their own.")

        def work() -> Answer:
            try:
                self._sets.open(group)
            finally:
                self._publish()
            return Answer()

        return Later(work)

    def _commit_frames(self, params: Params) -> Later:
        frames = self._sets.get(params.text("group"))
        if frames is None or not frames.changes:
            raise EncordWidgetsError("Nothing is staged on the frames of this group.")
        return Later(lambda: Answer({"text": frames.start_commit().result().sentence}))

    def _media(self, params: Params) -> Later:
        owner, item = self._target(params)
        way = params.text("way")
        return Later(lambda: media_answer(owner, item, way))

    def _thumbnails(self, params: Params) -> Later:
        group = self._current()
        frames = self._sets.get(group) if group is not None else None
        if frames is None or group is None:
            raise StaleError("The frames of this group are not open.")
        return self._pictures.setdefault(group, Thumbnails(frames)).answer(params)

    def _value(self, params: Params) -> Answer:
        owner, item = self._target(params)
        path = params.texts("path")
        value = at_path(owner.value(item, path[0] if path else ""), tuple(path[1:]))
        text = value if isinstance(value, str) else None
        return Answer({"json": None if isinstance(value, Absent) else compact(value), "text": text})

    def _branches(self, params: Params) -> Answer:
        owner, item = self._target(params)
        path = params.texts("path")
        value = at_path(owner.value(item, path[0] if path else ""), tuple(path[1:]))
        typed = path[:_FRAME_PATH] == [KEY, "frames"] and len(path) == _FRAME_PATH + 1
        return Answer(branches(value, owner.schema, params.whole("start"), typed=typed))

    def _back_and_forth(self, step: str) -> Answer:
        target = self._shown()
        owner = target[0] if target else self.items
        owner.undo() if step == "undo" else owner.redo()
        self._publish()
        return Answer()

    def _more_frames(self, _: Params) -> Answer:
        self._most += MOST_FRAMES
        self._publish()
        return Answer()

    def _open_label(self, params: Params) -> Answer:
        self._target(params)
        label = params.raw("label")
        self._label = label if isinstance(label, str) else None
        self._publish()
        return Answer()
