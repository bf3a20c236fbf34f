"""One request, taken apart and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from starlette.datastructures import QueryParams

from encord_widgets.local.jsontext import decode
from encord_widgets.local.refusal import RefusedError

__all__ = ["Call", "Past", "as_uuid", "as_uuids", "metadata_of", "text_of"]


_SPELLED = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_SPELLED_LENGTH = 36
_USUAL = re.compile(_SPELLED)
_ALL_USUAL = re.compile(f"(?:{_SPELLED},)*")


@dataclass(frozen=True, slots=True)
class Past:
    """A time that a read shows instead of now.

    Args:
        moment: The time, as `database.timestamp` writes it.
        items: Filled with the items that look different from now.
    """

    moment: str
    items: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose sender is known.

    Args:
        path: Named parts of the path.
        query: Query parameters, possibly repeated.
        body: As sent.
        actor: Who sent it, for the audit log.
        request_id: For the audit log and the answer's header.
        base_url: Scheme and host as the sender wrote them, for signed URLs.
        past: A read of items shows their metadata as it was then; None is now.
    """

    path: Mapping[str, str]
    query: QueryParams
    body: bytes
    actor: str
    request_id: str
    base_url: str
    past: Past | None = None

    def uuid(self, name: str) -> str:
        """A uuid in the path, in its usual spelling."""
        return as_uuid(self.path[name], name)

    def flag(self, name: str) -> bool | None:
        """A boolean in the query; `True`, `true` and `1` are all yes."""
        text = self.query.get(name)
        if text is None:
            return None
        if text.lower() not in {"true", "false", "1", "0"}:
            raise RefusedError(400, f"{name} must be true or false, got {text!r}.")
        return text.lower() in {"true", "1"}

    def number(self, name: str, default: int) -> int:
        """An integer in the query."""
        text = self.query.get(name)
        if text is None:
            return default
        try:
            return int(text)
        except ValueError:
            raise RefusedError(400, f"{name} must be an integer, got {text!r}.") from None

    def choice(self, name: str, allowed: Mapping[str, str], default: str) -> str:
        """One of some words in the query, translated."""
        text = self.query.get(name, default)
        if text not in allowed:
            raise RefusedError(400, f"{name} must be one of {', '.join(allowed)}, got {text!r}.")
        return allowed[text]

    def json(self) -> Any:
        """The body.

        Raises:
            RefusedError: 400, it is no JSON.
        """
        try:
            return decode(self.body)
        except ValueError as error:
            raise RefusedError(400, f"The body is not valid JSON: {error}.") from error

    def json_object(self) -> dict[str, Any]:
        """The body, which must be an object."""
        value = self.json()
        if not isinstance(value, dict):
            raise RefusedError(400, "The body must be a JSON object.")
        return value


def as_uuid(value: object, name: str) -> str:
    """A uuid in its usual spelling.

    Raises:
        RefusedError: 400.
    """
    try:
        if isinstance(value, str):
            return value if _USUAL.fullmatch(value) else str(UUID(value))
    except ValueError:
        pass
    raise RefusedError(400, f"{name} must be a uuid, got {value!r}.")


def as_uuids(values: object, name: str) -> list[str]:
    """A list of uuids in their usual spelling.

    Raises:
        RefusedError: 400.
    """
    if not isinstance(values, list):
        raise RefusedError(400, f"{name} must be a list.")
    try:
        joined = ",".join([*values, ""])  # one look at all of them
        if len(joined) == (_SPELLED_LENGTH + 1) * len(values) and _ALL_USUAL.fullmatch(joined):
            return values
    except TypeError:
        pass
    return [as_uuid(value, name) for value in values]


def text_of(fields: Mapping[str, Any], name: str, *, empty: bool = True) -> str | None:
    """A text among the fields of a body, None when it is absent or null.

    Raises:
        RefusedError: 400.
    """
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise RefusedError(400, f"{name} must be a text, got {type(value).__name__}.")
    if value is not None and not empty and not value.strip():
        raise RefusedError(400, f"{name} cannot be empty.")
    return value


def metadata_of(fields: Mapping[str, Any]) -> dict[str, Any] | None:
    """The `clientMetadata` object among the fields of a patch, None when it is absent or null.

    Raises:
        RefusedError: 400.
    """
    value = fields.get("clientMetadata")
    if value is not None and not isinstance(value, dict):
        raise RefusedError(400, f"clientMetadata must be a JSON object, got {type(value).__name__}.")
    return value
