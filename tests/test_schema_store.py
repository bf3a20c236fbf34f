"""The guarded save: re-read, merged, sent as a whole, read back; with rivals, lost answers and unknown types."""

from __future__ import annotations

import httpx
import orjson
import pytest

import encord_widgets as ew
from encord_widgets import schema_store
from encord_widgets.metadata.schema import KeyType, MetadataSchema
from encord_widgets.metadata.schema_merge import SchemaConflictError
from tests.schema_world import world

NUMBER = {"ty": "variant", "hint": "number"}
TEXT = {"ty": "variant", "hint": "text"}
VARCHAR = {"ty": "variant", "hint": "varchar"}
SCHEMA = {"lux": NUMBER, "notes": TEXT, "weather": {"ty": "enum", "values": ["fog", "rain"]}}
METADATA = [{"lux": 5, "weather": "fog"}, {"lux": "n/a", "weather": "hail"}, {"lux": None}, {"place": "Oslo"}]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(schema_store, "_WAIT", 0)


@pytest.fixture
def small():
    with world(METADATA, SCHEMA) as made:
        yield made


def posts(line):
    return [path for method, path in line.requests if method == "POST"]


def test_a_save_is_proved_and_seen_by_all(small):
    with small.client() as client:
        items = client.folder(small.folder).wait()
        heard = []
        items.events.schema.connect(lambda: heard.append(items.schema.get("rating")))
        client.schema.add("rating", "number").add_options("weather", ["hail"]).retype("lux", "text")
        assert "rating" not in items.schema  # checked against what Encord holds
        assert items.schema["lux"].kind == "number"
        receipt = client.schema.save()
        assert receipt
        assert {row.key: row.status for row in receipt.rows} == dict.fromkeys(
            ["rating", "weather", "lux"], "verified"
        )
        assert heard
        assert heard[-1].kind == "number"
        assert items.schema is client.schema.live
        assert small.schema == {
            "lux": TEXT, "notes": TEXT, "weather": {"ty": "enum", "values": ["fog", "hail", "rain"]}, "rating": NUMBER,
        }  # fmt: skip
        assert not client.schema.diff()
        assert client.schema.save().text == "Nothing to save."
        assert len(posts(client.line)) == 1


def test_a_new_organisation_has_no_schema_yet():
    with world([{}], {}) as new, new.client() as client:
        assert dict(client.schema) == {}
        assert client.schema.add("lux", "number").save()
        assert new.schema == {"lux": NUMBER}


def test_what_a_rival_saved_meanwhile_is_kept(small):
    with small.client() as client:
        schema = client.schema.add_options("weather", ["hail"]).retype("lux", "text")
        small.rival(city=VARCHAR, weather={"ty": "enum", "values": ["fog", "rain", "snow"]})
        assert schema.save()
        assert small.schema["city"] == VARCHAR
        assert set(small.schema["weather"]["values"]) == {"fog", "rain", "snow", "hail"}
        assert small.schema["lux"] == TEXT


def test_a_rival_on_the_same_key_is_a_conflict_and_nothing_is_saved(small):
    with small.client() as client:
        schema = client.schema.retype("lux", "text").add("rating", "number")
        small.rival(lux=VARCHAR)
        before = small.schema
        with pytest.raises(
            SchemaConflictError, match="lux: was number, wanted text, is varchar by now"
        ) as caught:
            schema.save()
        (conflict,) = caught.value.conflicts
        assert (conflict.base.kind, conflict.ours.kind, conflict.theirs.kind) == ("number", "text", "varchar")
        assert small.schema == before
        with pytest.raises(SchemaConflictError):
            schema.save()
        assert schema.resolve("lux", "ours").save()
        assert small.schema["lux"] == TEXT
        assert small.schema["rating"] == NUMBER


