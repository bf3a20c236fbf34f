"""A source that was seen before is shown at once, from a file that is its owner's alone."""

from __future__ import annotations

import datetime as dt
import json
import os
import stat
import threading
import time

import pyarrow.parquet as pq
import pytest

import encord_widgets as ew
from encord_widgets.item_cache import ClientCache, cache_folder
from encord_widgets.metadata.table_arrow import ArrowLayout
from tests.cache_world import METADATA, NAME, in_view


@pytest.fixture
def world(cache_world):
    return cache_world


def files(tmp_path):
    return sorted(path for path in (tmp_path / "cache").rglob("*") if path.is_file())


def test_a_source_that_was_seen_before_is_shown_at_once(world, tmp_path):
    before = world.visit()
    with world.held_up() as (items, go):
        assert list(in_view(items).values()) == METADATA
        assert [items.table.name(uuid) for uuid in in_view(items)] == before["name"].tolist()
        assert items.loading.cached is not None
        assert abs(dt.datetime.now(dt.UTC) - items.loading.cached) < dt.timedelta(minutes=5)
        assert not items.loading.finished
        assert items.as_of == (
            f"Shown from the cache of {items.loading.cached:%Y-%m-%d %H:%M} UTC while Encord is read again. "
            "What changed since will be marked."
        )
        assert items.reread is None
        go.set()
        assert items.wait().loading.cached is None
        assert items.frame.equals(before)
        assert (len(items.reread), items.reread.new, items.reread.gone) == (0, (), ())
        assert "no value changed since" in items.as_of


def test_a_source_that_was_never_seen_is_shown_as_ever(world):
    with world.held_up() as (items, go):
        assert in_view(items) == {}
        with pytest.raises(TimeoutError, match=r"0.* items have arrived after 0.01 s\. Loading goes on\."):
            items.wait(0.01)
        go.set()
        items.wait()
        assert (items.reread, items.as_of, items.loading.cached) == (None, "", None)


def test_a_source_that_cannot_be_reached_stays_marked_as_cached(world):
    world.visit()
    with world.kernel(down_from=2) as client:
        items = client.folder(world.folder)
        with pytest.raises(ew.ConnectionFailedError):
            items.wait()
        assert len(in_view(items)) == len(METADATA)
        assert (items.loading.finished, items.loading.cached is not None) == (True, True)
        assert "not from Encord: reading the items again failed" in items.as_of
        with pytest.raises(ew.ConnectionFailedError):
            _ = items.frame  # never answered from the cache
        assert "from the cache of" in ew.ItemGrid(items)._static_html()


def test_a_folder_that_is_gone_leaves_no_cache(world, tmp_path):
    world.visit()
    assert len(files(tmp_path)) == 1
    for uuid in world.uuids:
        world.store.delete(uuid)
    world.server.store.folders.remove(world.folder, actor="second editor", request="python")
    with world.kernel() as client, pytest.raises(ew.AuthorisationError):
        client.folder(world.folder)
    assert files(tmp_path) == []


def test_items_that_are_not_to_be_read_any_more_are_not_shown_either(world, tmp_path):
    with world.kernel() as client:
        client.items(world.uuids).wait()
    assert len(files(tmp_path)) == 1
    for uuid in world.uuids:
        world.store.delete(uuid)
    with world.kernel() as client:
        items = client.items(world.uuids)
        with pytest.raises(ew.AuthorisationError):
            items.wait()
        assert in_view(items) == {}
        assert (items.loading.cached, items.as_of) == (None, "")
        assert items.loading.error
    assert files(tmp_path) == []


def test_of_items_only_those_that_are_still_to_be_read_are_shown_and_kept(world, tmp_path):
    gone, *others = world.uuids
    with world.kernel() as client:
        client.items(world.uuids).wait()
    world.store.delete(gone)  # the server refuses the whole question
    for _ in "twice":
        with world.kernel() as client:
            items = client.items(world.uuids).wait()
            assert items.uuids == list(in_view(items)) == others
            assert [problem.item for problem in items.problems] == [gone]
    (kept,) = files(tmp_path)
    text = str(pq.read_table(kept).to_pydict())
    assert gone not in text
    assert all(item in text for item in others)


