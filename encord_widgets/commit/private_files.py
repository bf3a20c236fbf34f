"""Files and folders that only their owner can read, whatever the umask."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

__all__ = ["FILE_MODE", "file_name", "private_file", "private_folder"]

FILE_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700
_LONGEST_NAME: Final = 80


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


def file_name(name: str) -> str:
    """A name as every file system takes it; what had to be changed keeps a file of its own all the same.

    Args:
        name: Any text.

    Example:
        >>> file_name("api.encord.com")
        'api.encord.com'
    """
    safe = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._")[:_LONGEST_NAME]
    return safe if safe == name else f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
