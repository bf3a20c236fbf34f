"""Clients: what goes wrong is one clear sentence, and secrets stay out of it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import uuid

import httpx
import pytest

import encord_widgets as ew
from encord_widgets.background import Background


@pytest.fixture
def client():
    with ew.demo(items=30) as client:
        yield client


def test_an_unknown_folder_is_named(client):
    stranger = str(uuid.uuid4())
    with pytest.raises(ew.AuthorisationError, match=stranger):
        client.folder(stranger)


@pytest.mark.parametrize("folder", ["", "Street scenes", None, 5, {"uuid": 1}])
def test_what_is_no_uuid_is_refused_before_sending(client, folder):
    with pytest.raises(ew.InvalidInputError, match="the uuid of a folder"):
        client.folder(folder)


def test_all_bad_uuids_are_named(client):
    with pytest.raises(ew.InvalidInputError) as caught:
        client.items(["x", str(uuid.uuid4()), "y"])
    assert [problem.got for problem in caught.value.problems] == ["'x'", "'y'"]


def test_folder_takes_what_has_a_uuid(client):
    folder = client.folders()[0]
    titles = {client.folder(one).title for one in (folder, folder.uuid, uuid.UUID(folder.uuid))}
    assert titles == {folder.name}


def test_search_finds_folders_by_name(client):
    (folder,) = client.folders(search="Street sc")
    assert folder.name == "Street scenes"


def test_schema_is_read_once_and_again_on_request(client):
    assert client.schema is client.schema
    assert client.schema["weather"].kind == "enum"
    assert client.refresh_schema().to_wire() == client.schema.to_wire()


def test_media_is_a_picture(client):
    items = client.folder(client.folders("Street scenes")[0])
    picture = items.frame.query("item_type == 'image'").index[0]
    data, mime = client.media(picture)
    assert mime.startswith("image/")
    assert data[:4] in {b"\xff\xd8\xff\xe0", b"\x89PNG", b"\xff\xd8\xff\xdb"}


def test_a_closed_client_says_so(client):
    client.close()
    client.close()
    with pytest.raises(ew.EncordWidgetsError, match="closed"):
        client.folders()


def test_reprs_hold_no_secret():
    client = ew.connect(bearer_token="very-secret-token", domain="http://127.0.0.1:9")
    assert "very-secret" not in repr(client) + repr(vars(client))
    client.close()


def test_a_server_that_is_down_is_one_sentence(monkeypatch):
    waits, sleep = [], asyncio.sleep

    async def noted(seconds):  # the waits are counted, not waited for
        waits.append(seconds)
        await sleep(0)

    monkeypatch.setattr("asyncio.sleep", noted)
    domain = "http://127.0.0.1:9"
    client = ew.connect(bearer_token="t", domain=domain, transport=Down())
    with pytest.raises(ew.ConnectionFailedError) as caught:
        client.folders()
    client.close()
    text = str(caught.value)
    assert text.startswith(
        f"folders: {domain} refused the connection or cannot be reached; check the network"
    )
    assert "Tried 6 times. (GET /v2/public/storage/search/folders, request id " in text
    waited = [seconds for seconds in waits if seconds > 0]
    assert len(waited) == 5
    assert sum(waited) > 10


class Down(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request):
        raise httpx.ConnectError("refused", request=request)


def test_no_credentials_at_all(monkeypatch):
    monkeypatch.delenv("ENCORD_SSH_KEY", raising=False)
    monkeypatch.delenv("ENCORD_SSH_KEY_FILE", raising=False)
    with pytest.raises(ew.CredentialsError, match="ENCORD_SSH_KEY_FILE"):
        ew.connect()


def test_a_page_with_a_malformed_item_still_opens():
    folder, good = str(uuid.uuid4()), str(uuid.uuid4())
    client = ew.connect(
        bearer_token="t", domain="http://encord.test", transport=httpx.MockTransport(answer(folder, good))
    )
    items = client.folder(folder).wait()
    assert items.uuids == [good]
    assert [(problem.name, bool(problem.reason)) for problem in items.problems] == [("broken.png", True)]
    client.close()


def answer(folder, good):
    def handle(request):
        path = request.url.path
        if path.endswith("client-metadata-schema-v2"):
            return httpx.Response(200, json=None, content=b"null")
        if path.endswith("/items"):
            items = [
                {"uuid": good, "name": "a.png", "itemType": "hologram", "clientMetadata": "{}"},
                {"uuid": str(uuid.uuid4()), "name": "broken.png", "itemType": "image", "clientMetadata": "{"},
            ]
            return httpx.Response(200, json={"results": items, "nextPageToken": None})
        if path.endswith("/summary"):
            return httpx.Response(404, json={"message": "no summary"})
        return httpx.Response(200, json={"uuid": folder, "name": "F", "parent": None, "description": ""})

    return handle


def test_loading_that_fails_keeps_what_arrived_and_says_why():
    folder = str(uuid.uuid4())

    def handle(request):
        if request.url.path.endswith("/items"):
            return httpx.Response(403, json={"message": "items are off limits"})
        return answer(folder, folder)(request)

    client = ew.connect(bearer_token="t", domain="http://encord.test", transport=httpx.MockTransport(handle))
    items = client.folder(folder)
    with pytest.raises(ew.AuthorisationError, match="off limits"):
        items.wait()
    assert "off limits" in items.loading.error
    client.close()


def test_a_folder_opens_where_the_schema_may_not_be_read():
    folder, good = str(uuid.uuid4()), str(uuid.uuid4())

    def handle(request):
        if request.url.path.endswith("client-metadata-schema-v2"):
            return httpx.Response(403, json={"message": "admins only"})
        return answer(folder, good)(request)

    client = ew.connect(bearer_token="t", domain="http://encord.test", transport=httpx.MockTransport(handle))
    items = client.folder(folder).wait()
    assert items.uuids == [good]
    assert "admins only" in items.problems[0].reason
    assert "not checked" in items.problems[0].reason
    client.close()


def test_an_existing_demo_file_is_opened_again(tmp_path):
    path = tmp_path / "x.db"
    with ew.demo(path, items=20) as client:
        items = client.folder(client.folders("Street scenes")[0])
        first = items.uuids[0]
        items.stage({first: {"camera": "kept"}})
        assert items.commit()
    with ew.demo(path) as client:
        assert client.folder(client.folders("Street scenes")[0]).stored(first, "camera") == "kept"


def test_background_work_is_cancelled_by_close():
    import anyio

    background = Background("test")
    future = background.start(lambda: anyio.sleep(60))
    time.sleep(0.05)
    background.close()
    assert future.cancelled() or future.exception() is not None


def test_a_client_says_that_it_does_not_work_in_a_fork():
    script = (
        "import os, encord_widgets as ew\n"
        "client = ew.demo(items=5)\n"
        "client.folders()\n"
        "if os.fork() == 0:\n"
        "    try:\n"
        "        client.folders()\n"
        "    except ew.EncordWidgetsError as error:\n"
        "        client.close()\n"
        "        os._exit(7 if 'forked' in str(error) else 8)\n"
        "    os._exit(9)\n"
        "print(os.waitstatus_to_exitcode(os.wait()[1]), len(client.folders()) > 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "7 True\n", done.stderr


def test_a_script_ends_although_a_client_is_open():
    code = "import encord_widgets as ew; c = ew.demo(items=5); print(len(c.folders()))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert int(done.stdout) >= 1
    assert done.stderr == ""


def test_plans_hold_no_secret(client, tmp_path):
    items = client.folder(client.folders("Street scenes")[0])
    items.stage({items.uuids[0]: {"camera": "x"}})
    saved = json.loads(items.plan().save(tmp_path / "p.json").read_text())
    assert set(saved) == {"format", "created_at", "source", "items"}


@pytest.mark.parametrize("given", [None, "fix.plan.json", {}, 5])
@pytest.mark.parametrize("call", ["apply", "dry_run", "verify", "undo"])
def test_what_is_no_plan_or_receipt_is_refused(client, call, given):
    with pytest.raises(
        ew.InvalidInputError, match=r"expected a (Plan|Receipt), got .*load\(path\) reads one"
    ):
        getattr(client, call)(given)


def test_staged_edits_are_no_plan(client):
    items = client.folder(client.folders("Street scenes")[0]).wait()
    with pytest.raises(ew.InvalidInputError, match="expected a Plan"):
        client.dry_run(items.stage({items.uuids[0]: {"weather": "fog"}}))


def test_a_single_uuid_is_one_item(client):
    (one,) = client.folder(client.folders("Street scenes")[0]).uuids[:1]
    assert client.items(one).uuids == client.items(uuid.UUID(one)).uuids == [one]
    with pytest.raises(ew.InvalidInputError, match="a list of item uuids, got None"):
        client.items(None)


def test_an_item_without_frames_is_no_group(client):
    frame = client.folder(client.folders("Street scenes")[0]).frame
    image = frame.query("item_type == 'image'").index[0]
    with pytest.raises(ew.InvalidInputError, match=f"{image}: expected an image group, .* got image"):
        client.image_group(image)


@pytest.mark.parametrize("listing", ["folders", "collections", "presets", "datasets"])
def test_names_are_searched_for_text(client, listing):
    with pytest.raises(ew.InvalidInputError, match="key 'search': expected text"):
        getattr(client, listing)(client.folders()[0])


def test_items_that_the_server_refuses_are_named_and_the_others_read(client):
    own = client.folder(client.folders("Street scenes")[0]).uuids[:7]
    strangers = [str(uuid.UUID(int=number)) for number in (1, 2)]
    items = client.items([*own[:2], strangers[0], *own[2:], strangers[1]]).wait()
    assert items.uuids == own
    assert [problem.item for problem in items.problems] == strangers
    assert "no such item" in items.problems[0].reason
    with pytest.raises(ew.InvalidInputError, match=strangers[1]):
        items.stage({item: {"batch": "B-9"} for item in (*own, strangers[1])})


def test_where_no_item_can_be_read_the_refusal_is_raised(client):
    for count in (1, 3, 200):
        strangers = [str(uuid.UUID(int=number)) for number in range(count)]
        with pytest.raises(ew.AuthorisationError, match="1 items"):
            client.items(strangers).wait()
