"""Somebody else at the same items: what they edit, and what they leave alone."""

from __future__ import annotations

import contextlib
from itertools import pairwise
from random import Random

import pytest

from encord_widgets.api.credentials import BearerCredentials
from encord_widgets.api.http import HttpClient
from encord_widgets.api.in_process import InProcessTransport
from encord_widgets.client import Client
from encord_widgets.local import EmbeddedEncord
from encord_widgets.local.rival import Rival
from encord_widgets.local.schema_rules import checked_schema
from encord_widgets.metadata.schema import MetadataSchema
from tests.local.test_faults import GET_BULK, PATCH_BULK, get_bulk, patch_bulk, practice
from tests.local.wire import BASE, Wire


def edited(wire: Wire) -> list[str]:
    """What the rival edited since the last call."""
    return [entry.items[0] for entry in news(wire, "rival")]


def news(wire: Wire, kind: str):
    since = getattr(wire, "since", 0)
    entries = wire.encord.store.faults(since=since)
    wire.since = max((entry.id for entry in entries), default=since)  # type: ignore[attr-defined]
    return [entry for entry in entries if entry.kind == kind]


def typed(metadata: dict[str, object]) -> set[tuple[str, str]]:
    return {(key, repr(value)) for key, value in metadata.items()}


def test_one_key_at_a_time_and_on_record():
    with practice("rival=1,rival_items=40") as (wire, uuids):
        store = wire.encord.store
        before = {uuid: store.metadata(uuid) for uuid in uuids}
        wire.ok(*GET_BULK, **get_bulk(uuids))
        entries = news(wire, "rival")
        assert len(entries) == len({entry.items for entry in entries}) == 40
        for entry in entries:
            (item,) = entry.items
            (audit,) = store.audit(item)
            assert (audit.actor, audit.request, audit.before) == ("rival", entry.request, before[item])
            assert audit.after == store.metadata(item)
            # As pairs with their type: true is not 1 here.
            keys = {key for key, _ in typed(audit.before) ^ typed(audit.after)}
            assert keys == {entry.detail}
        assert any(
            entry.detail not in store.metadata(entry.items[0]) for entry in entries
        )  # some were removed
        assert any(entry.detail not in before[entry.items[0]] for entry in entries)  # some were added


def test_not_between_a_read_and_the_write_that_follows():
    with practice("rival=1,rival_items=1000") as (wire, uuids):
        mine, others = uuids[:20], uuids[20:]
        wire.ok(*GET_BULK, **get_bulk(uuids))
        assert sorted(edited(wire)) == sorted(uuids)  # right before they were read
        for _ in range(3):
            wire.ok("GET", "storage/folders")
            assert edited(wire) == []
        wire.ok(*PATCH_BULK, **patch_bulk(mine, {"a": 1}))
        assert edited(wire) == []
        wire.ok("GET", "storage/folders")
        assert sorted(edited(wire)) == sorted(mine)  # patched: the read was used up
        wire.ok(*GET_BULK, **get_bulk(others[:5]))
        assert sorted(edited(wire)) == sorted([*mine, *others[:5]])  # read again: the first read was given up
        wire.ok("GET", "storage/folders")
        assert sorted(edited(wire)) == sorted(mine)


def test_a_listing_is_no_read_before_a_write():
    with practice("rival=1,rival_items=1000") as (wire, uuids):
        folder = wire.encord.store.list_folders()[0][0].uuid
        wire.ok("GET", f"storage/folders/{folder}/items", params={"pageSize": 50})
        assert edited(wire) == []  # nothing was read yet
        wire.ok("GET", "storage/folders")
        assert sorted(edited(wire)) == sorted(uuids[:50])


def test_a_single_item_is_left_alone_too():
    with practice("rival=1") as (wire, uuids):
        folder = wire.encord.store.list_folders()[0][0].uuid
        wire.ok("GET", f"storage/items/{uuids[0]}")
        assert edited(wire) == [uuids[0]]
        wire.ok("GET", "storage/folders")
        wire.ok("PATCH", f"storage/folders/{folder}/items/{uuids[0]}", json={"clientMetadata": {"a": 1}})
        assert edited(wire) == []
        wire.ok("GET", "storage/folders")
        assert edited(wire) == [uuids[0]]


def test_what_was_not_written_stays_open():
    """Half a bundle was applied: the other half is still somebody's to write."""
    with practice("rival=1,rival_items=1000,half_applied=1,seed=1") as (wire, uuids):
        wire.ok(*GET_BULK, **get_bulk(uuids))
        news(wire, "rival")
        with contextlib.suppress(ConnectionError):
            wire.send(*PATCH_BULK, **patch_bulk(uuids, {"a": 1}))
        (half,) = news(wire, "half_applied")
        wire.ok("GET", "storage/folders")
        assert sorted(edited(wire)) == sorted(half.items)
        assert len(half.items) < len(uuids)


def test_two_clients_are_two():
    with practice("rival=1,rival_items=1000") as (wire, uuids):
        other = Wire(wire.encord)
        wire.ok(*GET_BULK, **get_bulk(uuids[:3]))
        other.ok(*GET_BULK, **get_bulk(uuids[:6]))
        news(wire, "rival")
        wire.ok(*PATCH_BULK, **patch_bulk(uuids[:3], {"a": 1}))
        wire.ok("GET", "storage/folders")
        assert edited(wire) == []  # the other one may still patch them
        other.ok(*PATCH_BULK, **patch_bulk(uuids[:2], {"a": 1}))
        wire.ok("GET", "storage/folders")
        assert sorted(edited(wire)) == sorted(uuids[:2])


