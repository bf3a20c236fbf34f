"""The type of one metadata key: every wire type, what fits it, and typed text.

Types that this version does not know are kept as they came: a new server type neither breaks the schema nor is lost
on save.
"""

from __future__ import annotations

import datetime as dt
import math
import sys
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, cast

from encord_widgets.errors import Problem
from encord_widgets.metadata.values import ABSENT, Absent, Json, Value, canonical, loads, shown

__all__ = ["CREATABLE", "SCALARS", "KeyState", "KeyType", "Kind"]

Kind: TypeAlias = Literal[
    "number",
    "boolean",
    "varchar",
    "text",
    "datetime",
    "uuid",
    "user",
    "enum",
    "embedding",
    "geospatial",
    "deleted",
    "unknown",
]

KeyState: TypeAlias = Literal["live", "deleted", "deleted for good"]

SCALARS: Final = ("number", "boolean", "varchar", "text", "datetime", "uuid")
"""Kinds that a key can be made with, and re-typed to."""
CREATABLE: Final = (*SCALARS, "enum", "embedding", "geospatial")
"""Kinds that a key can be made with."""

_ALIASES: Final = {"string": "varchar", "long_string": "text"}
_DEFAULTS: Final[dict[str, dict[str, Json]]] = {
    "variant": {"hint": "text"},
    "number": {"format": "F64"},
    "varchar": {"max_length": 8192},
    "datetime": {"timezone": "UTC"},
    "embedding": {"api": None},
    "tombstone": {"deleted_ty": None},
}
_SIMPLE: Final = frozenset({"number", "boolean", "varchar", "text", "datetime", "uuid", "user"})
_F32_MAX: Final = 3.4028234663852886e38
_EXACT_INT: Final = 2**53
_LARGEST: Final = int(sys.float_info.max)
_LATITUDE: Final = 90.0
_LONGITUDE: Final = 180.0
_PAIR: Final = 2


