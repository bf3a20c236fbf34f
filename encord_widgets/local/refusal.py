"""What the embedded Encord answers when it does not do what it was asked."""

from __future__ import annotations

__all__ = ["ExpiredError", "RefusedError"]


class RefusedError(Exception):
    """A request is answered with an error status; nothing was changed.

    Args:
        status: HTTP status, e.g. 403.
        message: Text for the body's `message`.

    Example:
        >>> RefusedError(403, "Not yours.").status
        403
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class ExpiredError(RefusedError):
    """A signed URL is too old."""

    def __init__(self) -> None:
        super().__init__(403, "The signed URL has expired.")
