"""Keyset paging: a page token names the last row of a page, so a page costs the same at any depth."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

import orjson

from encord_widgets.local.refusal import RefusedError

__all__ = ["MAX_PAGE_SIZE", "Keyset"]

MAX_PAGE_SIZE = 1000
_TOKEN_PARTS = 3


@dataclass(frozen=True, slots=True)
class Keyset:
    """The order of a listing and where to go on.

    The order is total (the sort column, then the uuid), and descending is exactly its reverse.

    Args:
        column: SQL column sorted by.
        descending: Last first.
        size: Rows in a page.
        query: Everything else that the listing depends on: a token of another query is refused.
        after: Sort value and uuid of the last row of the page before.

    Example:
        >>> Keyset("name", False, 100, "x").order
        'name, uuid'
    """

    column: str
    descending: bool
    size: int
    query: str
    after: tuple[str, str] | None = None

    @classmethod
    def read(cls, *, column: str, descending: bool, size: int, query: str, token: str | None) -> Keyset:
        """The keyset of a request.

        Raises:
            RefusedError: The token is none of this listing's, or the size is out of range.
        """
        if not 1 <= size <= MAX_PAGE_SIZE:
            raise RefusedError(400, f"pageSize must be between 1 and {MAX_PAGE_SIZE}, got {size}.")
        keyset = cls(column, descending, size, query)
        if token is None:
            return keyset
        try:
            parts = orjson.loads(base64.urlsafe_b64decode(token.encode() + b"=="))
        except (ValueError, binascii.Error):
            parts = None
        if (
            not isinstance(parts, list)
            or len(parts) != _TOKEN_PARTS
            or parts[0] != keyset.fingerprint
            or not all(isinstance(part, str) for part in parts)
        ):
            raise RefusedError(400, "pageToken does not belong to this listing.")
        return cls(column, descending, size, query, (parts[1], parts[2]))

    @property
    def fingerprint(self) -> str:
        """Ties a token to its query."""
        text = f"{self.column} {self.descending} {self.query}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def order(self) -> str:
        """For ORDER BY."""
        direction = " DESC" if self.descending else ""
        return f"{self.column}{direction}, uuid{direction}"

    @property
    def condition(self) -> tuple[str, tuple[str, ...]]:
        """For WHERE, with its parameters."""
        if self.after is None:
            return "1", ()
        return f"({self.column}, uuid) {'<' if self.descending else '>'} (?, ?)", self.after

    def token(self, value: str, uuid: str) -> str:
        """The token of the page behind the row with this sort value and uuid."""
        text = orjson.dumps([self.fingerprint, value, uuid])
        return base64.urlsafe_b64encode(text).rstrip(b"=").decode()