def damage_start(path):
    path.write_bytes(b"PAR1" + path.read_bytes()[4:200])


def damage_page(path):
    whole = bytearray(path.read_bytes())
    whole[20:60] = bytes(40)
    path.write_bytes(whole)


def damage_version(path):
    table = pq.read_table(path)
    header = json.loads(table.schema.metadata[b"encord_widgets"]) | {"format": 0}
    pq.write_table(table.replace_schema_metadata({b"encord_widgets": json.dumps(header).encode()}), path)


def damage_all(path):
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [damage_start, damage_page, damage_version, damage_all])
def test_a_file_of_no_use_is_passed_over_and_replaced(world, tmp_path, damage):
    world.visit()
    (path,) = files(tmp_path)
    damage(path)
    with world.held_up() as (items, go):
        assert in_view(items) == {}
        go.set()
        items.wait()
        assert list(in_view(items).values()) == METADATA
    with world.held_up() as (items, _):
        assert list(in_view(items).values()) == METADATA


def test_a_file_of_another_source_is_not_taken(world, tmp_path):
    world.visit()
    (path,) = files(tmp_path)
    other = world.store.add_folder("Other")
    with world.kernel() as client:
        client.folder(other).wait()
    (mine,) = [one for one in files(tmp_path) if one != path]
    mine.write_bytes(path.read_bytes())
    with world.kernel() as client:
        items = client.folder(other).wait()
        assert (len(items), items.reread) == (0, None)


def test_an_empty_source_is_kept_too(world):
    empty = world.store.add_folder("Empty")
    with world.kernel() as client:
        client.folder(empty).wait()
    world.store.add_item(empty, "a.png", {"lux": 1})
    with world.kernel() as client:
        assert len(client.folder(empty).wait().reread.new) == 1


