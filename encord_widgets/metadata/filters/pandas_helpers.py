"""Functions that pandas code of a filter brings along, as source; only those that it uses."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["TAKEN", "with_helpers"]

_IMPORTS: Final = {
    "json": "import json",
    "math": "import math",
    "re": "import re",
    "datetime": "from datetime import datetime, timedelta, timezone",
}
_HELPERS: Final[dict[str, str]] = {
    "cells": '''
def cells(name):
    """The values of a column (None: the uuids) as Python objects: None is null, NA is absent."""
    if name is None:
        return pd.Series(FRAME.index, index=FRAME.index, dtype=object)
    if name in FRAME:
        return FRAME[name].astype(object)
    return pd.Series(pd.NA, index=FRAME.index, dtype=object)
''',
    "rows": '''
def rows(name, test):
    """Which rows hold a value that passes a test."""
    return pd.Series([bool(test(value)) for value in cells(name)], index=FRAME.index, dtype=bool)
''',
    "is_absent": """
def is_absent(value):
    return value is pd.NA or (isinstance(value, float) and value != value)
""",
    "is_number": '''
def is_number(value):
    """Whether a value is a number; true and false are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value
''',
    "texts": '''
def texts(name):
    """The texts of a column; missing where the value is no text."""
    found = [value if isinstance(value, str) else None for value in cells(name)]
    return pd.Series(found, index=FRAME.index, dtype=object)
''',
    "numbers": '''
def numbers(name):
    """The numbers of a column; missing where the value is no number."""
    found = [value if is_number(value) else None for value in cells(name)]
    return pd.Series(found, index=FRAME.index, dtype=object)
''',
    "instant": '''
def instant(text):
    """Microseconds since 1970 of an ISO 8601 text, in UTC unless it says otherwise; None for other values."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return (moment - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1)
''',
    "instants": '''
def instants(name):
    """The moments of a column; missing where the value is no date or time."""
    return pd.Series([instant(value) for value in cells(name)], index=FRAME.index, dtype=object)
''',
    "canonical": '''
def canonical(value):
    """JSON by which two values are compared: 1 is 1.0, true is not 1, the order of keys says nothing."""
    def plain(part):
        if isinstance(part, float) and part.is_integer() and abs(part) < 2**53:
            return int(part)
        if isinstance(part, list):
            return [plain(inner) for inner in part]
        return {key: plain(inner) for key, inner in part.items()} if isinstance(part, dict) else part
    return "" if value is pd.NA else json.dumps(plain(value), sort_keys=True)
''',
    "is_place": """
def is_place(value):
    return (
        isinstance(value, dict)
        and set(value) == {"latitude", "longitude"}
        and all(map(is_number, value.values()))
        and abs(value["latitude"]) <= 90
        and abs(value["longitude"]) <= 180
    )
""",
    "in_box": '''
def in_box(place, south, west, north, east):
    """Whether a place lies in a box; a west beyond the east crosses the date line."""
    if not (is_place(place) and south <= place["latitude"] <= north):
        return False
    past_west, past_east = place["longitude"] >= west, place["longitude"] <= east
    return past_west and past_east if west <= east else past_west or past_east
''',
    "distance_km": '''
def distance_km(place, latitude, longitude):
    """Great-circle distance of a place (haversine); none for a value that is no place."""
    if not is_place(place):
        return math.inf
    a, b = math.radians(place["latitude"]), math.radians(latitude)
    turn = math.radians(longitude - place["longitude"])
    h = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(turn / 2) ** 2
    return 2 * 6371.0088 * math.asin(min(1, math.sqrt(h)))
''',
}

TAKEN: Final = frozenset(
    {*_HELPERS, *_IMPORTS, "pd", "mask", "now", "timedelta", "timezone", "name", "test", "value"}
)
"""Names that the code uses itself."""


def with_helpers(statements: str, frame_name: str) -> str:
    """Complete statements to code that runs: imports and functions first.

    Args:
        statements: What uses the functions.
        frame_name: Name of the variable that holds the frame.
    """
    used: list[str] = []
    code = statements
    for name in reversed(_HELPERS):  # each uses only those before it
        if _named(name, code):
            used.insert(0, _HELPERS[name].strip().replace("FRAME", frame_name))
            code = f"{code}\n{used[0]}"
    imports = [line for name, line in _IMPORTS.items() if _named(name, code)]
    return "\n\n\n".join(["\n".join([*imports, "import pandas as pd"]), *used, statements])


def _named(name: str, code: str) -> bool:
    return re.search(rf"\b{name}\b", code) is not None
