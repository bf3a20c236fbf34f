"""The schema edited in a notebook: what a change would break, what moves, and what is on the server afterwards."""

from __future__ import annotations

import re

import pytest
from encord import EncordUserClient
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import OpenNotebook, Shot, cells_for
from tests.e2e.contrast import assert_readable
from tests.e2e.editor import Editor
from tests.e2e.notebook import HANG
from tests.served import Served

_WIDGET = "editor = ew.SchemaEditor(client, items)\neditor"


class SchemaBench:
    """The schema editor, in the words of somebody who uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.box = page.locator(".ecw-schema")
        self.changes = self.box.get_by_role("region", name="Staged on the schema")
        self.migration = self.box.get_by_role("region", name="Migration")
        self.outcome = self.box.locator(".ecw-schema-outcome")

    def wait(self) -> SchemaBench:
        """Until every key is there and the values are counted."""
        expect(self.row("weather").locator("td.ecw-schema-number")).to_have_text(
            re.compile(r"\d"), timeout=HANG
        )
        expect(self.box.get_by_role("status").first).not_to_contain_text("counting", timeout=HANG)
        return self

    def row(self, key: str) -> Locator:
        name = self.page.locator(".ecw-schema-key", has_text=re.compile(f"^{re.escape(key)}$"))
        return self.box.locator("tbody tr").filter(has=name)

    def open(self, key: str) -> SchemaBench:
        self.row(key).get_by_role("button", name=key, exact=True).press("Enter")
        expect(self.row(key).get_by_role("button", name=key, exact=True)).to_have_attribute(
            "aria-expanded", "true"
        )
        return self

    def button(self, name: str) -> Locator:
        return self.box.get_by_role("button", name=name, exact=True)


class Organisation:
    """Somebody else with Encord's own SDK, who also says what the schema on the server is."""

    def __init__(self, encord: Served) -> None:
        self._client = EncordUserClient.create_with_ssh_private_key(
            ssh_private_key_path=str(encord.key_file), domain=encord.domain
        )

    def type_of(self, key: str) -> str | None:
        """Type of a key; None if it is not there, or deleted."""
        found = self._client.metadata_schema().get_key_type(key)
        return None if found is None else str(getattr(found, "value", found))

    def options(self, key: str) -> list[str]:
        return list(self._client.metadata_schema().get_enum_options(key))

    def retype(self, key: str, type_: str) -> None:
        schema = self._client.metadata_schema()
        schema.set_scalar(key, data_type=type_)  # type: ignore[arg-type]  # one of its literals
        schema.save()


@pytest.fixture
def organisation(encord: Served) -> Organisation:
    return Organisation(encord)


def test_change_a_type_see_what_breaks_and_save(
    encord: Served,
    organisation: Organisation,
    second_editor: Editor,
    open_notebook: OpenNotebook,
    shot: Shot,
) -> None:
    notebook = open_notebook(*cells_for(encord, widget=_WIDGET))
    notebook.run_all()
    bench = SchemaBench(notebook.page).wait()
    held = [one["lux"] for one in second_editor.everything().values() if "lux" in one]
    numbers = [value for value in held if isinstance(value, (int, float))]

    bench.open("lux")
    bench.box.get_by_label("Change the type to").select_option("boolean")
    bench.button("Re-type only").click()
    expect(bench.changes).to_contain_text("1 key to save: 1 changed.")
    broken = [value for value in held if value is not None]
    expect(bench.changes).to_contain_text(
        f"{len(broken)} of {len(held)} values in view would not fit boolean, {len(numbers)} of them fit now"
    )
    shot(notebook, "schema_impact_light")
    assert organisation.type_of("lux") == "number"

    bench.button("Show the items whose lux would not fit").click()
    expect(bench.box.get_by_role("status").first).to_contain_text(f"in {len(broken)} items")
    assert notebook.ask("len(items.order())") == len(broken)

    bench.button("Take back: lux").click()
    expect(bench.changes).to_have_count(0)
    bench.box.get_by_label("Change the type to").select_option("varchar")
    bench.button("Re-type only").click()
    bench.button("Save schema").press("Enter")
    expect(bench.outcome).to_contain_text("Saved and read back as wanted: 1 key.", timeout=HANG)
    expect(bench.row("lux").first).to_contain_text("varchar")
    assert organisation.type_of("lux") == "varchar"


