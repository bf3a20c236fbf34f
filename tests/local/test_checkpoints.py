from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from encord_widgets.local import Store
from encord_widgets.local.checkpoints import Checkpoints

PAGE = 8192


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def large(tmp_path: Path):
    """A database whose last thousand rows stand in its log only."""
    path = tmp_path / "large.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA page_size = {PAGE}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("CREATE TABLE t (x BLOB)")
    connection.executemany("INSERT INTO t VALUES (?)", [(b"x" * 5000,)] * 1000)
    yield path
    connection.close()


def test_enough_changes_move_into_the_file(large: Path):
    size = large.stat().st_size
    checkpoints = Checkpoints(large)
    checkpoints.changed(999)
    assert not any(thread.name == "embedded Encord checkpoints" for thread in threading.enumerate())
    checkpoints.changed(1)
    wait_for(lambda: large.stat().st_size >= size + 1000 * PAGE)
    checkpoints.close()


def test_a_busy_or_missing_file_ends_nothing(tmp_path: Path):
    checkpoints = Checkpoints(tmp_path / "no folder" / "none.db")
    checkpoints.changed(1000)
    checkpoints.changed(1000)
    checkpoints.close()
    checkpoints.close()
    assert not any(thread.name == "embedded Encord checkpoints" for thread in threading.enumerate())


def test_a_store_moves_its_bulk_writes_while_it_is_open(tmp_path: Path):
    path = tmp_path / "encord.db"
    store = Store(path)
    try:
        folder = store.add_folder("large")
        item = store.add_item(folder, "a.jpg", {})
        empty = path.stat().st_size
        with store.database.write():
            for number in range(1000):
                store.replace(item, {"text": "x" * 4000, "number": number})
        wait_for(lambda: path.stat().st_size > empty + 1000 * 4000)
    finally:
        store.close()
