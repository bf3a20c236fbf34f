"""What a save of the schema did, key by key, with what was read back."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from encord_widgets.metadata.schema_diff import SchemaChange, SchemaDiff
from encord_widgets.metadata.schema_merge import SchemaConflict, SchemaEdit, rebase
from encord_widgets.metadata.schema_types import KeyType
from encord_widgets.metadata.texts import counted, html_table, printable

__all__ = ["SchemaReceipt", "SchemaRow", "SchemaStatus", "proved"]

SchemaStatus: TypeAlias = Literal["verified", "already", "differs", "moved", "lost"]
_WORDS: Final[dict[SchemaStatus, str]] = {
    "verified": "read back as wanted",
    "already": "somebody had saved the same already",
    "differs": "read back otherwise",
    "moved": "not edited here; somebody else changed it right after",
    "lost": "not edited here, sent as it was, and gone when read back",
}
_OTHERS: Final = frozenset({"moved", "lost"})


@dataclass(frozen=True, slots=True)
class SchemaRow:
    """The fate of one key of the schema.

    Args:
        key: Metadata key.
        before: Type that was live before; None for a key that was not there.
        wanted: Type that was to be there.
        observed: Type that was read back; None if the key is gone.
        status: `verified`, `already`, `differs`; for a key that was not edited here, `moved` or `lost`.
    """

    key: str
    before: KeyType | None
    wanted: KeyType
    observed: KeyType | None
    status: SchemaStatus

    @property
    def text(self) -> str:
        """The fate in one line."""
        what = (
            SchemaChange(self.key, self.before, self.wanted).text if self.status not in _OTHERS else self.key
        )
        return f"{what}: {_WORDS[self.status]}"


@dataclass(frozen=True, slots=True)
class SchemaReceipt:
    """The outcome of a save of the schema. True when every edit was read back as wanted, and no other key is gone.

    Args:
        rows: One for each edited key, and one for each other key that was read back otherwise.
        saved_at: When it was read back, with zone.
        server: Address of the server, for people.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=20) as client:
        ...     receipt = client.schema.add("rating", "number").save()
        >>> bool(receipt), receipt.text
        (True, 'rating: added, number: read back as wanted')
    """

    rows: tuple[SchemaRow, ...]
    saved_at: dt.datetime
    server: str = ""

    def __bool__(self) -> bool:
        return not any(row.status in {"differs", "lost"} for row in self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def sentence(self) -> str:
        """The outcome in a few words."""
        counts = Counter(row.status for row in self.rows)
        said = ", ".join(f"{number:,} {status}" for status, number in counts.items())
        return f"{counted(len(self.rows), 'key')}: {said}" if said else "nothing to save"

    @property
    def text(self) -> str:
        """One line for each key."""
        return "\n".join(row.text for row in self.rows) or "Nothing to save."

    def __repr__(self) -> str:
        return f"<SchemaReceipt: {self.sentence}>"

    def _repr_html_(self) -> str:
        rows = [
            (printable(row.key), row.wanted.label, row.observed.label if row.observed else "gone", row.status)
            for row in self.rows
        ]
        return f"<p>{self.sentence}</p>{html_table(['key', 'wanted', 'read back', 'status'], rows)}"


def proved(
    edits: Mapping[str, SchemaEdit],
    before: Mapping[str, KeyType],
    observed: Mapping[str, KeyType],
    already: Mapping[str, SchemaEdit],
) -> tuple[SchemaRow, ...]:
    """Hold what was read back against what was wanted.

    Args:
        edits: What was sent.
        before: What was live just before.
        observed: What was read back.
        already: Edits that somebody else had saved already.
    """
    rows = [
        SchemaRow(key, edit.before, edit.after, observed.get(key), "already") for key, edit in already.items()
    ]
    for key, edit in edits.items():
        found = rebase(edit, observed.get(key))
        # Somebody may have added options between the save and the reading: ours are there all the same.
        there = not isinstance(found, SchemaConflict) and found.before is not None
        there = there and found.before.identity == found.after.identity  # type: ignore[union-attr]
        rows.append(
            SchemaRow(key, edit.before, edit.after, observed.get(key), "verified" if there else "differs")
        )
    rows += [
        # Read from what was read back to what was there before: that lists what turned otherwise, or went away.
        SchemaRow(one.key, one.after, one.after, one.before, "moved" if one.before else "lost")
        for one in SchemaDiff.between(observed, before)
        if one.key not in edits and one.key not in already
    ]
    return tuple(rows)