@dataclass(frozen=True, slots=True)
class KeyType:
    """Type of one metadata key.

    Args:
        kind: Which of Encord's types; `deleted` is a tombstone, `unknown` a type this version does not know.
        options: Options of an enum.
        size: Number of elements of an embedding.
        max_length: Longest text of a varchar, in characters.
        single_precision: Whether numbers are kept as 32-bit floats.
        wire: The type object as it came, kept for saving.

    Example:
        >>> KeyType.from_wire({"ty": "enum", "values": ["rain", "fog"]}).label
        'enum of 2'
    """

    kind: Kind
    options: tuple[str, ...] = ()
    size: int | None = None
    max_length: int | None = None
    single_precision: bool = False
    wire: Value = field(default=ABSENT, compare=False, repr=False)

    @classmethod
    def from_wire(cls, wire: Json) -> KeyType:
        """Read a type object of the wire; anything unreadable becomes `unknown`.

        Args:
            wire: For example `{"ty": "variant", "hint": "number"}`.
        """
        fields = wire if isinstance(wire, dict) else {}
        ty = _text(fields.get("ty"))
        if ty == "variant":
            hint = _text(fields.get("hint", "text"))
            hint = _ALIASES.get(hint, hint)
            return cls(cast("Kind", hint) if hint in _SIMPLE else "unknown", wire=wire)
        if ty == "enum":
            values = fields.get("values")
            options = tuple(v for v in values if isinstance(v, str)) if isinstance(values, list) else ()
            return cls("enum", options=options, wire=wire)
        if ty == "embedding":
            return cls("embedding", size=_whole(fields.get("size")), wire=wire)
        if ty == "geospatial":
            return cls("geospatial", wire=wire)
        if ty == "tombstone":
            return cls("deleted", wire=wire)
        if ty in _SIMPLE:
            length, precision = _whole(fields.get("max_length")), fields.get("format")
            return cls(cast("Kind", ty), max_length=length, single_precision=precision == "F32", wire=wire)
        return cls("unknown", wire=wire)

    def to_wire(self) -> Json:
        """The type object: as it came, or what Encord's own client sends for such a type.

        Example:
            >>> KeyType("number").to_wire(), KeyType("embedding", size=512).to_wire()
            ({'ty': 'variant', 'hint': 'number'}, {'ty': 'embedding', 'size': 512, 'api': None})
        """
        if not isinstance(self.wire, Absent):
            return self.wire
        if self.kind == "number" and self.single_precision:
            return {"ty": "number", "format": "F32"}
        if self.kind == "varchar" and self.max_length is not None:
            return {"ty": "varchar", "max_length": self.max_length}
        if self.kind in SCALARS:
            return {"ty": "variant", "hint": self.kind}
        if self.kind == "enum":
            return {"ty": "enum", "values": list(self.options)}
        if self.kind == "embedding":
            return {"ty": "embedding", "size": self.size, "api": None}
        if self.kind == "deleted":
            return {"ty": "tombstone", "deleted_ty": None}
        return {"ty": self.kind}

    @property
    def identity(self) -> str:
        """Text by which two types are compared: defaults filled in, options in any order, unknown types as they came.

        Example:
            >>> KeyType.from_wire({"ty": "variant"}).identity == KeyType("text").identity
            True
        """
        return canonical(_normal(self.to_wire()))

    @property
    def state(self) -> KeyState:
        """Whether the key is live, deleted (it can be restored), or deleted for good."""
        if self.kind != "deleted":
            return "live"
        return "deleted for good" if self.was is None else "deleted"

    @property
    def was(self) -> KeyType | None:
        """For a deleted key, the type that restoring brings back; None when it was deleted for good, or is live."""
        wire = self.to_wire() if self.kind == "deleted" else None
        deleted = wire.get("deleted_ty") if isinstance(wire, dict) else None
        return None if deleted is None else KeyType.from_wire(deleted)

    @property
    def is_variant(self) -> bool:
        """Whether it is a scalar of the only family that Encord lets be made and re-typed."""
        wire = self.to_wire()
        return isinstance(wire, dict) and wire.get("ty") == "variant"

    def deleted(self, *, for_good: bool = False) -> KeyType:
        """The tombstone of a key of this type.

        Args:
            for_good: Whether to forget the type, so that the key can never be restored or defined again.
        """
        return KeyType.from_wire({"ty": "tombstone", "deleted_ty": None if for_good else self.to_wire()})

    def with_options(self, options: Iterable[str]) -> KeyType:
        """An enum with other options; what else its type object holds stays.

        Args:
            options: All options.
        """
        wire = self.to_wire()
        rest = wire if isinstance(wire, dict) else {}
        return KeyType.from_wire({**rest, "ty": "enum", "values": list(options)})

    @property
    def label(self) -> str:
        """The type in words, for example `enum of 5` or `embedding (512)`."""
        if self.kind == "enum":
            return f"enum of {len(self.options)}"
        if self.kind == "embedding":
            return f"embedding ({self.size})" if self.size else "embedding"
        if self.kind == "unknown":
            named = self.wire.get("ty", self.wire) if isinstance(self.wire, dict) else self.wire
            return f"unknown type {shown(named, 30)}"
        return self.kind

    def misfit(self, value: Value) -> Problem | None:
        """Why a value does not fit, or None if it does. Absent and null always fit.

        Args:
            value: A JSON value or `ABSENT`.
        """
        if value is None or isinstance(value, Absent):
            return None
        expected = self._expected(value)
        return Problem(expected=expected, got=_got(value)) if expected else None

    def fits(self, value: Value) -> bool:
        """Whether a value fits, as `misfit` without the words.

        Args:
            value: A JSON value or `ABSENT`.
        """
        return value is None or isinstance(value, Absent) or not self._expected(value)

    @property
    def reads_text(self) -> bool:
        """Whether it depends on a text if that fits; other types take every text, or none."""
        return self.kind in {"enum", "datetime", "uuid"} or self.max_length is not None

    @property
    def reads_nested(self) -> bool:
        """Whether it depends on a list or an object if that fits; other types take every one, or none."""
        return self.kind in {"embedding", "geospatial"}

    def _expected(self, value: Json) -> str:
        """What this type expects instead of a value; empty when it fits."""
        match self.kind:
            case "number":
                return self._expected_number(value)
            case "boolean":
                return "" if isinstance(value, bool) else "true or false"
            case "varchar" | "text" | "user":
                if not isinstance(value, str):
                    return "text"
                if self.max_length is not None and len(value) > self.max_length:
                    return f"text of at most {self.max_length:,} characters ({len(value):,} came)"
                return ""
            case "datetime":
                return "" if isinstance(value, str) and _is_iso(value) else "an ISO 8601 date or time"
            case "uuid":
                return "" if isinstance(value, str) and _is_uuid(value) else "a uuid"
            case "enum":
                return "" if value in self.options else f"one of {', '.join(self.options)}"
            case "embedding":
                count = f"{self.size} finite numbers" if self.size else "finite numbers"
                return "" if _is_vector(value, self.size) else f"a list of {count}"
            case "geospatial":
                good = _is_place(value)
                return "" if good else 'an object {"latitude": -90..90, "longitude": -180..180}'
            case _:
                return ""

    def _expected_number(self, value: Json) -> str:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return "a number"
        long = isinstance(value, int) and abs(value) > _EXACT_INT
        if long and (abs(value) > _LARGEST or int(float(value)) != value):
            return "a number that a 64-bit float holds exactly"
        if self.single_precision and abs(value) > _F32_MAX:
            return "a number within the range of a 32-bit float"
        return ""

    def parse(self, text: str) -> Json:
        """Turn typed text into a value of this type; never by guessing.

        Args:
            text: What the user typed.

        Returns:
            The value; it fits the type.

        Raises:
            ValueError: With what was expected.
        """
        value = self._parsed(text)
        expected = self._expected(value)
        if expected:
            raise ValueError(expected)
        return value

    def _parsed(self, text: str) -> Json:
        stripped = text.strip()
        match self.kind:
            case "number":
                return _number(stripped)
            case "boolean":
                found = {"true": True, "false": False}.get(stripped.lower())
                if found is None:
                    raise ValueError("true or false")
                return found
            case "datetime" | "uuid":
                return stripped
            case "geospatial":
                return _place(stripped)
            case "embedding" | "unknown" | "deleted":
                return _json(text)
            case _:
                return text


