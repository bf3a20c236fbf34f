"""Bulk edits of an item set: of a selection, of what is in view, of items picked by hand."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, cast

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.item_bulk_edit import BulkEdit
from encord_widgets.item_rules import staged_values
from encord_widgets.metadata import bulk_operations as operations
from encord_widgets.metadata.bulk import Operation, checked_key
from encord_widgets.metadata.bulk_expressions import Expression, Template
from encord_widgets.metadata.given import several
from encord_widgets.metadata.staging import item_uuid
from encord_widgets.metadata.texts import counted
from encord_widgets.metadata.values import ABSENT, Value, shown

if TYPE_CHECKING:
    from encord_widgets.item_filter import FilterableItems
    from encord_widgets.metadata.changes import ChangeSet
    from encord_widgets.metadata.columns import Rows

__all__ = ["BulkEdits", "BulkItems", "PickedItems"]


class BulkEdits:
    """Edits of all items of a selection. Each gives a `BulkEdit`: look at its `preview()`, then `stage()` it.

    They count on staged values, are done once (`Selected.stage` keeps a rule instead), and are one step of undo.
    """

    items: FilterableItems

    @property
    @abstractmethod
    def rows(self) -> Rows:
        """Rows of the items in the table, in the order that `fill_down` goes by (int64)."""

    @property
    @abstractmethod
    def python(self) -> str:
        """The selection as Python code."""

    def set(self, key: str, value: object) -> BulkEdit:
        """Set a key.

        Args:
            key: Metadata key.
            value: New value; `ABSENT` removes the key, None is null.

        Returns:
            The edit, not staged yet.

        Raises:
            InvalidInputError: If the value does not fit the schema.

        Example:
            >>> import encord_widgets as ew
            >>> with ew.demo(items=60) as client:
            ...     items = client.folder(client.folders("Street scenes")[0])
            ...     print(items.where(ew.F.lux < 5).set("time_of_day", "night").python)
            items.where(F.lux < 5).set('time_of_day', 'night')
        """
        (checked,) = staged_values({key: value}, self.items.schema).values()
        said = "ew.ABSENT" if checked is ABSENT else repr(checked)
        return BulkEdit(self, operations.SetValue(key, checked), f"set({key!r}, {said})")

    def clear(self, key: str) -> BulkEdit:
        """Set a key to null, which is not the same as removing it.

        Args:
            key: Metadata key.

        Returns:
            The edit, not staged yet.
        """
        return BulkEdit(self, operations.SetValue(checked_key(key), None), _call("clear", key))

    def unset(self, key: str) -> BulkEdit:
        """Remove a key.

        Args:
            key: Metadata key.

        Returns:
            The edit, not staged yet.
        """
        return BulkEdit(self, operations.SetValue(checked_key(key), ABSENT), _call("unset", key))

    def fill_down(self, key: str, *, over: operations.Over = "unset") -> BulkEdit:
        """Fill cells with the value of the item above.

        Args:
            key: Metadata key.
            over: Which: those not set (`unset`), not set or null (`empty`), or `all` after the first.

        Returns:
            The edit, not staged yet.

        Raises:
            InvalidInputError: If `over` is something else.
        """
        operation = operations.FillDown(checked_key(key), over)
        return BulkEdit(self, operation, _call("fill_down", key, over=(over, "unset")))

    def replace(
        self,
        key: str,
        find: str,
        replacement: str,
        *,
        regex: bool = False,
        any_case: bool = False,
        whole: bool = False,
    ) -> BulkEdit:
        r"""Find and replace in text values; values of other kinds stay.

        Args:
            key: Metadata key.
            find: Text, or a pattern of Python's `re`.
            replacement: Text to put there; with a pattern, groups as in `re.sub`.
            regex: Whether `find` is a pattern.
            any_case: Whether letter case does not matter.
            whole: Whether the whole value must match.

        Returns:
            The edit, not staged yet.

        Raises:
            InvalidInputError: If there is nothing to find, or the pattern or the replacement cannot be read.

        Example:
            >>> import encord_widgets as ew
            >>> with ew.demo(items=60) as client:
            ...     items = client.folder(client.folders("Street scenes")[0])
            ...     edit = items.bulk.replace("camera_id", r"^cam[_-]?(\d+)$", r"camera \1", regex=True)
            ...     edit.preview().looked_at
            60
        """
        operation = operations.ReplaceText(
            checked_key(key), find, replacement, regex=regex, any_case=any_case, whole=whole
        )
        flags = {"regex": (regex, False), "any_case": (any_case, False), "whole": (whole, False)}
        return BulkEdit(self, operation, _call("replace", key, find, replacement, **flags))

    def copy_key(self, old: str, new: str, *, over: bool = False) -> BulkEdit:
        """Copy the values of a key into another; items without it are left alone.

        Args:
            old: Key to copy from.
            new: Key to copy to.
            over: Whether another value that `new` holds is replaced; without, such an item is refused.

        Returns:
            The edit, not staged yet.

        Raises:
            InvalidInputError: If both are the same key.
        """
        operation = operations.CopyKey(checked_key(old), checked_key(new), over=over)
        return BulkEdit(self, operation, _call("copy_key", old, new, over=(over, False)))

    def rename_key(self, old: str, new: str, *, over: bool = False) -> BulkEdit:
        """Move the values of a key to another; where the new one cannot take it, the item is left whole.

        The schema is not changed; `client.schema.rename_key` changes both.

        Args:
            old: Key to move from.
            new: Key to move to.
            over: Whether another value that `new` holds is replaced; without, such an item is refused.

        Returns:
            The edit, not staged yet.

        Raises:
            InvalidInputError: If both are the same key.
        """
        operation = operations.CopyKey(checked_key(old), checked_key(new), move=True, over=over)
        return BulkEdit(self, operation, _call("rename_key", old, new, over=(over, False)))

    def map(self, key: str, function: Callable[[Value], object] | str) -> BulkEdit:
        """Work out new values of a key in Python.

        What a function raises, and what it returns that JSON cannot hold, is refused by item.

        Args:
            key: Metadata key that is set.
            function: A function of the value, called once for each distinct value of items that hold the key; or the
                text of a Python expression, in which `value` is the value and other names are keys of the item, such
                as `"city.upper() + '_' + str(camera)"`. `ABSENT` removes the key.

        Returns:
            The edit, not staged yet.

        Raises:
            InvalidInputError: If it is neither a function nor an expression.

        Example:
            >>> import encord_widgets as ew
            >>> with ew.demo(items=60) as client:
            ...     items = client.folder(client.folders("Street scenes")[0])
            ...     items.bulk.map("lux", lambda value: round(value)).preview().looked_at
            60
        """
        checked_key(key)
        if isinstance(function, str):
            made: Operation = operations.Compute(key, Expression(function))
            return BulkEdit(self, made, _call("map", key, function))
        if not _callable(function):
            hint = "Such as lambda value: value.strip()."
            raise InvalidInputError([Problem("a function or an expression", shown(function), hint=hint)])
        name = getattr(function, "__name__", type(function).__name__)
        return BulkEdit(self, operations.MapValues(key, function), f"map({key!r}, {name})")

    def combine(self, key: str, template: str, *, over: bool = False) -> BulkEdit:
        """Make one text of several keys; it is read by the type of the key that is set.

        Args:
            key: Metadata key that is set.
            template: Text with keys in braces, such as `{city}_{camera:02}`; an item that lacks one is refused.
            over: Whether another value that `key` holds is replaced; without, such an item is refused.

        Returns:
            The edit, not staged yet.

        Raises:
            InvalidInputError: If the template cannot be read.
        """
        operation = operations.Combine(checked_key(key), Template(template), over=over)
        return BulkEdit(self, operation, _call("combine", key, template, over=(over, False)))

    def split(self, key: str, separator: str, into: Sequence[str], *, over: bool = False) -> BulkEdit:
        """Split a text into several keys; each part is read by the type of its key.

        Args:
            key: Metadata key that holds the text; it stays, unless it is in `into`.
            separator: What stands between the parts.
            into: Key for each part; an item with more or fewer parts is refused.
            over: Whether other values that these keys hold are replaced; without, such an item is refused.

        Returns:
            The edit, not staged yet.

        Raises:
            InvalidInputError: If there is no separator, or less than two different keys.
        """
        keys = tuple(checked_key(one) for one in into)
        operation = operations.Split(checked_key(key), separator, keys, over)
        return BulkEdit(self, operation, _call("split", key, separator, list(keys), over=(over, False)))

    def unstage(self, keys: Collection[str] | None = None) -> ChangeSet:
        """Drop what is staged on all of them, as one step of undo.

        Args:
            keys: Metadata keys; all when left out.

        Returns:
            The edits that are still staged.

        Example:
            >>> import encord_widgets as ew
            >>> with ew.demo(items=60) as client:
            ...     items = client.folder(client.folders("Street scenes")[0])
            ...     _ = items.where(ew.F.lux < 5).stage(time_of_day="night")
            ...     len(items.where(ew.F.state.changed).unstage(["time_of_day"]))
            0
        """
        uuids = self.items.table.uuids
        return self.items.unstage([uuids[row] for row in self.rows.tolist()], keys)


def _callable(given: object) -> bool:
    return callable(given)


def _call(name: str, *given: object, **options: tuple[object, object]) -> str:
    """A call as Python code; options that have their default are left out."""
    said = [repr(one) for one in given]
    said += [f"{option}={value!r}" for option, (value, default) in options.items() if value != default]
    return f"{name}({', '.join(said)})"


class PickedItems(BulkEdits):
    """Items picked otherwise than by a filter. Made by `ItemSet.bulk` and `ItemSet.pick`.

    Args:
        items: The item set.
        pick: Gives their rows, anew each time.
        python: The selection as Python code.
    """

    def __init__(self, items: FilterableItems, pick: Callable[[], Rows], python: str) -> None:
        self.items = items
        self._pick = pick
        self._python = python

    def __repr__(self) -> str:
        return f"<PickedItems: {len(self.rows):,} of {counted(len(self.items.rows), 'item')}>"

    @property
    def rows(self) -> Rows:
        """Rows of the items in the table, in order (int64)."""
        self.items.wait()
        with self.items.lock:
            return self._pick()

    @property
    def python(self) -> str:
        """The selection as Python code."""
        return self._python


class BulkItems:
    """The part of an item set that is edited in bulk."""

    @property
    def bulk(self) -> PickedItems:
        """All items in view, to edit at once: what the filter in force leaves, or all.

        Example:
            >>> import encord_widgets as ew
            >>> with ew.demo(items=60) as client:
            ...     items = client.folder(client.folders("Street scenes")[0])
            ...     items.filter = ew.F.weather == "fog"
            ...     edit = items.bulk.set("time_of_day", "night")
            ...     edit.preview().looked_at == len(items.order()) < len(items)
            True
        """
        items = cast("FilterableItems", self)
        return PickedItems(items, items._shown, "items.bulk")  # noqa: SLF001 - its own rows

    def pick(self, items: Iterable[object]) -> PickedItems:
        """Some items, to edit at once; such as those selected in a grid.

        Args:
            items: Item uuids, in the order that `fill_down` goes by.

        Returns:
            The items.

        Raises:
            InvalidInputError: If some are not in the set.

        Example:
            >>> import encord_widgets as ew
            >>> with ew.demo(items=60) as client:
            ...     items = client.folder(client.folders("Street scenes")[0])
            ...     items.pick(items.uuids[:5]).unset("weather").stage().looked_at
            5
        """
        own = cast("FilterableItems", self)
        own.wait()
        hint = "Use items.uuids or grid.selection."
        picked = dict.fromkeys((str(item), item_uuid(item)) for item in several(items, "item uuids", hint))
        unknown = [given for given, uuid in picked if uuid is None or own.table.row_of(uuid) is None]
        if unknown:
            raise InvalidInputError(
                Problem("an item of this set", shown(given), hint=hint) for given in unknown
            )
        uuids = list(dict.fromkeys(cast("str", uuid) for _, uuid in picked))
        return PickedItems(
            own, lambda: own.table.rows_of(uuids), f"items.pick([{counted(len(uuids), 'uuid')}])"
        )
