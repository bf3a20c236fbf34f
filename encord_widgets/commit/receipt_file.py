"""Receipts as files: JSON or Parquet with a digest inside, and CSV for people."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import Any, Final

from encord_widgets.commit.receipt import OPEN, STATUSES, Receipt, ReceiptRow
from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.files import kind_of, read_parquet, write_parquet, write_text
from encord_widgets.metadata.plan_file import check_format, moment
from encord_widgets.metadata.plan_table import text_cells
from encord_widgets.metadata.values import ABSENT, Absent, Json, Value, compact, loads, shown

__all__ = ["digest_of", "load_receipt", "save_receipt", "save_tables"]

FORMAT: Final = "encord-widgets/receipt/1"
_TEXTS: Final = ("item", "name", "key", "status", "note")
_VALUES: Final = ("before", "wanted", "observed")
_COLUMNS: Final = ("item", "name", "key", "before", "wanted", "observed", "status", "note", "at")
_HEAD: Final = ("server", "started_at", "finished_at", "bundles")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def digest_of(receipt: Receipt) -> str:
    """SHA-256 over the content: the same from JSON, from Parquet and in memory.

    Args:
        receipt: The receipt.
    """
    found = hashlib.sha256()
    head: list[Json] = [FORMAT, receipt.server, _instant(receipt.started_at), _instant(receipt.finished_at)]
    found.update(compact([*head, receipt.bundles]).encode())
    for row in receipt.rows:
        # A list holds each value, none for absent: [1] is a value, [null] is null, [] is absent.
        values: list[Json] = [
            [] if isinstance(v, Absent) else [v] for v in (row.before, row.wanted, row.observed)
        ]
        line: list[Json] = [row.item, row.name, row.key, *values, row.status, row.note, _instant(row.at)]
        found.update(b"\n")
        found.update(compact(line).encode())
    return f"sha256:{found.hexdigest()}"


def save_receipt(receipt: Receipt, path: str | PathLike[str]) -> Path:
    """Write a receipt; the suffix says in which format.

    Args:
        receipt: The receipt.
        path: File to write, `.json` or `.parquet`.
    """
    head: dict[str, Json] = {
        "format": FORMAT,
        "digest": digest_of(receipt),
        "server": receipt.server,
        "started_at": receipt.started_at.isoformat(),
        "finished_at": receipt.finished_at.isoformat(),
        "bundles": receipt.bundles,
    }
    if kind_of(path) == "json":
        return write_text(path, _lines(receipt, head))
    import pandas as pd  # pandas is loaded when a table is asked for

    cells: dict[str, list[str | None]] = {
        name: [getattr(row, name) for row in receipt.rows] for name in _TEXTS
    }
    cells |= {name: text_cells([getattr(row, name) for row in receipt.rows]) for name in _VALUES}
    data: dict[str, Any] = {name: pd.Series(cells[name], dtype="str") for name in _COLUMNS if name in cells}
    data["at"] = pd.to_datetime([row.at for row in receipt.rows], utc=True).as_unit("us")
    return write_parquet(path, pd.DataFrame(data), head)


def load_receipt(path: str | PathLike[str]) -> Receipt:
    """Read a receipt and check its digest.

    Args:
        path: File to read, `.json` or `.parquet`.

    Raises:
        InvalidInputError: If it is no receipt, or its content is not what was saved.
    """
    source = Path(path)
    hint = f"{source.name} is not a receipt that Receipt.save wrote."
    if kind_of(source) == "json":
        head, rows = _from_json(source, hint)
    else:
        head, rows = _from_parquet(source, hint)
    receipt = _receipt(head, rows, hint)
    if head.get("digest") != digest_of(receipt):
        hint = "The file was changed after it was saved, so it proves nothing; ask for the original."
        expected = f"the content whose digest is {shown(head.get('digest'), 80)} in {source.name}"
        raise InvalidInputError([Problem(expected=expected, got=digest_of(receipt), hint=hint)])
    return receipt


def save_tables(receipt: Receipt, folder: str | PathLike[str]) -> tuple[Path, Path]:
    """Write `settled.csv` and `open.csv`.

    Args:
        receipt: The receipt.
        folder: Where to write them; it is made if it is not there.
    """
    home = Path(folder)
    home.mkdir(parents=True, exist_ok=True)
    settled = (row for row in receipt.rows if row.status not in OPEN)
    return write_text(home / "settled.csv", _csv(settled)), write_text(home / "open.csv", _csv(receipt.open))


def _csv(rows: Iterable[ReceiptRow]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(_COLUMNS)
    for row in rows:
        before, wanted, observed = (text or "" for text in text_cells([row.before, row.wanted, row.observed]))
        name, key, note = (_no_formula(text) for text in (row.name, row.key, row.note))
        writer.writerow([row.item, name, key, before, wanted, observed, row.status, note, row.at.isoformat()])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _no_formula(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _lines(receipt: Receipt, head: dict[str, Json]) -> Iterator[str]:
    yield "{\n"
    yield from (f" {compact(key)}: {compact(value)},\n" for key, value in head.items())
    yield ' "rows": ['
    join = "\n  "
    for row in receipt.rows:
        line: dict[str, Json] = {}
        for name in _COLUMNS:
            value: Value = row.at.isoformat() if name == "at" else getattr(row, name)
            if not isinstance(value, Absent):
                line[name] = value
        yield f"{join}{compact(line)}"
        join = ",\n  "
    yield "\n ]\n}\n"


def _from_json(source: Path, hint: str) -> tuple[dict[str, Json], list[Json]]:
    try:
        document = loads(source.read_bytes())
    except ValueError:
        raise InvalidInputError([Problem(expected="a receipt file", got="not JSON", hint=hint)]) from None
    if not isinstance(document, dict):
        raise InvalidInputError([Problem(expected="a receipt file", got=shown(document), hint=hint)])
    check_format(document.get("format"), FORMAT)
    rows = document.pop("rows", None)
    if not isinstance(rows, list):
        raise InvalidInputError([Problem(expected="a list at rows", got=shown(rows), hint=hint)])
    return document, rows


def _from_parquet(source: Path, hint: str) -> tuple[dict[str, Json], list[Json]]:
    table, head = read_parquet(source)
    check_format(head.get("format"), FORMAT)
    if sorted(map(str, table.columns)) != sorted(_COLUMNS):
        got = ", ".join(map(str, table.columns))
        raise InvalidInputError([Problem(expected=f"the columns {', '.join(_COLUMNS)}", got=got, hint=hint)])
    columns = {name: table[name].tolist() for name in _COLUMNS}
    gone = {name: table[name].isna().tolist() for name in _COLUMNS}
    rows: list[Json] = []
    problems: list[Problem] = []
    for position in range(len(table)):
        row: dict[str, Json] = {}
        for name in _COLUMNS:
            if gone[name][position]:
                continue
            cell = columns[name][position]
            try:
                row[name] = loads(cell) if name in _VALUES else cell.isoformat() if name == "at" else cell
            except (ValueError, TypeError, AttributeError):
                problems.append(
                    Problem(f"what was saved as {name} of row {position}", shown(cell), hint=hint)
                )
        rows.append(row)
    if problems:
        raise InvalidInputError(problems)
    return head, rows


def _receipt(head: dict[str, Json], rows: list[Json], hint: str) -> Receipt:
    problems: list[Problem] = []

    def fault(place: str, expected: str, got: object) -> None:
        said = "nothing" if got is None else shown(got)
        problems.append(Problem(expected=f"{expected} at {place}", got=said, hint=hint))

    for surplus in head.keys() - {"format", "digest", *_HEAD}:
        fault(surplus, "no such entry", head[surplus])
    started, finished = moment(head.get("started_at")), moment(head.get("finished_at"))
    for name, found in (("started_at", started), ("finished_at", finished)):
        if found is None:
            fault(name, "a time with its zone", head.get(name))
    server, bundles = head.get("server"), head.get("bundles")
    if not isinstance(server, str):
        fault("server", "text", server)
    if not isinstance(bundles, int) or isinstance(bundles, bool):
        fault("bundles", "a whole number", bundles)
    read = [_row(value, f"rows.{position}", fault) for position, value in enumerate(rows)]
    if problems or started is None or finished is None or not isinstance(bundles, int):
        raise InvalidInputError(problems)
    return Receipt(tuple(row for row in read if row is not None), started, finished, bundles, str(server))


def _row(value: Any, place: str, fault: Any) -> ReceiptRow | None:
    if not isinstance(value, dict):
        fault(place, "an object", value)
        return None
    right = True
    for name in _TEXTS:
        if not isinstance(value.get(name), str):
            fault(f"{place}.{name}", "text", value.get(name))
            right = False
    at = moment(value.get("at"))
    if at is None:
        fault(f"{place}.at", "a time with its zone", value.get("at"))
    if right and value["status"] not in STATUSES:
        fault(f"{place}.status", f"one of {', '.join(STATUSES)}", value["status"])
        right = False
    if not value.keys() <= set(_COLUMNS):
        fault(place, f"only {', '.join(_COLUMNS)}", sorted(value.keys() - set(_COLUMNS)))
        right = False
    if at is None or not right:
        return None
    return ReceiptRow(
        item=value["item"],
        name=value["name"],
        key=value["key"],
        before=value.get("before", ABSENT),
        wanted=value.get("wanted", ABSENT),
        observed=value.get("observed", ABSENT),
        status=value["status"],
        note=value["note"],
        at=at,
    )


def _instant(moment_: dt.datetime) -> str:
    return moment_.astimezone(dt.UTC).isoformat(timespec="microseconds")
