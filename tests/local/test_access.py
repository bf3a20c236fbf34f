from __future__ import annotations

import base64
import hashlib
import time

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from encord_widgets.local import EmbeddedEncord
from tests.local.wire import BASE, Signer, Wire


def test_a_signed_request_is_answered(wire: Wire, folder: str):
    assert wire.ok("GET", f"storage/folders/{folder}")["name"] == "Street scenes"


def test_no_signature(wire: Wire, folder: str):
    response = wire.send("GET", f"storage/folders/{folder}", auth=httpx.Auth())
    assert response.status_code == 401
    assert "signature" in response.json()["message"]


def test_a_key_that_is_not_registered(encord: EmbeddedEncord, folder: str):
    stranger = Wire(encord, Signer(Ed25519PrivateKey.generate()))
    assert "not registered" in stranger.refused(401, "GET", f"storage/folders/{folder}")


def test_a_key_that_was_removed(encord: EmbeddedEncord, wire: Wire, folder: str):
    wire.ok("GET", f"storage/folders/{folder}")
    encord.remove_key(wire.signer.key_id)
    assert "not registered" in wire.refused(401, "GET", f"storage/folders/{folder}")


def test_a_key_of_somebody_else_under_a_registered_id(encord: EmbeddedEncord, wire: Wire, folder: str):
    forged = Signer(Ed25519PrivateKey.generate())
    forged.key_id = wire.signer.key_id
    assert "wrong" in Wire(encord, forged).refused(401, "GET", f"storage/folders/{folder}")


def test_a_signature_that_is_no_base64(wire: Wire, folder: str):
    request = httpx.Request("GET", f"{BASE}/v2/public/storage/folders/{folder}")
    next(iter(wire.signer.auth_flow(request)))
    headers = {name: request.headers[name] for name in ("content-digest", "signature-input")}
    headers["signature"] = "encord-sig=:abcde:"
    response = wire.send("GET", request.url.path, headers=headers, auth=httpx.Auth())
    assert (response.status_code, response.json()["message"]) == (401, "The signature is wrong.")


@pytest.mark.parametrize(("offset", "status"), [(-290, 200), (290, 200), (-310, 401), (310, 401)])
def test_the_clock_may_differ_by_five_minutes(wire: Wire, folder: str, offset: int, status: int):
    wire.signer.created = int(time.time()) + offset
    assert wire.send("GET", f"storage/folders/{folder}").status_code == status


@pytest.mark.parametrize("change", ["method", "target", "query", "body", "digest"])
def test_nothing_signed_can_be_changed_on_the_way(wire: Wire, folder: str, item: str, change: str):
    path = f"/v2/public/storage/folders/{folder}/items/{item}"
    request = httpx.Request("PATCH", BASE + path, json={"clientMetadata": {"a": 1}})
    next(iter(wire.signer.auth_flow(request)))
    method, target, body = "PATCH", path, request.content
    headers = {name: request.headers[name] for name in ("content-digest", "signature-input", "signature")}
    assert wire.send(method, target, content=body, headers=headers, auth=httpx.Auth()).status_code == 200
    match change:
        case "method":
            method, target = "POST", path.removesuffix(f"/{item}") + "/delete"
        case "target":
            target = path.replace(item, wire.encord.store.item_uuids(folder)[1])
        case "query":
            target += "?x=1"
        case "body":
            body = b'{"clientMetadata":{"a":2}}'
        case "digest":
            body = b'{"clientMetadata":{"a":2}}'
            headers["content-digest"] = (
                f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
            )
    assert wire.send(method, target, content=body, headers=headers, auth=httpx.Auth()).status_code == 401
    assert wire.encord.store.metadata(item) == {"a": 1}


@pytest.mark.parametrize("digest", [None, "sha-256=::", "sha-256=:AAAA:"])
def test_the_digest_header_itself_must_be_right(wire: Wire, folder: str, digest: str | None):
    request = httpx.Request("GET", f"{BASE}/v2/public/storage/folders/{folder}")
    next(iter(wire.signer.auth_flow(request)))
    headers = {name: request.headers[name] for name in ("signature-input", "signature")}
    if digest is not None:
        headers["content-digest"] = digest
    answer = wire.send("GET", f"storage/folders/{folder}", headers=headers, auth=httpx.Auth())
    assert answer.status_code == 401
    assert "Content-Digest" in answer.json()["message"]


def test_bearer_tokens(encord: EmbeddedEncord, wire: Wire, folder: str):
    token = wire.ok("GET", "user/bearer-token")["token"]
    path = f"storage/folders/{folder}"
    assert (
        wire.send("GET", path, headers={"Authorization": f"Bearer {token}"}, auth=httpx.Auth()).status_code
        == 200
    )
    for wrong in (f"Bearer {token}x", "Bearer ", "Basic abc"):
        answer = wire.send("GET", path, headers={"Authorization": wrong}, auth=httpx.Auth())
        assert answer.status_code == 401
    # Only a digest is kept.
    assert token not in str(encord.store.database.read("SELECT * FROM tokens"))


@pytest.mark.parametrize("key", ["", "zz", "00" * 31])
def test_what_is_no_public_key(encord: EmbeddedEncord, key: str):
    with pytest.raises(ValueError):
        encord.register_key(key)


def test_signed_urls_open_one_item_for_a_while():
    now = time.time()
    with EmbeddedEncord(items=8, url_lifetime=60, clock=lambda: now) as encord:
        wire = Wire(encord)
        folder = encord.store.list_folders()[0][0].uuid
        first, second = encord.store.item_uuids(folder)[:2]
        url = wire.ok("GET", f"storage/items/{first}", params={"signUrl": "True"})["signedUrl"]
        assert url.startswith(BASE)
        assert wire.send("GET", url).status_code == 200
        for wrong in (
            url.replace(first, second),
            url.replace("expires=", "expires=9"),
            url.replace("/media/", "/metadata/"),
            url[:-1] + ("0" if url[-1] != "0" else "1"),
            url.split("?")[0],
            url.split("&")[0] + "&signature=%C3%A9",
        ):
            assert wire.send("GET", wrong).status_code == 403, wrong
        now += 62
        assert "expired" in wire.refused(403, "GET", url)


def test_the_secret_of_signed_urls_is_the_database_own():
    with EmbeddedEncord(items=1) as one, EmbeddedEncord(items=1) as other:
        item = one.store.item_uuids(one.store.list_folders()[0][0].uuid)[0]
        url = Wire(one).ok("GET", f"storage/items/{item}", params={"signUrl": "true"})["signedUrl"]
        assert Wire(other).send("GET", url).status_code == 403
