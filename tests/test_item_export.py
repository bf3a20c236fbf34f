"""Collections and datasets made in bulk, at a strict server where things go wrong: nothing is lost, all is named."""

from __future__ import annotations

import os
import signal
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

import encord_widgets as ew
from encord_widgets.api.credentials import SshCredentials
from encord_widgets.api.http import HttpClient, RetryPolicy
from encord_widgets.api.index_models import Collection as ExistingCollection
from encord_widgets.client import Client
from encord_widgets.commit.options import Patience
from encord_widgets.item_export_receipt import ExportReceipt, ExportRow
from encord_widgets.item_set import ItemSet
from encord_widgets.metadata.filters.tree import Filter, Not, Rule
from tests.api.strict_index import EnvelopeError, StrictIndex
from tests.api.strict_server import RefusedError

NO_WAIT = RetryPolicy(attempts=2, total_seconds=30, wait_initial=0, wait_max=0, wait_jitter=0)
RAIN = Rule("key:weather", "is", ("rain",))


class Flaky(StrictIndex):
    """A strict server of which some requests fail, before or after they are done."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.faults: list[tuple[str, int, bool]] = []

    def _answer(self, method: str, path: str, query: str, body: Any, headers: dict[str, str]) -> Any:
        fault = next((one for one in self.faults if f"{method} {path}".endswith(one[0])), None)
        if fault is None:
            return super()._answer(method, path, query, body, headers)
        self.faults.remove(fault)
        if fault[2]:
            super()._answer(method, path, query, body, headers)
        raise RefusedError(fault[1], "not now")


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Patience, "pause", lambda self, attempt, retry_after=None: 0.0)


@pytest.fixture
def server() -> Iterator[Flaky]:
    key = Ed25519PrivateKey.generate()
    strict = Flaky(key.public_key())
    strict.key = key  # type: ignore[attr-defined]
    strict.schema = {"weather": {"ty": "enum", "values": ["rain", "fog"]}, "lux": {"ty": "number"}}
    yield strict
    assert strict.violations == []


@pytest.fixture
def client(server: Flaky) -> Iterator[Client]:
    text = server.key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()  # type: ignore[attr-defined]
    http = HttpClient(
        SshCredentials.from_text(text),
        "http://encord.test",
        transport=httpx.ASGITransport(app=server),
        retry=NO_WAIT,
    )
    with Client(http, title="strict") as client:
        yield client


def fill(server: Flaky, count: int, folder: str | None = None) -> tuple[str, list[str]]:
    folder = folder or server.add_folder("Drives")
    return folder, [
        server.add_item(folder, f"{number:05d}.png", {"weather": "rain" if number % 2 else "fog"})
        for number in range(count)
    ]


def open_folder(server: Flaky, client: Client, count: int) -> tuple[ItemSet, list[str]]:
    folder, uuids = fill(server, count)
    return client.folder(folder).wait(), uuids


def calls(server: Flaky, end: str) -> list[Any]:
    return [body for _, path, _, body, _ in server.requests if path.endswith(end)]


def test_exactly_the_matching_items_in_bundles_of_1000(server: Flaky, client: Client) -> None:
    items, uuids = open_folder(server, client, 2500)
    receipt = items.where(RAIN).to_collection("Rain", "wet")
    assert receipt
    assert receipt.counts == {"added": 1250}
    assert receipt.held == 1250
    assert [row.item for row in receipt.rows] == uuids[1::2]
    (made,) = server.collections.values()
    assert (made["name"], made["description"]) == ("Rain", "wet")
    assert sorted(server.members[made["uuid"]]) == sorted(uuids[1::2])
    assert sorted(len(body["itemUuids"]) for body in calls(server, "/add-items")) == [250, 1000]
    assert receipt.text() == "collection 'Rain': 1,250 added; it holds 1,250 items."


def test_items_in_view_are_what_an_item_set_sends(server: Flaky, client: Client) -> None:
    items, uuids = open_folder(server, client, 6)
    items.filter = RAIN
    assert len(items.to_collection("In view")) == 3
    items.filter = None
    assert len(items.to_collection("All")) == 6
    assert [sorted(held) for held in server.members.values()] == [sorted(uuids[1::2]), sorted(uuids)]


def test_items_at_fault_are_named_and_the_others_added(server: Flaky, client: Client) -> None:
    items, uuids = open_folder(server, client, 40)
    server.failing = {uuids[3]}
    server.poison = {uuids[7], uuids[21]}
    server.omit = {uuids[30]}
    receipt = items.to_collection("Rain")
    assert not receipt
    assert receipt.counts == {"added": 36, "refused": 3, "missing": 1}
    named = {row.item: (row.name, row.status) for row in receipt.open}
    assert named == {
        uuids[3]: ("00003.png", "refused"),
        uuids[7]: ("00007.png", "refused"),
        uuids[21]: ("00021.png", "refused"),
        uuids[30]: ("00030.png", "missing"),
    }
    frame = receipt.to_frame()
    assert list(frame.columns) == ["item", "name", "status", "note"]
    assert len(frame) == 40
    assert "could not add" in frame.set_index("item").loc[uuids[3], "note"]
    assert "do not have access" in frame.set_index("item").loc[uuids[7], "note"]
    assert "refused: 00003.png" in receipt.text()
    server.omit.clear()
    server.requests.clear()
    items.to_collection("Again")
    assert len(calls(server, "/accessible-items")) == 1  # what was refused is not waited for
    assert "00030.png" in receipt._repr_html_()


def test_a_bundle_that_cannot_be_sent_is_named_and_can_be_sent_later(server: Flaky, client: Client) -> None:
    items, uuids = open_folder(server, client, 1500)
    server.faults = [("/add-items", 503, False)] * 4
    receipt = items.to_collection("Rain")
    assert not receipt
    assert receipt.counts == {"failed": 1500}
    (made,) = client.collections()
    again = items.to_collection(made)
    assert again
    assert again.uuid == receipt.uuid == made.uuid
    assert again.held == len(uuids)
    assert len(server.collections) == 1


def test_what_is_gone_meanwhile_is_asked_for_once(server: Flaky, client: Client) -> None:
    items, _ = open_folder(server, client, 900)
    made = items.where(RAIN).to_collection("Rain")
    whole = server._change_members

    def gone(*arguments: Any) -> Any:
        server.collections.clear()
        return whole(*arguments)

    server._change_members = gone  # type: ignore[method-assign]
    receipt = items.to_collection(ExistingCollection(uuid=made.uuid, name="Rain"))
    assert receipt.counts == {"failed": 900}
    assert receipt.held is None
    assert f"collection {made.uuid}" in receipt.open[0].note
    assert len(calls(server, "/add-items")) == 2


@pytest.mark.parametrize("kind", ["collection", "dataset"])
def test_what_cannot_be_read_back_is_told_as_sent(server: Flaky, client: Client, kind: str) -> None:
    items, _ = open_folder(server, client, 5)
    server.faults = [("/accessible-items", 503, False)] * 9
    whole = server._dataset

    def unreadable(dataset: str, uid: object, payload: Any) -> Any:
        if payload["dataset_access_settings"]["fetch_rows"]:
            raise EnvelopeError(500, "UNKNOWN_ERROR")
        return whole(dataset, uid, payload)

    server._dataset = unreadable  # type: ignore[method-assign]
    receipt = items.to_collection("Rain") if kind == "collection" else items.to_dataset("Rain")
    assert not receipt
    assert receipt.counts == {"unread": 5}
    assert receipt.uuid in (server.collections if kind == "collection" else server.datasets)
    assert "5 unread; it could not be read back" in receipt.text()
    assert "Not read back: " in receipt.text()


def test_a_server_that_fails_while_folders_are_looked_up_is_one_error(server: Flaky, client: Client) -> None:
    items, _ = open_folder(server, client, 2)
    server.faults = [(items.source.identity, 503, False)] * 9
    with pytest.raises(ew.ServerError, match=items.source.identity):
        items.to_collection("Rain")


def test_an_answer_that_got_lost_is_no_fault(server: Flaky, client: Client) -> None:
    items, _ = open_folder(server, client, 5)
    server.faults = [("/add-items", 503, True), ("/add-items", 503, True)]
    assert items.to_collection("Rain").counts == {"added": 5}


@pytest.mark.parametrize("done", [True, False])
def test_a_lost_answer_makes_no_second_one(server: Flaky, client: Client, done: bool) -> None:  # noqa: FBT001
    items, _ = open_folder(server, client, 4)
    server.faults = [("POST /v2/public/index/collections", 503, done)]
    first = items.to_collection("Rain")
    server.faults = [("POST /v2/public/index/collections", 503, done)]
    second = items.to_collection("Rain")  # the same name once more: another collection
    server.faults = [("POST /v2/public/datasets", 503, done)]
    third = items.to_dataset("Rain")
    server.faults = [("POST /v2/public/index/presets", 503, done)]
    fourth = items.where(RAIN).to_preset("Rain")
    assert all([first, second, third, fourth])
    assert len({first.uuid, second.uuid}) == len(server.collections) == 2
    assert (len(server.datasets), len(server.presets)) == (1, 1)


def test_a_refusal_to_make_it_is_not_repeated(server: Flaky, client: Client) -> None:
    items, _ = open_folder(server, client, 4)
    server.faults = [("POST /v2/public/index/collections", 409, False)]
    with pytest.raises(ew.ResourceExistsError, match="new collection 'Rain'"):
        items.to_collection("Rain")
    assert server.collections == {}


def test_what_never_can_be_made_ends(server: Flaky, client: Client) -> None:
    items, _ = open_folder(server, client, 4)
    server.faults = [("POST /v2/public/datasets", 503, False)] * 50
    with pytest.raises(ew.ServerError, match="new dataset 'Rain'"):
        items.to_dataset("Rain")
    assert server.datasets == {}


def test_items_of_subfolders_belong_to_the_folder_on_top(server: Flaky, client: Client) -> None:
    top = server.add_folder("Top")
    middle = server.add_folder("Middle", top)
    low = server.add_folder("Low", middle)
    _, below = fill(server, 3, low)
    _, above = fill(server, 2, top)
    receipt = client.items([*below, *above]).to_collection("All")
    assert receipt
    assert server.collections[receipt.uuid]["topLevelFolderUuid"] == top


def test_the_way_to_the_top_is_read_off_a_folder(server: Flaky, client: Client) -> None:
    top, other = server.add_folder("Top"), server.add_folder("Other")
    middle = server.add_folder("Middle", top)
    low = server.add_folder("Low", middle)
    way = [(low, middle), (middle, top), (top, None)]
    server.folders[low]["pathToRoot"] = [
        {"uuid": one, "parentUuid": above, "name": "", "syncedDatasetHash": None} for one, above in way
    ]
    _, below = fill(server, 3, low)
    items = client.items(below).wait()
    server.requests.clear()
    receipt = items.to_collection("All")
    assert receipt
    assert server.collections[receipt.uuid]["topLevelFolderUuid"] == top != other
    assert calls(server, middle) == []


def test_items_of_several_top_level_folders_need_a_word(server: Flaky, client: Client) -> None:
    one, first = fill(server, 3)
    other, second = fill(server, 2)
    items = client.items([*first, *second])
    with pytest.raises(ew.InvalidInputError, match="items of one top-level folder") as caught:
        items.to_collection("All")
    assert one in str(caught.value)
    assert other in str(caught.value)
    assert server.collections == {}
    receipt = items.to_collection("All", folder=one)
    assert receipt.counts == {"added": 3, "refused": 2}
    assert {row.item for row in receipt.open} == set(second)


def test_an_item_that_comes_twice_is_there_once(server: Flaky, client: Client) -> None:
    items, uuids = open_folder(server, client, 5)
    made = items.to_collection("All")
    server.page_limit = 2
    held = server.members[made.uuid]
    held.insert(2, held[1])  # pages that shift while they are read
    del server.items[uuids[4]]["uuid"]  # and an item that cannot be read
    collection = client.collection(made.uuid).wait()
    assert collection.uuids == uuids[:4]
    assert len(collection.frame) == 4
    assert (collection.loading.done, collection.loading.total) == (4, 4)
    assert [problem.name for problem in collection.problems] == ["00004.png"]


def test_no_items(server: Flaky, client: Client) -> None:
    items, _ = open_folder(server, client, 2)
    nothing = items.where(Filter.parse('weather = "snow"'))
    with pytest.raises(ew.InvalidInputError, match="items to collect"):
        nothing.to_collection("None")
    receipt = nothing.to_collection("None", folder=items.source.identity)
    assert receipt
    assert receipt.text() == "collection 'None': nothing to add; it holds 0 items."
    assert nothing.to_dataset("None").text() == "dataset 'None': nothing to add; it holds 0 items."


@pytest.mark.parametrize("name", ["", "  ", None, 5])
def test_a_name_is_needed(server: Flaky, client: Client, name: Any) -> None:
    items, _ = open_folder(server, client, 2)
    for export in (items.to_collection, items.to_dataset, items.where(RAIN).to_preset):
        with pytest.raises(ew.InvalidInputError, match="a name for the"):
            export(name)
    assert not any([server.collections, server.datasets, server.presets])


def test_a_dataset_of_exactly_the_matching_items(server: Flaky, client: Client) -> None:
    items, uuids = open_folder(server, client, 2300)
    server.legacy_errors = [EnvelopeError(429, "RATE_LIMIT_ERROR")]
    receipt = items.where(RAIN).to_dataset("Rain", "wet")
    assert receipt
    assert (receipt.held, len(receipt)) == (1150, 1150)
    (made,) = server.datasets.values()
    assert (made["title"], made["description"]) == ("Rain", "wet")
    assert sorted(server.rows[receipt.uuid]) == sorted(uuids[1::2])
    assert [dataset.title for dataset in client.datasets("ra")] == ["Rain"]


def test_items_that_a_dataset_does_not_take_are_named(server: Flaky, client: Client) -> None:
    items, uuids = open_folder(server, client, 9)
    server.poison = {uuids[4]}
    server.failing = {uuids[6]}
    receipt = items.to_dataset("Rain")
    assert receipt.counts == {"added": 7, "refused": 1, "missing": 1}
    assert [row.item for row in receipt.open] == [uuids[4], uuids[6]]
    assert "AUTHORISATION_ERROR" in receipt.open[0].note


def test_rows_without_an_item_are_counted(
    server: Flaky, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    items, _ = open_folder(server, client, 5)
    whole = server._row
    monkeypatch.setattr(server, "_row", lambda item: {**whole(item), "backing_item_uuid": None})
    receipt = items.to_dataset("Rain")
    assert receipt.counts == {"added": 5}
    assert receipt.held == 5
    assert "only counted" in receipt.text()


def test_an_interrupt_finishes_what_is_in_flight(
    server: Flaky, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    items, _ = open_folder(server, client, 7000)
    whole = server._change_members
    interrupted: list[int] = []

    def once(*arguments: Any) -> Any:
        if not interrupted:
            interrupted.append(1)
            os.kill(os.getpid(), signal.SIGINT)  # as Kernel > Interrupt does
            time.sleep(0.5)  # the main thread takes it
        return whole(*arguments)

    monkeypatch.setattr(server, "_change_members", once)
    receipt = items.to_collection("Rain")
    assert not receipt
    assert set(receipt.counts) == {"added", "pending"}
    assert receipt.counts["added"] == receipt.held >= 1000
    assert "not sent: stopped before" in receipt.text()


def test_a_preset_is_read_back(server: Flaky, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    items, uuids = open_folder(server, client, 4)
    wanted = RAIN & Not(Rule("key:lux", "in", (1, 2)))
    items.stage({uuids[0]: {"weather": "rain"}, uuids[1]: {"lux": 7}})
    receipt = items.where(wanted).to_preset("Rain", "wet")
    assert receipt
    assert (receipt.kind, receipt.held, receipt.rows) == ("preset", 2, ())
    assert len(receipt.notes) == 2
    assert "2 staged edits of its keys" in receipt.notes[1]
    read = client.preset(receipt.uuid)
    assert read.filter == wanted
    assert read.understood
    assert (read.name, read.description) == ("Rain", "wet")
    assert [preset.name for preset in client.presets("RA")] == ["Rain"]
    assert client.presets("fog") == []
    monkeypatch.setattr(
        server, "_definition", lambda query, body, preset: {"local_filters": {}, "global_filters": {}}
    )
    assert not items.where(wanted).to_preset("Rain")


def test_a_preset_that_cannot_be_said_is_not_sent(server: Flaky, client: Client) -> None:
    items, _ = open_folder(server, client, 4)
    with pytest.raises(ew.InvalidInputError, match="'lt' is not documented"):
        items.where(Filter.parse("lux < 5")).to_preset("Dark")
    with pytest.raises(ew.InvalidInputError, match="empty preset"):
        items.to_preset("Everything")
    assert server.presets == {}


def test_presets_of_the_app_are_kept(server: Flaky, client: Client) -> None:
    folder = server.add_folder("Drives")
    made = str(uuid.uuid4())
    entry = {"key": "lux", "range": [1, 5], "type": "number"}
    definition = {"local_filters": {folder: {"filters": []}}, "global_filters": {"filters": [entry]}}
    server.presets[made] = {
        "uuid": made, "name": "App", "description": None, "createdAt": None, "lastUpdatedAt": None,
        "definition": definition,
    }  # fmt: skip
    read = client.preset(client.presets()[0])
    assert not read.understood
    assert read.definition == definition
    assert "App" in repr(read)


def test_names_are_untrusted_text() -> None:
    name = "<script>\x1b[2J"
    receipt = ExportReceipt("collection", "u", name, (ExportRow("i", name, "refused", name),), 0)
    assert "\x1b" not in receipt.text()
    assert "<script>" not in receipt._repr_html_()
