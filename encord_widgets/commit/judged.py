"""What a receipt and a later look at it have in common: one row for each key of each item, each with its verdict."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING, ClassVar, Final, Generic, Protocol, TypeVar

from encord_widgets.metadata.texts import html_table, printable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["JudgedRows"]

_LISTED: Final = 10


class _Row(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def note(self) -> str: ...


R = TypeVar("R", bound=_Row)
S = TypeVar("S", bound=str)


class JudgedRows(ABC, Generic[R, S]):
    """Rows with a status each; true when all of them are at rest."""

    __slots__ = ()

    rows: tuple[R, ...]

    _statuses: ClassVar[Sequence[str]]
    """Every status, in the order of counting."""
    _at_rest: ClassVar[frozenset[str]]
    """Statuses that want nothing more."""
    _columns: ClassVar[Sequence[str]]
    """Columns of `to_frame`; item, key and status come as text."""
    _html_columns: ClassVar[Sequence[str]]
    """Headings of `_cells`."""
    _rest: ClassVar[str]
    """Where the rows are that are not listed."""

    def __bool__(self) -> bool:
        return all(row.status in self._at_rest for row in self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are of each status that occurs."""
        found = Counter(row.status for row in self.rows)
        return {status: found[status] for status in self._statuses if found[status]}

    @property
    @abstractmethod
    def sentence(self) -> str:
        """The outcome in one sentence."""

    def with_status(self, *statuses: S) -> tuple[R, ...]:
        """Rows of some statuses.

        Args:
            statuses: Statuses to keep.
        """
        return tuple(row for row in self.rows if row.status in statuses)

    def text(self, listed: int = _LISTED) -> str:
        """The outcome for people: one sentence, and the rows that are not at rest.

        Args:
            listed: Most rows to list.
        """
        still = self._unrest()
        lines = [
            f"  {r.status}: {printable(r.name)} · {printable(r.key)}: {printable(r.note, 300)}"
            for r in still[:listed]
        ]
        return "\n".join([self.sentence, *lines, *self._more(len(still) - listed, "  ")])

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.text()}>"

    def _repr_html_(self) -> str:
        still = self._unrest()
        table = html_table(self._html_columns, [self._cells(row) for row in still[:_LISTED]])
        tail = "".join(f"<p>{escape(line)}</p>" for line in self._more(len(still) - _LISTED))
        return f"<p>{escape(self.sentence)}</p>{table}{tail}"

    @abstractmethod
    def _cells(self, row: R) -> tuple[str, ...]:
        """A row of the table that a notebook shows."""

    def _unrest(self) -> tuple[R, ...]:
        return tuple(row for row in self.rows if row.status not in self._at_rest)

    def _more(self, number: int, margin: str = "") -> list[str]:
        return [f"{margin}... and {number:,} more (see {self._rest})"] if number > 0 else []

    def _frame(self, value: Callable[[R, str], object] = getattr) -> pd.DataFrame:
        import pandas as pd  # pandas is loaded when a table is asked for

        data = {name: pd.Series([value(r, name) for r in self.rows], dtype=object) for name in self._columns}
        return pd.DataFrame(data).astype({"item": "str", "key": "str", "status": "str"})