def test_the_same_edit_by_a_rival_is_already_there(small):
    with small.client() as client:
        schema = client.schema.add("rating", "number")
        small.rival(rating=NUMBER)
        receipt = schema.save()
        assert receipt
        assert [row.status for row in receipt.rows] == ["already"]
        assert posts(client.line) == []


def test_a_rival_between_the_save_and_the_reading_back_is_told(small):
    def between(number, request):
        if request.method == "GET" and posts(client.line):
            small.store.set_schema(
                {**SCHEMA, "notes": VARCHAR}, actor="rival"
            )  # built on what was before our save

    with small.client() as client:
        client.schema.add("rating", "number")
        client.line.between = between
        receipt = client.schema.save()
        assert not receipt
        assert {row.key: row.status for row in receipt.rows} == {"rating": "differs", "notes": "moved"}
        assert [edit.key for edit in client.schema.edits] == ["rating"]  # still wanted


def test_deleting_needs_leave_by_name(small):
    with small.client() as client:
        schema = client.schema.delete("notes").delete_for_good("lux")
        with pytest.raises(ew.InvalidInputError, match="allow_delete") as caught:
            schema.save()
        assert [problem.key for problem in caught.value.problems] == ["notes", "lux"]
        assert "never be restored" in str(caught.value)
        with pytest.raises(ew.InvalidInputError) as caught:
            schema.save(allow_delete=["notes"])
        assert [problem.key for problem in caught.value.problems] == ["lux"]
        assert small.schema == SCHEMA
        with pytest.raises(ew.InvalidInputError):
            schema.save(allow_delete="notes and lux")
        assert schema.save(allow_delete=["notes", "lux"])
        assert small.schema["notes"] == {"ty": "tombstone", "deleted_ty": TEXT}
        assert small.schema["lux"] == {"ty": "tombstone", "deleted_ty": None}
        assert schema.restore("notes").save()
        assert small.schema["notes"] == TEXT
        assert schema.delete("notes").save(allow_delete=True)
        assert schema.add("notes", "number").save()  # a deleted scalar can be defined anew
        assert small.schema["notes"] == NUMBER


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_lost_answer_is_looked_up_not_guessed(small, arrives, failing):
    """The first attempts fail; the save is done once, whether or not they arrived."""
    with small.client() as client:
        client.schema.add("rating", "number")
        inner, sends = client.line._inner.handle_async_request, []

        async def flaky(request):
            if request.method == "POST":
                sends.append(request)
                if len(sends) <= failing:
                    if arrives:
                        await (await inner(request)).aread()
                    raise httpx.ReadError("gone", request=request)
            return await inner(request)

        client.line._inner.handle_async_request = flaky
        assert client.schema.save()
        assert small.schema["rating"] == NUMBER
        assert len(sends) == (1 if arrives else failing + 1)


def test_a_server_that_stays_away_is_an_error_and_the_edits_stay(small):
    with small.client() as client:
        client.schema.add("rating", "number")
        client.line._down_from = len(client.line.requests)
        with pytest.raises(ew.ApiError):
            client.schema.save()
        assert client.schema.diff().sentence == "1 key added"


class Opaque:
    """A server of another version: it keeps what it is sent, or merges it, and knows types that nobody knows."""

    def __init__(self, schema, merges):
        self.schema, self.merges, self.sent = schema, merges, []

    async def __call__(self, scope, receive, send):
        body = b""
        while (message := await receive()).get("more_body"):
            body += message["body"]
        body += message.get("body", b"")
        answer = b"null"
        if scope["method"] == "POST":
            self.sent.append(orjson.loads(body))
            self.schema = {**self.schema, **self.sent[-1]} if self.merges else self.sent[-1]
        else:
            answer = orjson.dumps(self.schema)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


