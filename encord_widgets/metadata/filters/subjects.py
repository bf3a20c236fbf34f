"""What rules ask about: metadata keys, item fields and states, by column id."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Final

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.item_fields import FIELDS
from encord_widgets.metadata.values import Json, shown

__all__ = [
    "FIELD_PREFIX",
    "FILTER_FIELDS",
    "KEY_PREFIX",
    "OPAQUE_COLUMN",
    "STATES",
    "STATE_PREFIX",
    "check_question",
    "column_name",
]

KEY_PREFIX: Final = "key:"
FIELD_PREFIX: Final = "field:"
STATE_PREFIX: Final = "state:"
OPAQUE_COLUMN: Final = "preset:opaque"
"""Column of a rule that Encord's app made and this package does not read; its operator is `preset`."""
FILTER_FIELDS: Final = (*FIELDS, "uuid", "has_children")
"""Item fields that a rule can ask about."""
STATES: Final = ("changed", "invalid", "conflict", "unverified", "verified", "updated")
"""States of an item that a rule can ask about: of its staged edits, of its last commit, of its last reading."""


def column_name(column: object) -> str:
    """The name in a column id, after a check that there is such a column.

    Args:
        column: `key:<metadata key>`, `field:<item field>` or `state:<state>`.

    Raises:
        InvalidInputError: If there is no such column, with names like it.

    Example:
        >>> column_name("key:captured at")
        'captured at'
    """
    kind, colon, name = column.partition(":") if isinstance(column, str) else ("", "", "")
    hint = ""
    if colon:
        if kind == "key" and _is_utf8(name):
            return name
        known = {"field": FILTER_FIELDS, "state": STATES, "preset": ("opaque",)}.get(kind, ())
        if name in known:
            return name
        like = difflib.get_close_matches(name, known, n=3)
        hint = (
            f"Did you mean {' or '.join(like)}?"
            if like
            else f"There are: {', '.join(known)}."
            if known
            else ""
        )
    expected = "a column: key:<metadata key>, field:<item field> or state:<state>"
    raise InvalidInputError([Problem(expected=expected, got=shown(column), hint=hint)])


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_question(column: str, op: str, values: Sequence[Json]) -> None:
    """Check that a column can be asked this: states are or are not, and only opaque rules are opaque.

    Args:
        column: Column id.
        op: Name of the operator.
        values: Its arguments.

    Raises:
        InvalidInputError: If it cannot.
    """
    if column.startswith(STATE_PREFIX) and (op != "is" or values[0] is not True):
        got = f"{op} {shown(list(values))}"
        raise InvalidInputError(
            [Problem("'is' and True for a state", got, hint="~ or `not` say the opposite.")]
        )
    if (column == OPAQUE_COLUMN) is not (op == "preset"):
        raise InvalidInputError(
            [Problem(expected="the operator 'preset' for opaque rules alone", got=shown(op))]
        )
