"""What commits of one's own wrote since a moment, as the journal has it: to tell own changes from those of others."""

from __future__ import annotations

import datetime as dt

from encord_widgets.commit.journal_file import JournalFile
from encord_widgets.commit.journal_text import value_of
from encord_widgets.metadata.values import Value

__all__ = ["written_since"]


def written_since(file: JournalFile, since: dt.datetime) -> dict[str, dict[str, list[Value]]]:
    """Values that were read back after a write, and those that were sent by a kernel that ended before it could tell.

    Args:
        file: The journal.
        since: From when on, with zone.

    Returns:
        The values by key and item uuid.

    Raises:
        JournalError: If the journal cannot be read.
    """
    moment = since.astimezone(dt.UTC).isoformat()
    with file.read() as connection:
        found = connection.execute(
            "SELECT item, key, iif(status IS NULL, after, observed) FROM commits JOIN cells ON commit_no = commits.no "
            "WHERE (finished IS NULL OR finished >= :since) "
            "AND ((status = 'verified' AND at >= :since) OR (status IS NULL AND sent))",
            {"since": moment},
        ).fetchall()
    written: dict[str, dict[str, list[Value]]] = {}
    values: dict[str | None, Value] = {}  # a bulk edit wrote one value many times
    for item, key, text in found:
        if text not in values:
            values[text] = value_of(text)
        written.setdefault(key, {}).setdefault(item, []).append(values[text])
    return written