@pytest.mark.parametrize("merges", [True, False])
def test_unknown_types_survive_and_no_key_is_left_out(small, merges):
    strange = {
        **SCHEMA,
        "future": {"ty": "hologram", "depth": 4, "inner": [{"x": None}]},
        "odd": "number",
        "void": None,
    }
    with small.client() as client:
        server = Opaque(strange, merges)
        client.line._inner = type(client.line._inner)(server)
        client.schema.add("rating", "number").delete("future")
        assert client.schema.save(allow_delete=True)
        (sent,) = server.sent
        assert set(sent) == {*strange, "rating"}
        assert {key: sent[key] for key in strange if key != "future"} == {
            key: ty for key, ty in strange.items() if key != "future"
        }
        assert sent["future"] == {"ty": "tombstone", "deleted_ty": strange["future"]}
        assert client.schema.restore("future").save()
        assert server.schema["future"] == strange["future"]


def test_a_key_that_the_server_drops_is_told(small):
    class Dropping(Opaque):
        async def __call__(self, scope, receive, send):
            await super().__call__(scope, receive, send)
            self.schema.pop("notes", None) if self.sent else None

    with small.client() as client:
        client.line._inner = type(client.line._inner)(Dropping(dict(SCHEMA), merges=False))
        receipt = client.schema.add("rating", "number").save()
        assert not receipt
        assert {row.key: row.status for row in receipt.rows} == {"rating": "verified", "notes": "lost"}
        assert "gone" in receipt.text


def test_edits_stay_over_a_refresh_and_go_when_they_are_live(small):
    with small.client() as client:
        schema = client.schema.add("rating", "number")
        assert client.refresh_schema() is schema is client.schema
        assert schema.diff().sentence == "1 key added"
        small.rival(rating=NUMBER)
        client.folder(small.folder).wait().refresh().wait()
        assert schema.edits == ()
        assert "rating" in schema.live


def test_usage_and_impact_of_the_items_in_view(small):
    with small.client() as client:
        items = client.folder(small.folder).wait()
        usage = {one.key: one for one in client.schema.usage(items)}
        assert [*usage] == ["lux", "notes", "weather", "place"]
        assert (usage["lux"].used, usage["lux"].nulls, usage["lux"].misfits) == (3, 1, 1)
        assert (usage["weather"].misfits, usage["place"].inferred.kind) == (1, "varchar")
        items.stage({small.uuids[0]: {"lux": 7, "weather": "rain"}})
        client.schema.retype("lux", "boolean").delete("weather")
        impact = client.schema.impact(items)
        assert (impact["lux"].misfits, impact["lux"].breaks) == (2, 1)
        assert {example.value for example in impact["lux"].examples} == {7, "n/a"}
        for key in ("lux", "weather"):
            items.filter = impact.filter(key)
            assert len(items.order()) == impact[key].misfits == 2
            items.filter = None
        items.filter = impact.filter("lux")
        assert {one.key: one.used for one in client.schema.usage(items)}[
            "weather"
        ] == 2  # of the items in view


def test_a_schema_from_a_file_is_staged_as_a_whole(small):
    with small.client() as client:
        wanted = MetadataSchema.from_yaml(
            "lux: {ty: variant, hint: text}\n"
            "weather: {ty: enum, values: [rain, hail]}\n"
            "gain: {ty: number, format: F32}\n"
            "gone: {ty: tombstone, deleted_ty: null}\n"
        )
        client.schema.stage(wanted)
        assert (
            client.schema.diff().text
            == "lux: re-typed, number → text\nweather: options added, hail\ngain: added, number"
        )
        assert client.schema.undo()
        assert not client.schema.diff()
        assert client.schema.redo()
        assert client.schema.save()
        client.schema.stage({"score": "number", "lux": "number"}).discard(["lux"])
        assert client.schema.diff().text == "score: added, number"
        client.schema.discard()
        before = client.schema.to_wire()
        with pytest.raises(ew.InvalidInputError) as caught:
            client.schema.stage({"a": KeyType("number"), "weather": KeyType("text"), "b/c": KeyType("text")})
        assert [problem.key for problem in caught.value.problems] == ["weather", "b/c"]
        assert client.schema.to_wire() == before
