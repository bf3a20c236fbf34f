"""A signed HTTP client for the app, written from the protocol and not from this package's own client."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import Any

import anyio
import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from encord_widgets.local import EmbeddedEncord

BASE = "http://embedded.encord"


class Signer(httpx.Auth):
    requires_request_body = True

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self.key = key
        self.key_id = key.public_key().public_bytes_raw().hex()
        self.created: int | None = None

    def auth_flow(self, request: httpx.Request):
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(request.content).digest()).decode()}:"
        created = int(time.time()) if self.created is None else self.created
        parameters = (
            f'("@method" "@request-target" "content-digest");created={created};'
            f'keyid="{self.key_id}";alg="ed25519"'
        )
        base = "\n".join(
            [
                f'"@method": {request.method}',
                f'"@request-target": {request.url.raw_path.decode()}',
                f'"content-digest": {digest}',
                f'"@signature-params": {parameters}',
            ]
        )
        signature = base64.b64encode(self.key.sign(base.encode())).decode()
        request.headers["content-digest"] = digest
        request.headers["signature-input"] = f"encord-sig={parameters}"
        request.headers["signature"] = f"encord-sig=:{signature}:"
        yield request


class Wire:
    """Synchronous calls; every answer is checked for the form that all answers have."""

    def __init__(self, encord: EmbeddedEncord, auth: httpx.Auth | None = None) -> None:
        self.encord = encord
        self.signer = Signer(Ed25519PrivateKey.generate())
        encord.register_key(self.signer.key_id)
        self.auth = auth or self.signer

    async def send_async(self, method: str, target: str, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.encord.app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            auth = options.pop("auth", None if target.startswith(("/signed", "http")) else self.auth)
            url = target if target.startswith(("/", "http")) else f"/v2/public/{target}"
            return await client.request(method, url, auth=auth, **options)

    def send(self, method: str, target: str, **options: Any) -> httpx.Response:
        async def run() -> httpx.Response:
            return await self.send_async(method, target, **options)

        return anyio.run(run)

    async def ok_async(self, uuids: list[str]) -> None:
        """Read items in bulk while other things happen."""
        answer = await self.send_async("POST", "storage/items/get-bulk", json={"itemUuids": uuids})
        assert [item["uuid"] for item in answer.json()["results"]] == uuids

    def ok(self, method: str, target: str, **options: Any) -> Any:
        response = self.send(method, target, **options)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "application/json"
        assert response.headers["x-request-id"]
        return json.loads(response.content)

    def refused(self, status: int, method: str, target: str, **options: Any) -> str:
        response = self.send(method, target, **options)
        assert response.status_code == status, response.text
        assert list(response.json()) == ["message"]
        message: str = response.json()["message"]
        assert message
        return message

    def pages(self, target: str, **params: Any) -> list[list[dict[str, Any]]]:
        pages = []
        token: dict[str, str] = {}
        while True:
            page = self.ok("GET", target, params=params | token)
            assert list(page) == ["results", "nextPageToken"]
            pages.append(page["results"])
            if page["nextPageToken"] is None:
                return pages
            token = {"pageToken": page["nextPageToken"]}
