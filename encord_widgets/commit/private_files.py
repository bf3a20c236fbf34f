"""Files and folders that only their owner can read, whatever the umask."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

__all__ = ["FILE_MODE", "private_file", "private_folder"]

FILE_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700


def private_folder(folder: Path) -> None:
    """Make a folder for its owner alone; one that is there is closed to others.

    Args:
        folder: The folder; those above it are made as the umask has it.

    Raises:
        OSError: If it cannot be made, or belongs to somebody else.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
    folder.chmod(_FOLDER_MODE)


def private_file(path: Path) -> None:
    """Make a file for its owner alone, empty if it is new; one that is there is closed to others.

    Args:
        path: The file.

    Raises:
        OSError: If it cannot be made, or belongs to somebody else.
    """
    with suppress(FileExistsError):
        # Only a new file is opened: closing a second descriptor of a database ends SQLite's locks on it.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, FILE_MODE))
    path.chmod(FILE_MODE)
