"""The embedded Encord in one object: database, sample data, app."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from starlette.applications import Starlette

from encord_widgets.local.access import Access, UrlSigner
from encord_widgets.local.app import build_app
from encord_widgets.local.faults import Faults
from encord_widgets.local.injector import Injector
from encord_widgets.local.sample import sample
from encord_widgets.local.store import Store

__all__ = ["EmbeddedEncord"]


class EmbeddedEncord:
    """A server of Encord's storage, metadata schema, Index and dataset API over a SQLite database.

    `app` is an ASGI app: reach it in this process through `httpx.ASGITransport(app=...)`, or serve it with uvicorn.
    It lets nobody in whose key or token was not registered.

    Args:
        database: Database file. A new one is filled with sample data, an existing one is opened as it is. None keeps
            everything in a temporary database that is gone after `close()`.
        items: Number of items in the sample's first folder; 0 leaves a new database empty.
        latency_ms: Every answer is held back for so many milliseconds, as by a distant server.
        leave_out_unknown: Bulk calls leave unknown items out of their answer instead of refusing the request (403).
            Which of the two Encord does is not documented.
        url_lifetime: Seconds for which signed URLs work.
        index_delay: Seconds until a preset that was put into a collection has done its work there, and by which the
            items that it selects from are behind; as in Index, nothing tells when it is done.
        seed: Another number gives other sample data, the same number the same.
        faults: What goes wrong on purpose, as `Faults` or as text for `Faults.parse`; None is nothing.
        clock: Unix seconds, for checking signatures and expiry.

    Raises:
        ValueError: The file is no database of the embedded Encord, or a number is out of range.

    Example:
        >>> with EmbeddedEncord(items=20) as encord:
        ...     folder, count = encord.store.list_folders()[0]
        >>> folder.name, count
        ('Street scenes', 20)
    """

    def __init__(
        self,
        database: Path | str | None = None,
        *,
        items: int = 500,
        latency_ms: float = 0,
        leave_out_unknown: bool = False,
        url_lifetime: float = 3600,
        index_delay: float = 1,
        seed: int = 7,
        faults: Faults | str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not isinstance(items, int) or items < 0:
            raise ValueError(f"items must be a whole number, 0 or more, got {items!r}.")
        for name, amount in (("latency_ms", latency_ms), ("index_delay", index_delay)):
            if not isinstance(amount, (int, float)) or not amount >= 0:
                raise ValueError(f"{name} must be a number, 0 or more, got {amount!r}.")
        given = _faults(faults)
        self.store = Store(None if database is None else Path(database))
        self._worker = ThreadPoolExecutor(1, "embedded Encord")
        try:
            if self.store.database.created and items:
                sample(self.store, items=items, seed=seed)
            self._access = Access(self.store.database, clock)
            self.store.preset_runs.delay = index_delay
            secret = self.store.database.get("url_secret") or secrets.token_hex(32)
            self._url_lifetime = url_lifetime
            self._signer = UrlSigner(secret, url_lifetime, clock)
            self._injector = Injector(self.store)
            self.faults = given
            self.app: Starlette = build_app(
                self.store,
                self._access,
                self._signer,
                self._worker,
                latency_ms=latency_ms,
                leave_out_unknown=leave_out_unknown,
                injector=self._injector,
            )
        except BaseException:
            self.store.close()
            raise

    @property
    def faults(self) -> Faults | None:
        """What goes wrong on purpose, None for nothing; what did is in `store.faults()`.

        Faults that are set anew begin with the first again, at the next request to arrive.
        """
        return self._injector.faults

    @faults.setter
    def faults(self, faults: Faults | str | None) -> None:
        given = _faults(faults)
        self._injector.put_in_force(given)
        lifetime = None if given is None else given.url_lifetime
        self._signer.lifetime = self._url_lifetime if lifetime is None else lifetime

    def register_key(self, public_key: str) -> None:
        """Let requests in that this key signed.

        Args:
            public_key: Hex of the raw 32 bytes of an Ed25519 public key.

        Raises:
            ValueError: It is none.
        """
        self._access.register_key(public_key)

    def remove_key(self, public_key: str) -> None:
        """Let no more requests in that this key signed."""
        self._access.remove_key(public_key)

    def register_token(self, token: str) -> None:
        """Let requests in that bear this token."""
        self._access.register_token(token)

    def close(self) -> None:
        """Close the database; a temporary one is gone then."""
        self._worker.shutdown()
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _faults(given: Faults | str | None) -> Faults | None:
    if given is None or isinstance(given, Faults):
        return given
    if isinstance(given, str):
        return Faults.parse(given)
    raise ValueError(f"faults must be Faults, or text such as 503=0.1,seed=4, got {given!r}.")
