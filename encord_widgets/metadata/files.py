"""Files of plans and receipts: written whole or not at all, as JSON or as Parquet."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias
from uuid import uuid4

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.values import Json, shown

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FileKind", "check_writable", "kind_of", "read_parquet", "write_parquet", "write_text"]

FileKind: TypeAlias = Literal["json", "parquet"]
_KINDS: Final[dict[str, FileKind]] = {".json": "json", ".parquet": "parquet"}


def kind_of(path: str | PathLike[str]) -> FileKind:
    """The format that a file name asks for.

    Args:
        path: File name that ends in `.json` or `.parquet`.

    Raises:
        InvalidInputError: If it ends otherwise.

    Example:
        >>> kind_of("fix.plan.json"), kind_of("fix.parquet")
        ('json', 'parquet')
    """
    kind = _KINDS.get(Path(path).suffix.lower())
    if kind is None:
        expected = "a file name that ends in .json or .parquet"
        raise InvalidInputError([Problem(expected=expected, got=shown(Path(path).name), hint="Rename it.")])
    return kind


def check_writable(path: str | PathLike[str]) -> None:
    """Find out before long work whether its outcome can be written to a file in the end.

    Args:
        path: File that is to be written.

    Raises:
        InvalidInputError: If its name has another suffix or is that of a folder, its own folder is not there, or that
            takes no files.
    """
    kind_of(path)
    _check_folder(Path(path))


def write_text(path: str | PathLike[str], chunks: Iterable[str]) -> Path:
    """Write a text file whole or not at all; an existing one is replaced.

    Args:
        path: File to write.
        chunks: Pieces of its text.

    Returns:
        The path written.

    Raises:
        InvalidInputError: If its folder is not there, or takes no files.
    """
    target, passing = _passing(path)
    try:
        with passing.open("w", encoding="utf-8", newline="") as file:
            file.writelines(chunks)
        passing.replace(target)
    finally:
        passing.unlink(missing_ok=True)
    return target


def write_parquet(path: str | PathLike[str], table: pd.DataFrame, header: Mapping[str, Json]) -> Path:
    """Write a table as Parquet, whole or not at all; an existing file is replaced.

    Args:
        path: File to write.
        table: Columns.
        header: What else the file says, read back by `read_parquet`.

    Returns:
        The path written.

    Raises:
        InvalidInputError: If its folder is not there, or takes no files.
    """
    target, passing = _passing(path)
    table.attrs.update(header)
    try:
        table.to_parquet(passing, engine="pyarrow", index=False, compression="zstd")
        passing.replace(target)
    finally:
        passing.unlink(missing_ok=True)
    return target


def read_parquet(path: str | PathLike[str]) -> tuple[pd.DataFrame, dict[str, Json]]:
    """Read a Parquet file, of this package or of any engine.

    Args:
        path: File to read.

    Returns:
        The table, and the header if `write_parquet` wrote one.

    Raises:
        InvalidInputError: If it is no Parquet file.
        OSError: If the file cannot be read.
    """
    import pandas as pd  # pandas is loaded when a table is asked for

    source = Path(path)
    with source.open("rb") as file:  # one clear OSError, whatever the library makes of a missing file
        try:
            table = pd.read_parquet(file, engine="pyarrow")
        except (ValueError, OSError) as error:  # pyarrow calls a damaged file either
            raise InvalidInputError(
                [Problem(expected="a Parquet file", got=f"{source.name}: {error}")]
            ) from None
    return table, {str(name): value for name, value in table.attrs.items()}


def _passing(path: str | PathLike[str]) -> tuple[Path, Path]:
    target = Path(path)
    _check_folder(target)
    return target, target.with_name(f".{target.name}.{uuid4().hex[:8]}.part")


def _check_folder(path: Path) -> None:
    if path.is_dir():
        raise InvalidInputError([Problem(expected="a file to write", got=f"the folder {path}")])
    folder = path.absolute().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        got = "one that cannot be written to" if folder.is_dir() else "none"
        raise InvalidInputError([Problem(expected=f"a folder {folder} for {path.name}", got=got)])