def test_in_the_window_when_asked_to():
    with practice("rival_in_window=1,rival_items=3") as (wire, uuids):
        wire.ok(*GET_BULK, **get_bulk(uuids[:10]))
        assert news(wire, "rival_in_window") == []
        wire.ok(*PATCH_BULK, **patch_bulk(uuids[:10], {"a": 1}))
        entries = news(wire, "rival_in_window")
        assert len(entries) == 3
        for entry in entries:
            assert entry.items[0] in uuids[:10]
            rival, client = wire.encord.store.audit(entry.items[0])
            assert rival.actor == "rival"
            assert client.before == rival.after  # what the rival did is lost, and the log says so
            assert client.after == {"a": 1}
            assert rival.request == client.request == entry.request


def test_items_that_are_gone_are_passed_over():
    with practice("rival=1,rival_items=1000") as (wire, uuids):
        wire.ok(*GET_BULK, **get_bulk(uuids[:5]))
        wire.ok(*PATCH_BULK, **patch_bulk(uuids[:5], {}))
        news(wire, "rival")
        wire.encord.store.delete(uuids[0])
        wire.ok("GET", "storage/folders")
        assert sorted(edited(wire)) == sorted(uuids[1:5])


def test_the_rival_writes_what_the_schema_allows():
    with EmbeddedEncord(items=300) as encord:
        store = encord.store
        uuids = store.item_uuids(store.list_folders()[0][0].uuid)
        schema = MetadataSchema.from_wire(store.schema())
        wrong_before = {
            (uuid, key)
            for uuid in uuids
            for key, value in store.metadata(uuid).items()
            if schema.misfit(key, value)
        }
        edits: set[tuple[str, str]] = set()
        for seed in range(4):
            edits |= set(Rival(store).edit(uuids, 300, Random(seed), "test"))
        assert len(edits) > 900
        kinds = set()
        for uuid, key in edits:
            metadata = store.metadata(uuid)
            if key in metadata and key in schema:
                kinds.add(schema[key].kind)
                assert schema.misfit(key, metadata[key]) is None or (uuid, key) in wrong_before, (
                    key,
                    metadata[key],
                )
        assert {"number", "boolean", "enum", "datetime", "text"} <= kinds | {"text"}
        assert not any(key.startswith("$") for _, key in edits)
        for uuid in uuids:
            assert all(one.before != one.after for one in store.audit(uuid))
            assert all(one.after == two.before for one, two in pairwise(store.audit(uuid)))


@pytest.mark.parametrize("items", [0, 20])
def test_the_schema_changes_and_stays_one(items: int):
    with EmbeddedEncord(items=items) as encord:
        store = encord.store
        said = []
        for seed in range(60):
            before = store.schema()
            said.append(Rival(store).change_schema(Random(seed), f"r{seed}"))
            after = store.schema()
            assert after != before
            assert checked_schema(after, before) == checked_schema(after, None)
            (entry,) = store.audit("schema")[-1:]
            assert (entry.actor, entry.request, entry.before, entry.after) == (
                "rival",
                f"r{seed}",
                before,
                after,
            )
        endings = {text.rpartition(": ")[2].partition(" ")[0] for text in said}
        assert {"added", "deleted"} <= endings
        assert ("option" in endings) == (items > 0)


def test_a_schema_change_comes_between():
    with practice("schema_change=1") as (wire, _):
        first = wire.ok("GET", "organisation/client-metadata-schema-v2")
        second = wire.ok("GET", "organisation/client-metadata-schema-v2")
        assert first != second
        assert [entry.kind for entry in wire.encord.store.faults()] == ["schema_change"] * 2


def test_a_commit_that_reads_before_it_writes_loses_nothing_to_the_rival():
    """The promise of the window, kept against a real client with several bundles in flight."""
    faults = "rival=0.9,rival_items=20,seed=2"
    with EmbeddedEncord(items=200) as encord:
        encord.register_token("token-of-this-test")
        http = HttpClient(
            BearerCredentials("token-of-this-test"), BASE, transport=InProcessTransport(encord.app)
        )
        with Client(http, title="test") as client:
            items = client.folder(encord.store.list_folders()[0][0].uuid).wait()
            start = {uuid: encord.store.metadata(uuid) for uuid in items.table.uuids}
            encord.faults = faults
            items.stage({uuid: {"district": "mine"} for uuid in start})
            receipt = items.commit(bundle_size=20)
        writes = [entry for entry in encord.store.audit() if entry.actor.startswith("token ")]
        assert len({entry.subject for entry in writes}) > 150
        assert receipt.counts["conflict"] > 0
        for entry in writes:
            assert typed(entry.after) == typed(entry.before | {"district": "mine"})  # no other key was lost
            assert entry.before.get("district") == start[entry.subject].get(
                "district"
            )  # nor this one overwritten
        assert len([entry for entry in encord.store.audit() if entry.actor == "rival"]) > 100
