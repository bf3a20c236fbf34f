"""Tables of sources that were read before, in the user's cache folder, so that opening one again shows it at once.

One Parquet file for each source, in a folder for each server and account that only its owner can read. It holds what
the item table holds: uuids, item fields, metadata; no signed URL and no credential is ever in there. A file that is of
another version, damaged or cut off counts as none. Nothing in here raises: without a cache the source is read as ever.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from encord_widgets.commit.private_files import file_name, private_folder
from encord_widgets.metadata.table_arrow import ArrowLayout, read_table

if TYPE_CHECKING:
    from encord_widgets.metadata.columns import Rows
    from encord_widgets.metadata.items import ItemTable

__all__ = ["ClientCache", "SourceCache", "cache_folder"]

_VARIABLE: Final = "ENCORD_WIDGETS_CACHE"
_OFF: Final = frozenset({"off", "0", "no", "false"})
_TABLES: Final = "tables"
_SUFFIX: Final = ".parquet"
_PASSING: Final = ".part"
_MOST_BYTES: Final = 1_000_000_000
_KEPT_SECONDS: Final = 30 * 24 * 3600
_PASSING_SECONDS: Final = 3600
_ROWS_AT_ONCE: Final = 1 << 15
_TRIES: Final = 3
_GRACE: Final = 2.0
_replacing = threading.Lock()


def cache_folder() -> Path:
    """The folder for tables: the one that `ENCORD_WIDGETS_CACHE` names, or the user's cache folder.

    Example:
        >>> cache_folder().is_absolute()
        True
    """
    named = _setting()
    if named and named.casefold() not in _OFF:
        return Path(named).expanduser().absolute()
    import platformdirs  # only where a source is opened

    return platformdirs.user_cache_path("encord-widgets")


def _setting() -> str:
    return os.environ.get(_VARIABLE, "").strip()


class ClientCache:
    """The cached tables of one server and account.

    Args:
        name: What to tell them apart by, as for the journal; None where nothing is to be kept.
        enabled: Whether tables are kept and shown; they can be deleted all the same.
        most_bytes: How large all files together may get; those that were not used for longest go first.
    """

    def __init__(self, name: str | None, *, enabled: bool = True, most_bytes: int = _MOST_BYTES) -> None:
        self._name = name
        self._enabled = enabled
        self._most_bytes = most_bytes
        self._writers: list[threading.Thread] = []
        self._hurry = threading.Event()

    def of(self, kind: str, identity: str) -> SourceCache | None:
        """The cache of one source; None where nothing is kept.

        Args:
            kind: What the source is, in one word.
            identity: What tells it from others of its kind.
        """
        folder = self._folder()
        if folder is None or self._name is None or not self._enabled or _setting().casefold() in _OFF:
            return None
        header = {"account": self._name, "kind": kind, "identity": identity}
        return SourceCache(_path(folder, kind, identity), header, self._start, self._hurry, self._most_bytes)

    def forget(self, kind: str, identity: str) -> None:
        """Delete the table of a source that is not to be read any more.

        Args:
            kind: What the source is, in one word.
            identity: What tells it from others of its kind.
        """
        folder = self._folder()
        if folder is not None:
            with suppress(OSError):
                _path(folder, kind, identity).unlink(missing_ok=True)

    def clear(self) -> int:
        """Delete all tables of this server and account.

        Returns:
            How many there were.
        """
        folder = self._folder()
        found = 0
        for path in _files(folder) if folder is not None else ():
            with suppress(OSError):
                path.unlink()
                found += path.suffix == _SUFFIX
        return found

    def close(self) -> None:
        """Wait for what is being written; a table that takes longer than a moment is given up."""
        end = time.monotonic() + _GRACE
        for writer in self._writers:
            writer.join(max(0.0, end - time.monotonic()))
        self._hurry.set()
        while self._writers:
            self._writers.pop().join()
        self._hurry.clear()

    def _start(self, work: Callable[[], object]) -> None:
        # Of its own, and no daemon: it ends when the file is whole, and not with the client's loop.
        writer = threading.Thread(target=work, name="encord-widgets-cache")
        self._writers = [other for other in self._writers if other.is_alive()] + [writer]
        writer.start()

    def _folder(self) -> Path | None:
        return None if self._name is None else cache_folder() / _TABLES / file_name(self._name)


class SourceCache:
    """The cached table of one source.

    The time of the file says when its content was last known to be what Encord held.

    Args:
        path: The file.
        header: What must stand in it.
        start: Starts work on a thread.
        hurry: Set where nobody waits for a large table any more.
        most_bytes: How large all files together may get.
    """

    def __init__(
        self,
        path: Path,
        header: dict[str, str],
        start: Callable[[Callable[[], object]], None],
        hurry: threading.Event,
        most_bytes: int = _MOST_BYTES,
    ) -> None:
        self.path = path
        self._header = header
        self._start = start
        self._hurry = hurry
        self._most_bytes = most_bytes

    @property
    def there(self) -> bool:
        """Whether there is a file; it may turn out to be of no use."""
        return self.path.is_file()

    def read(self) -> tuple[ItemTable, dt.datetime] | None:
        """The table, and of when it is; None if there is none that can be used. It may take long: use a thread."""
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq

            with self.path.open("rb") as opened:
                moment = dt.datetime.fromtimestamp(os.fstat(opened.fileno()).st_mtime, dt.UTC)
                with pq.ParquetFile(opened, page_checksum_verification=True) as file:
                    found = read_table(file.schema_arrow, file.read, self._header)
            pa.default_memory_pool().release_unused()  # its columns are packed otherwise by now
        except Exception:  # noqa: BLE001 - whatever is wrong with it, the source is read anyway
            return None
        return found, moment

    def keep_soon(
        self,
        table: ItemTable,
        rows: Rows,
        lock: threading.RLock,
        since: dt.datetime,
        failed: Callable[[], object],
    ) -> None:
        """Write the table on a thread, whole or not at all. Of several writers at once the latest reading counts.

        Args:
            table: The items.
            rows: Which of them, in which order (int64).
            lock: Held while the table changes; taken for one slice of the rows at a time.
            since: When it was read, with zone.
            failed: Called when it could not be written.
        """

        def work() -> None:
            kept = False
            with suppress(Exception):  # a full disk, or a folder that takes no files: then there is no cache
                kept = self._keep(table, rows, lock, since.timestamp())
            if not kept:
                failed()

        self._start(work)

    def _keep(self, table: ItemTable, rows: Rows, lock: threading.RLock, since: float) -> bool:
        private_folder(self.path.parent.parent)
        private_folder(self.path.parent)
        handle, name = tempfile.mkstemp(_PASSING, f"{self.path.stem}-", self.path.parent)  # its owner's alone
        passing = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                written = any(
                    _write(file, table, rows, lock, header=self._header, hurry=self._hurry)
                    for _ in range(_TRIES)
                )
            if not written or passing.stat().st_size > self._most_bytes:
                return False
            os.utime(passing, (since, since))
            with _replacing:
                if not self._has_newer(since):
                    passing.replace(self.path)
        finally:
            passing.unlink(missing_ok=True)
        self._tidy()
        return True

    def _has_newer(self, since: float) -> bool:
        """Whether a writer that began later was quicker."""
        with suppress(OSError):  # what seems to be of the future is of a clock that was wrong
            return since < self.path.stat().st_mtime <= time.time()
        return False

    def confirm(self, since: dt.datetime) -> None:
        """Note that the content is still what Encord holds.

        Args:
            since: When that was read, with zone.
        """
        with suppress(OSError):
            os.utime(self.path, (since.timestamp(), since.timestamp()))

    def forget(self) -> None:
        """Delete the table: the source is not to be read any more."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _tidy(self) -> None:
        """Delete what writers that died left, what was not used for long, and the oldest where all are too large."""
        now, found = time.time(), []
        for path in _files(self.path.parent.parent):
            with suppress(OSError):  # another process tidies too
                seen = path.stat()
                age = now - seen.st_mtime
                if age > (_KEPT_SECONDS if path.suffix == _SUFFIX else _PASSING_SECONDS):
                    path.unlink()
                elif path.suffix == _SUFFIX:
                    found.append((seen.st_mtime, seen.st_size, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found, key=lambda one: one[0]):
            if total <= self._most_bytes:
                break
            with suppress(OSError):
                path.unlink()
            total -= size


def _write(
    file: IO[bytes],
    table: ItemTable,
    rows: Rows,
    lock: threading.RLock,
    *,
    header: dict[str, str],
    hurry: threading.Event,
) -> bool:
    """Write a table slice by slice; False when it was written into meanwhile, or is given up in a hurry."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file.seek(0)
    file.truncate()
    with lock:
        layout = ArrowLayout(table, rows, header)
    repeating = [
        field.name
        for field in layout.schema
        if field.type == pa.uint8() or pa.types.is_dictionary(field.type)
    ]
    with pq.ParquetWriter(
        file,
        layout.schema,
        compression="zstd",
        use_dictionary=repeating,
        write_statistics=False,
        write_page_checksum=True,
    ) as writer:
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            with lock:
                if not layout.still_fits or (start and hurry.is_set()):
                    return False
                part = layout.slice(start, start + _ROWS_AT_ONCE)
            writer.write_table(part, row_group_size=_ROWS_AT_ONCE)  # packed while others may have the lock
    return True


def _path(folder: Path, kind: str, identity: str) -> Path:
    digest = hashlib.sha256(identity.encode()).hexdigest()[:32]
    return folder / f"{kind}-{digest}{_SUFFIX}"


def _files(folder: Path) -> Iterator[Path]:
    """The files of this module in a folder and those below it."""
    for path in folder.rglob("*"):
        if path.suffix in {_SUFFIX, _PASSING} and path.is_file():
            yield path
