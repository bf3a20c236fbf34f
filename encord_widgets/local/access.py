"""Who may ask: request signatures, bearer tokens, signed URLs."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from encord_widgets.local.database import Database
from encord_widgets.local.refusal import ExpiredError, RefusedError

__all__ = ["Access", "UrlSigner"]

_TOLERANCE_SECONDS = 300
_INPUT = re.compile(
    r'encord-sig=(\("@method" "@request-target" "content-digest"\);created=(\d{1,12});'
    r'keyid="([0-9a-f]{64})";alg="ed25519")'
)
_LEGACY = re.compile(r"([0-9a-f]{64}):([0-9a-f]{128})")
_SIGNATURE = re.compile(r"encord-sig=:([A-Za-z0-9+/=]+):")


class Access:
    """The keys and tokens that a database knows.

    Args:
        database: Where they are kept; tokens only as digests.
        clock: Unix seconds.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self._keys: dict[str, Ed25519PublicKey] = {}

    def register_key(self, public_key: str) -> None:
        """Let requests in that this key signed.

        Args:
            public_key: Lower-case hex of the raw 32 bytes.

        Raises:
            ValueError: It is none.
        """
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO public_keys VALUES (?, datetime('now'))", (public_key.lower(),)
            )

    def remove_key(self, public_key: str) -> None:
        """Let no more requests in that this key signed."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM public_keys WHERE key = ?", (public_key.lower(),))

    def issue_token(self) -> str:
        """A new bearer token."""
        token = secrets.token_urlsafe(32)
        self.register_token(token)
        return token

    def register_token(self, token: str) -> None:
        """Let requests in that bear this token."""
        with self._database.write() as connection:
            connection.execute("INSERT OR IGNORE INTO tokens VALUES (?, datetime('now'))", (_digest(token),))

    def identify(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> str:
        """Who sent a request.

        Args:
            method: Upper case.
            target: Path and query exactly as sent.
            headers: With lower-case names.
            body: As sent.

        Raises:
            RefusedError: 401.
        """
        authorization = headers.get("authorization", "")
        if authorization.startswith("Bearer "):
            digest = _digest(authorization.removeprefix("Bearer ").strip())
            if not self._database.read("SELECT 1 FROM tokens WHERE digest = ?", (digest,)):
                raise RefusedError(401, "The bearer token is not known.")
            return f"token {digest[:8]}"
        return self._verify(method, target, headers, body)

    def identify_legacy(self, headers: Mapping[str, str], body: bytes) -> str:
        """Who sent a request of the older protocol.

        Args:
            headers: With lower-case names.
            body: As sent; only it is signed.

        Raises:
            RefusedError: 401.
        """
        authorization = headers.get("authorization", "")
        if authorization.startswith("Bearer "):
            return self.identify("POST", "", headers, body)
        given = _LEGACY.fullmatch(authorization)
        if given is None:
            raise RefusedError(401, "The request carries no valid signature and no bearer token.")
        key_id, signature = given.groups()
        return self._check(key_id, bytes.fromhex(signature), hashlib.sha256(body).digest())

    def _verify(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> str:
        given = _INPUT.fullmatch(headers.get("signature-input", ""))
        signature = _SIGNATURE.fullmatch(headers.get("signature", ""))
        if given is None or signature is None:
            raise RefusedError(401, "The request carries no valid signature and no bearer token.")
        parameters, created, key_id = given.groups()
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
        if headers.get("content-digest") != digest:
            raise RefusedError(401, "Content-Digest does not match the body.")
        if abs(self._clock() - int(created)) > _TOLERANCE_SECONDS:
            raise RefusedError(401, "The signature is too old, or the clocks differ. Check your clock.")
        base = (
            f'"@method": {method}\n"@request-target": {target}\n"content-digest": {digest}\n'
            f'"@signature-params": {parameters}'
        )
        try:
            signed = base64.b64decode(signature[1], validate=True)
        except binascii.Error as error:
            raise RefusedError(401, "The signature is wrong.") from error
        return self._check(key_id, signed, base.encode())

    def _check(self, key_id: str, signature: bytes, signed: bytes) -> str:
        # Asked each time, so that a removed key stops working at once.
        if not self._database.read("SELECT 1 FROM public_keys WHERE key = ?", (key_id,)):
            raise RefusedError(401, "The public key is not registered.")
        if key_id not in self._keys:
            self._keys[key_id] = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key_id))
        try:
            self._keys[key_id].verify(signature, signed)
        except InvalidSignature as error:
            raise RefusedError(401, "The signature is wrong.") from error
        return f"key {key_id[:8]}"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class UrlSigner:
    """Makes and checks URLs that open one thing for a while, without any header.

    Args:
        secret: Of this database.
        lifetime: Seconds; may be set to another number later.
        clock: Unix seconds.
    """

    def __init__(self, secret: str, lifetime: float, clock: Callable[[], float] = time.time) -> None:
        self._secret = secret.encode()
        self.lifetime = lifetime
        self._clock = clock

    def _signature(self, path: str, expires: str) -> str:
        return hmac.digest(self._secret, f"{path} {expires}".encode(), "sha256").hex()

    def url(self, base: str, path: str) -> str:
        """A URL of `path` (starts with `/`) on `base` that works until its time is over."""
        expires = f"{self._clock() + self.lifetime:.3f}"
        query = urlencode({"expires": expires, "signature": self._signature(path, expires)})
        return f"{base}{path}?{query}"

    def check(self, path: str, query: Mapping[str, str]) -> None:
        """Let a request for a signed URL in.

        Raises:
            RefusedError: 403, the subclass ExpiredError when its time is over.
        """
        expires = query.get("expires", "")
        given = query.get("signature", "").encode()
        if not hmac.compare_digest(self._signature(path, expires).encode(), given):
            raise RefusedError(403, "The signed URL is not valid.")
        if self._clock() > float(expires):
            raise ExpiredError