def test_an_option_is_migrated_end_to_end(
    encord: Served,
    organisation: Organisation,
    second_editor: Editor,
    open_notebook: OpenNotebook,
    shot: Shot,
) -> None:
    before = second_editor.everything()
    foggy = [uuid for uuid, metadata in before.items() if metadata.get("weather") == "fog"]
    assert foggy
    notebook = open_notebook(*cells_for(encord, widget=_WIDGET))
    notebook.run_all()
    bench, page = SchemaBench(notebook.page).wait(), notebook.page

    bench.open("weather")
    bench.box.get_by_role("checkbox", name="fog").focus()
    page.keyboard.press("Space")
    bench.box.get_by_label("Rename “fog” to").focus()
    page.keyboard.type("mist")
    page.keyboard.press("Enter")
    steps = bench.migration.get_by_role("listitem")
    expect(bench.migration).to_contain_text(f"{len(foggy)} edits on {len(foggy)} items")
    expect(bench.migration.locator("[aria-current=step]")).to_contain_text("Add")
    shot(notebook, "schema_migration_light")
    assert second_editor.everything() == before, "nothing happens before a step is run"

    bench.button("Run next step").click()
    expect(bench.migration.locator("[aria-current=step]")).to_contain_text("Move the values", timeout=HANG)
    assert organisation.options("weather") == ["clear", "cloudy", "fog", "mist", "rain", "snow"]
    assert second_editor.everything() == before

    bench.button("Run all steps").click()
    expect(bench.migration.locator("ol .is-done")).to_have_count(4, timeout=HANG)
    expect(steps.last).to_contain_text("done")
    wanted = {
        uuid: metadata | ({"weather": "mist"} if uuid in foggy else {}) for uuid, metadata in before.items()
    }
    assert second_editor.everything() == wanted
    shot(notebook, "schema_migrated_light")
    bench.button("Close").click()
    expect(bench.migration).to_have_count(0)
    assert notebook.ask("len(items.changes)") == 0


def test_a_deletion_is_typed_and_a_conflict_decided(
    encord: Served, organisation: Organisation, open_notebook: OpenNotebook, shot: Shot
) -> None:
    notebook = open_notebook(*cells_for(encord, widget="editor = ew.SchemaEditor(client)\neditor"))
    notebook.run_all()
    bench, page = SchemaBench(notebook.page), notebook.page
    bench.open("notes").button("Delete").click()
    bench.open("speed_kmh").box.get_by_label("Change the type to").select_option("text")
    bench.button("Re-type only").click()
    bench.button("Add key").click()
    bench.box.get_by_label("Key", exact=True).fill("Weather")
    expect(bench.box.locator(".ecw-schema-rules")).to_contain_text("differs by more than case")
    expect(bench.button("Add")).to_be_disabled()
    bench.box.get_by_label("Key", exact=True).fill("road")
    bench.box.get_by_label("Type", exact=True).select_option("enum")
    bench.box.get_by_label("Options, one a line or separated by commas").fill("dry, wet")
    bench.button("Add").click()
    expect(bench.changes).to_contain_text("3 keys to save: 1 added, 1 changed, 1 deleted.")

    organisation.retype("speed_kmh", "varchar")
    bench.button("Save schema").click()
    question = bench.changes.get_by_label("Type notes to save")
    expect(question).to_be_focused()
    page.keyboard.type("note")
    expect(bench.button("Delete and save")).to_be_disabled()
    page.keyboard.type("s")
    page.keyboard.press("Enter")
    expect(bench.changes.get_by_role("alert")).to_contain_text(
        "was number; mine is text, theirs is varchar", timeout=HANG
    )
    shot(notebook, "schema_conflict_light")
    assert organisation.type_of("notes") == "text", "nothing is saved while there is a conflict"

    bench.button("Take theirs: speed_kmh").click()
    bench.button("Save schema").click()
    page.keyboard.type("notes")
    page.keyboard.press("Enter")
    expect(bench.outcome).to_contain_text("Saved and read back as wanted: 2 keys.", timeout=HANG)
    assert organisation.type_of("notes") is None
    assert organisation.type_of("speed_kmh") == "varchar"
    assert organisation.options("road") == ["dry", "wet"]


def test_it_can_be_read_in_both_themes_and_when_narrow(
    shared_encord: Served, open_notebook: OpenNotebook, shot: Shot
) -> None:
    notebook = open_notebook(*cells_for(shared_encord, widget=_WIDGET))
    page = notebook.page
    notebook.hide_sidebar()
    notebook.run_all()
    bench = SchemaBench(page).wait()
    bench.button("Add key").click()
    bench.box.get_by_label("Key", exact=True).fill("a/b")
    expect(bench.box.locator(".ecw-schema-rules .ecw-s-invalid")).to_be_visible()
    bench.open("lux").box.get_by_label("Change the type to").select_option("boolean")
    bench.button("Re-type only").click()
    expect(bench.changes).to_contain_text("would not fit boolean")
    bench.open("weather").box.get_by_role("checkbox", name="snow").check()
    bench.box.get_by_label("Rename “snow” to").fill("sleet")
    bench.button("Plan the rename…").click()
    expect(bench.migration).to_contain_text("Verify")
    for theme in notebook.in_both_themes():
        for width in (1400, 620):
            page.set_viewport_size({"width": width, "height": 1100})
            shot(notebook, f"schema_{theme}_{width}")
            assert_readable(bench.box, texts=61)
            inner, outer = bench.box.evaluate("one => [one.scrollWidth, one.clientWidth]")
            assert inner <= outer
    for control in bench.box.locator("button, input, select, textarea").all():
        expect(control).to_have_accessible_name(re.compile(r"\w"))
