"""What the organisation's metadata schema may look like, and how it may change.

The server's own rules are not published. These are the ones of the official client, read strictly: whatever passes
here can be made with that client.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from encord_widgets.local.refusal import RefusedError

__all__ = ["checked_schema", "from_legacy", "to_legacy"]

Type = dict[str, Any]

_HINTS = {
    "number": "number", "varchar": "varchar", "text": "text", "boolean": "boolean", "datetime": "datetime",
    "uuid": "uuid", "string": "varchar", "long_string": "text",
}  # fmt: skip
_MAX_OPTIONS = 256
_MAX_EMBEDDING = 4096
_MAX_VARCHAR = 8192
_API_MEMBERS = ("url", "path", "service_integration", "client_only", "embed_b64_image", "embed_text")
_FIXED = ("enum", "embedding", "geospatial")


def checked_schema(new: object, current: Mapping[str, Type] | None) -> dict[str, Type]:
    """The schema to store, with missing defaults filled in.

    Args:
        new: The whole map of a request.
        current: The map stored so far.

    Raises:
        RefusedError: 400, with every key that is wrong.

    Example:
        >>> checked_schema({"lux": {"ty": "variant", "hint": "number"}}, None)
        {'lux': {'ty': 'variant', 'hint': 'number'}}
    """
    if not isinstance(new, dict):
        raise RefusedError(400, "The metadata schema must be a JSON object of key and type.")
    problems: list[str] = []
    result: dict[str, Type] = {}
    for key, value in new.items():
        if current is not None and key in current and current[key] == value:
            result[key] = value  # stored like this already, also a type of another time
            continue
        try:
            _check_key(key)
            result[key] = _checked_type(value)
            if current is not None and key in current:
                _check_change(current[key], result[key])
        except ValueError as error:
            problems.append(f"key {key!r}: {error}")
    if problems:
        raise RefusedError(400, "Invalid metadata schema: " + "; ".join(problems))
    return result


def _check_key(key: str) -> None:
    if not key:
        raise ValueError("a key cannot be empty")
    if key.startswith("$"):
        raise ValueError("a key cannot start with '$'")
    core = re.sub(r"[-_ .]", "", key)
    if not core.isalnum():
        raise ValueError("a key consists of letters, digits, spaces, '-', '_' and '.'")
    if core == "keyframes":
        raise ValueError("'keyframes' is reserved")


def _checked_type(value: object) -> Type:
    if not isinstance(value, dict):
        raise ValueError("a type must be a JSON object with 'ty'")
    kind = value.get("ty")
    if kind == "tombstone":
        deleted = value.get("deleted_ty")
        if isinstance(deleted, dict) and deleted.get("ty") == "tombstone":
            raise ValueError("a tombstone cannot hold a tombstone")
        return {"ty": "tombstone", "deleted_ty": None if deleted is None else _checked_type(deleted)}
    check = _CHECKS.get(kind) if isinstance(kind, str) else None
    if check is None:
        raise ValueError(f"unknown type {kind!r}")
    return {"ty": kind, **check(value)}


def _no_members(_value: Type) -> Type:
    return {}


def _variant(value: Type) -> Type:
    hint = value.get("hint", "text")
    if not isinstance(hint, str) or hint not in _HINTS:
        raise ValueError(f"hint must be one of {', '.join(sorted(set(_HINTS.values())))}, got {hint!r}")
    return {"hint": _HINTS[hint]}


def _enum(value: Type) -> Type:
    options = value.get("values", [])
    if not isinstance(options, list) or not all(isinstance(option, str) for option in options):
        raise ValueError("values must be a list of strings")
    if not 1 <= len(options) <= _MAX_OPTIONS:
        raise ValueError(f"an enum has 1 to {_MAX_OPTIONS} values, got {len(options)}")
    return {"values": options}


def _embedding(value: Type) -> Type:
    size = value.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= _MAX_EMBEDDING:
        raise ValueError(f"size must be an integer from 1 to {_MAX_EMBEDDING}, got {size!r}")
    api = value.get("api")
    if api is not None and not isinstance(api, dict):
        raise ValueError("api must be an object or null")
    if api is not None:
        if api.get("service_integration") is not None:
            UUID(str(api["service_integration"]))
        api = {name: api.get(name) for name in _API_MEMBERS}
    return {"size": size, "api": api}


def _number(value: Type) -> Type:
    number_format = value.get("format", "F64")
    if number_format not in ("F32", "F64"):
        raise ValueError(f"format must be F32 or F64, got {number_format!r}")
    return {"format": number_format}


def _varchar(value: Type) -> Type:
    length = value.get("max_length", _MAX_VARCHAR)
    if not isinstance(length, int) or isinstance(length, bool) or not 0 <= length <= _MAX_VARCHAR:
        raise ValueError(f"max_length must be an integer from 0 to {_MAX_VARCHAR}, got {length!r}")
    return {"max_length": length}


def _datetime(value: Type) -> Type:
    if value.get("timezone", "UTC") != "UTC":
        raise ValueError("timezone must be UTC")
    return {"timezone": "UTC"}


_CHECKS = {
    "variant": _variant,
    "enum": _enum,
    "embedding": _embedding,
    "geospatial": _no_members,
    "number": _number,
    "boolean": _no_members,
    "varchar": _varchar,
    "datetime": _datetime,
    "text": _no_members,
    "uuid": _no_members,
    "user": _no_members,
}


def _check_change(old: Type, new: Type) -> None:
    if old["ty"] == "tombstone" and old.get("deleted_ty") is None and new != old:
        raise ValueError("it was deleted for good and cannot be defined again")
    if new["ty"] == "tombstone":
        before = old.get("deleted_ty") if old["ty"] == "tombstone" else old
        if new["deleted_ty"] is not None and new["deleted_ty"] != before:
            raise ValueError("a tombstone must hold the type that the key had")
        return
    before = old["deleted_ty"] if old["ty"] == "tombstone" else old
    if before["ty"] in _FIXED or new["ty"] in _FIXED:
        if before["ty"] != new["ty"]:
            raise ValueError(f"its type {before['ty']} cannot become {new['ty']}")
        if before["ty"] == "embedding" and before["size"] != new["size"]:
            raise ValueError(f"its embedding size {before['size']} cannot become {new['size']}")
        gone = [option for option in before.get("values", []) if option not in new.get("values", [])]
        if gone:
            raise ValueError(f"options cannot be removed: {', '.join(map(repr, gone))}")


_LEGACY = {
    "number": "number",
    "string": "varchar",
    "boolean": "boolean",
    "datetime": "datetime",
    "long_string": "text",
}


def from_legacy(legacy: object, current: Mapping[str, Type] | None) -> dict[str, Type]:
    """The schema that a request of the older form stands for: a map of key and type name.

    Raises:
        RefusedError: 400.

    Example:
        >>> from_legacy({"lux": "number"}, None)
        {'lux': {'ty': 'variant', 'hint': 'number'}}
    """
    if not isinstance(legacy, dict):
        raise RefusedError(400, "The metadata schema must be a JSON object of key and type name.")
    new: dict[str, object] = {}
    for key, name in legacy.items():
        known = (current or {}).get(key)
        if isinstance(name, str) and name in _LEGACY:
            new[key] = {"ty": "variant", "hint": _LEGACY[name]}
        elif name == "geospatial":
            new[key] = {"ty": "geospatial"}
        elif known is not None and name == known["ty"]:  # enum and embedding: the form cannot define them
            new[key] = known
        else:
            raise RefusedError(400, f"Invalid metadata schema: key {key!r}: unknown type {name!r}")
    return checked_schema(new, current)


def to_legacy(schema: Mapping[str, Type]) -> dict[str, str]:
    """The older form; deleted keys and types that it does not know are left out.

    Example:
        >>> to_legacy({"lux": {"ty": "variant", "hint": "number"}})
        {'lux': 'number'}
    """
    names = {hint: name for name, hint in _LEGACY.items()}
    result = {}
    for key, value in schema.items():
        kind = value["hint"] if value["ty"] == "variant" else value["ty"]
        name = names.get(kind, kind if kind in _FIXED else "string" if kind == "uuid" else None)
        if name is not None:
            result[key] = name
    return result