def _normal(wire: Json) -> Json:
    """A type object with its defaults, aliases resolved and options in order."""
    if not isinstance(wire, dict):
        return wire
    ty = _text(wire.get("ty"))
    full: dict[str, Json] = {**_DEFAULTS.get(ty, {}), **wire}
    if ty == "variant":
        hint = _text(full["hint"])
        full["hint"] = _ALIASES.get(hint, hint) or full["hint"]
    values = full.get("values")
    if ty == "enum" and isinstance(values, list):
        texts = sorted({value for value in values if isinstance(value, str)})
        full["values"] = [*texts, *(value for value in values if not isinstance(value, str))]
    if ty == "tombstone":
        full["deleted_ty"] = _normal(full["deleted_ty"])
    return full


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _got(value: Json) -> str:
    names = {str: "text", bool: "boolean", int: "number", float: "number", list: "list", dict: "object"}
    return f"{shown(value)} ({names[type(value)]})"


def _number(text: str) -> Json:
    try:
        value = loads(text)
    except ValueError:
        raise ValueError("a number, such as 12 or 0.5") from None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("a number, such as 12 or 0.5")
    return value


def _json(text: str) -> Json:
    try:
        return loads(text)
    except ValueError as error:
        raise ValueError(f"JSON ({error})") from None


def _place(text: str) -> Json:
    if text.startswith("{"):
        return _json(text)
    parts = text.split(",")
    if len(parts) != _PAIR:
        raise ValueError("latitude, longitude")
    return {"latitude": _number(parts[0].strip()), "longitude": _number(parts[1].strip())}


def _is_iso(text: str) -> bool:
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_vector(value: Json, size: int | None) -> bool:
    return isinstance(value, list) and (size is None or len(value) == size) and all(map(_is_number, value))


def _is_place(value: Json) -> bool:
    if not isinstance(value, dict) or set(value) != {"latitude", "longitude"}:
        return False
    return _within(value["latitude"], _LATITUDE) and _within(value["longitude"], _LONGITUDE)


def _within(value: Json, bound: float) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= bound