def test_files_are_their_owners_alone_and_hold_no_secret(world, tmp_path):
    with world.kernel() as client:
        items = client.folder(world.folder).wait()
        signed = client.media_url(items.uuids[0])
    (path,) = files(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for folder in (path.parent, path.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    written = repr(pq.read_table(path).to_pydict()) + repr(pq.read_schema(path).metadata)
    assert "rain" in written
    assert "http" not in written
    assert signed.rpartition("/")[2] not in written


def test_accounts_do_not_see_each_others_tables(world):
    world.visit()
    with world.held_up(name="encord.embedded other") as (items, _):
        assert in_view(items) == {}


@pytest.mark.parametrize("how", ["argument", "environment", "no name"])
def test_it_can_be_left_off(world, tmp_path, monkeypatch, how):
    world.visit()
    if how == "environment":
        monkeypatch.setenv("ENCORD_WIDGETS_CACHE", "off")
    off = {"argument": {"enabled": False}, "environment": {}, "no name": {"name": None}}[how]
    with world.held_up(**off) as (items, go):
        assert in_view(items) == {}
        go.set()
        items.wait()
        assert items.as_of == ""
    assert len(files(tmp_path)) == 1, "nothing is written, and nothing deleted unasked"


@pytest.mark.usefixtures("world")
def test_connect_knows_whose_tables_they_are():
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    text = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    with ew.connect(ssh_private_key=text.decode()) as client:
        path = client._cache.of("folder", "here").path
        assert path.parent.name.startswith("api.encord.com_")
        assert client._journals._name == client._cache._name
    with ew.connect(ssh_private_key=text.decode(), cache=False) as client:
        assert client._cache.of("folder", "here") is None
    with ew.connect(bearer_token="secret-token") as client:
        assert client._cache.of("folder", "here") is None


@pytest.mark.usefixtures("world")
def test_a_demo_in_memory_keeps_nothing_and_one_in_a_file_does(tmp_path):
    with ew.demo(items=20) as client:
        client.folder(client.folders("Street scenes")[0]).wait()
    assert files(tmp_path) == []
    for _ in range(2):
        with ew.demo(tmp_path / "encord.db", items=20) as client:
            items = client.folder(client.folders("Street scenes")[0]).wait()
    assert items.reread is not None
    assert not items.reread
    assert len(files(tmp_path)) == 1


def test_it_can_be_deleted(world, tmp_path, monkeypatch):
    world.visit()
    world.visit(name="encord.embedded other")
    with world.kernel() as client:
        client.items(world.uuids).wait()
        client._cache.close()
        assert len(files(tmp_path)) == 3
        assert client.clear_cache() == 2
        assert client.clear_cache() == 0
    assert len(files(tmp_path)) == 1, "those of other accounts stay"
    with world.kernel(name="encord.embedded other", enabled=False) as client:
        assert client.clear_cache() == 1
    with ew.demo(items=20) as client:
        assert client.clear_cache() == 0


@pytest.mark.usefixtures("world")
def test_the_folder_is_the_users_own_unless_another_is_named(monkeypatch, tmp_path):
    assert cache_folder() == tmp_path / "cache"
    for value in ("", "off"):
        monkeypatch.setenv("ENCORD_WIDGETS_CACHE", value)
        assert cache_folder().name == "encord-widgets"


def test_closing_waits_for_a_small_table_and_gives_a_large_one_up(world, tmp_path, monkeypatch):
    monkeypatch.setattr("encord_widgets.item_cache._GRACE", 0.0)
    world.visit()
    [kept] = files(tmp_path)
    kept.unlink()
    monkeypatch.setattr("encord_widgets.item_cache._ROWS_AT_ONCE", 1)
    begun, hurry = threading.Event(), threading.Event()
    slice_of = ArrowLayout.slice

    def slow(layout, start, stop):
        begun.set()
        assert hurry.wait(30)
        return slice_of(layout, start, stop)

    monkeypatch.setattr(ArrowLayout, "slice", slow)
    with world.kernel() as client:
        client._cache._hurry = hurry
        client.folder(world.folder).wait()
        assert begun.wait(30)
    assert files(tmp_path) == [], "neither the table nor a part of it"


def test_two_writers_at_once_leave_a_whole_file(world):
    with world.kernel() as client:
        items = client.folder(world.folder).wait()
        client._cache.close()
        caches = [ClientCache(NAME).of("folder", world.folder) for _ in range(2)]
        failed: list[int] = []
        writers = [
            threading.Thread(
                target=lambda cache=cache: [
                    failed.append(1)
                    for _ in range(20)
                    if not cache._keep(items.table, items.rows, items.lock, time.time())
                ]
            )
            for cache in caches
        ]
        for writer in writers:
            writer.start()
        while any(writer.is_alive() for writer in writers):
            found = caches[0].read()
            assert found is not None
            assert found[0].uuids == world.uuids
        assert failed == []


def test_a_writer_that_began_earlier_does_not_undo_a_later_one(world):
    with world.kernel() as client:
        items = client.folder(world.folder).wait()
        client._cache.close()
        cache = ClientCache(NAME).of("folder", world.folder)
        cache.path.unlink()
        now = time.time()
        some, rows = items.rows[:1], items.rows
        assert cache._keep(items.table, rows, items.lock, now - 10)
        assert cache._keep(items.table, some, items.lock, now - 20)
        table, moment = cache.read()
        assert table.uuids == world.uuids
        assert moment.timestamp() == pytest.approx(now - 10)
        assert cache._keep(items.table, some, items.lock, now - 5)
        assert cache.read()[0].uuids == world.uuids[:1]
        os.utime(cache.path, (now + 10**6,) * 2)  # by a clock that was wrong
        assert cache._keep(items.table, rows, items.lock, now)
        assert cache.read()[0].uuids == world.uuids


def test_a_reader_sees_the_old_file_until_the_new_one_is_whole(world, monkeypatch):
    world.visit()
    with world.kernel() as client:
        items = client.folder(world.folder).wait()
        client._cache.close()
        cache = ClientCache(NAME).of("folder", world.folder)
        before = cache.path.read_bytes()
        monkeypatch.setattr("encord_widgets.item_cache.ArrowLayout.slice", broken)
        failures: list[bool] = []
        cache.keep_soon(
            items.table, items.rows, items.lock, dt.datetime.now(dt.UTC), lambda: failures.append(True)
        )
        client._cache.close()
        for _ in range(1000):
            if failures:
                break
            time.sleep(0.01)
        assert failures == [True]
        assert cache.path.read_bytes() == before
        assert [one.name for one in cache.path.parent.iterdir()] == [cache.path.name], "nothing is left over"


def broken(*_):
    raise OSError("no space left on device")


def test_a_folder_that_takes_no_files_is_no_error(world, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("ENCORD_WIDGETS_CACHE", str(tmp_path / "file"))
    assert len(world.visit()) == len(METADATA)
    assert len(world.visit()) == len(METADATA)


def test_what_was_not_used_for_longest_goes_first(world, tmp_path):
    folders = [world.store.add_folder(f"Folder {n}") for n in range(3)]
    for folder in folders:
        world.store.add_item(folder, "a.png", {"lux": 1})
    size, paths = 0, []
    for age, folder in zip((300, 100, 200), folders, strict=True):
        with world.kernel() as client:
            client.folder(folder).wait()
            paths.append(client._cache.of("folder", folder).path)
            client._cache.close()
        size = paths[-1].stat().st_size
        os.utime(paths[-1], (time.time() - age,) * 2)
    (paths[0].parent / "dead.part").touch()
    os.utime(paths[0].parent / "dead.part", (0, 0))
    world.visit(most_bytes=size * 3 + size // 2)
    left = files(tmp_path)
    assert paths[0] not in left
    assert {*paths[1:]} < {*left}
    assert not [path for path in left if path.suffix == ".part"]
    os.utime(paths[1], (time.time() - 40 * 24 * 3600,) * 2)
    world.store.edit(world.uuids[0], {"lux": 3})  # so that the file is written again
    world.visit()
    assert paths[1] not in files(tmp_path), "what was not used for a month goes"


def test_a_table_beyond_the_limit_is_not_kept(world, tmp_path):
    world.visit(most_bytes=100)
    assert files(tmp_path) == []


def test_an_unchanged_source_is_not_written_again(world, tmp_path):
    world.visit()
    (path,) = files(tmp_path)
    os.utime(path, (time.time() - 1000,) * 2)
    seen, age = path.stat(), path.stat().st_mtime
    world.visit()
    assert path.stat().st_ino == seen.st_ino
    assert path.stat().st_mtime > age, "it is known to be as Encord has it, as of now"
    world.store.edit(world.uuids[0], {"lux": 3})
    world.visit()
    assert path.stat().st_ino != seen.st_ino
    with world.held_up() as (items, _):
        assert in_view(items)[world.uuids[0]]["lux"] == 3


@pytest.mark.usefixtures("world")
def test_collections_and_image_groups_are_kept_too(tmp_path):
    path = tmp_path / "encord.db"
    with ew.demo(path, items=40) as client:
        street = client.folder(client.folders("Street scenes")[0])
        made = street.where('weather = "rain"').to_collection("Rain").uuid
        groups = street.frame.query("item_type == 'image_group' or item_type == 'group'").index
        client.collection(made).wait()
        for group in groups[:1]:
            client.image_group(group).wait()
    with ew.demo(path) as client:
        assert client.collection(made).wait().reread is not None
        for group in groups[:1]:
            assert client.image_group(group).wait().reread is not None
