"""The filter builder in a notebook: by keyboard, by mouse, by text and from the values there are, always one filter."""

from __future__ import annotations

import re
import time
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import OpenNotebook, Shot, cells_for
from tests.e2e.contrast import assert_readable
from tests.e2e.notebook import HANG, Notebook
from tests.served import Served

_WIDGET = "builder = ew.FilterBuilder(items.wait())\nbuilder"
_BOTH = (
    "import ipywidgets\n"
    "builder = ew.FilterBuilder(items.wait())\n"
    "ipywidgets.VBox([builder, ew.ItemGrid(items, height=300)])"
)


class Builder:
    """The filter builder, in the words of somebody who uses it."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook
        self.page: Page = notebook.page
        self.box = self.page.locator(".ecw-filter")
        self.total = self.box.locator(".ecw-f-total")
        self.text = self.box.get_by_label("As text")
        self.facets = self.box.get_by_role("region", name="Values of a column")

    def wait(self) -> Builder:
        """Until the items are counted."""
        expect(self.total).to_have_text(re.compile(r"^\d+ of \d+ items match$"), timeout=HANG)
        return self

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.box.get_by_role("button", name=name, exact=isinstance(name, str))

    def rule(self, words: str) -> Locator:
        return self.box.get_by_role("listitem", name=words, exact=True)

    def handle(self, words: str) -> Locator:
        return self.button(f"Move: {words}")

    def has(self, text: str, expression: str = "items.filter.text") -> Builder:
        """The kernel's filter is this one."""
        until = time.monotonic() + HANG / 1000
        while (found := self.notebook.ask(expression)) != text:
            assert time.monotonic() < until, f"{expression} is {found!r}, not {text!r}"
            time.sleep(0.1)
        return self

    def set(self, text: str) -> Builder:
        """Set the filter in Python."""
        self.notebook.ask(f"setattr(items, 'filter', {text!r})")
        return self

    def matches(self, text: str) -> Builder:
        """The number that is shown is the kernel's."""
        count = self.notebook.ask(f"items.where({text!r}).count")
        expect(self.total).to_have_text(re.compile(rf"^{count} of \d+ items? match$"))
        return self


def test_by_mouse(shared_encord: Served, open_notebook: OpenNotebook, shot: Shot) -> None:
    notebook = open_notebook(*cells_for(shared_encord, widget=_BOTH))
    notebook.run_all()
    builder = Builder(notebook).wait()
    page = notebook.page
    builder.button("Add a rule to the filter").click()
    builder.box.get_by_label("Column", exact=True).select_option(label="weather")
    builder.box.get_by_label("rain", exact=True).check()
    builder.has('weather in ["rain"]')
    builder.box.get_by_label("fog", exact=True).check()
    builder.has('weather in ["rain", "fog"]').matches('weather in ["rain", "fog"]')

    builder.button("Add a group to the filter").click()
    builder.button("Add a rule to this group").click()
    builder.box.get_by_label("Column", exact=True).nth(1).select_option(label="lux")
    builder.box.get_by_label("lux: operator").select_option(label="is below")
    builder.box.get_by_label("lux is below: value").fill("500")
    builder.has('weather in ["rain", "fog"] and any(lux < 500)')
    builder.button("Negate: group, any of 1 part").click()
    builder.has('weather in ["rain", "fog"] and not any(lux < 500)')
    shot(notebook, "filter_by_mouse")
    expect(builder.rule("lux is below 500").locator(".ecw-f-count")).to_have_text(re.compile(r"^\d+ match"))

    # Drag the first rule into the group, below the other one.
    handle, target = builder.handle("weather is one of rain, fog"), builder.rule("lux is below 500")
    box = target.bounding_box()
    assert box is not None
    handle.hover()
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + box["height"] / 2, steps=4)
    page.mouse.move(box["x"] + 60, box["y"] + box["height"] - 3, steps=4)
    expect(target).to_have_class(re.compile("is-drop-after"))
    shot(notebook, "filter_drag")
    page.mouse.up()
    builder.has('not (lux < 500 or weather in ["rain", "fog"])')
    builder.matches('not (lux < 500 or weather in ["rain", "fog"])')

    builder.button("Mute: lux is below 500").click()
    builder.has('not (muted(lux < 500) or weather in ["rain", "fog"])')
    shown = notebook.ask("len(items.order())")
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", str(shown + 1))
    builder.button(re.compile("^Remove: .*weather")).click()
    builder.button("Clear").click()
    builder.has("everything")


def test_by_keyboard(shared_encord: Served, open_notebook: OpenNotebook, shot: Shot) -> None:
    notebook = open_notebook(*cells_for(shared_encord, widget=_WIDGET))
    notebook.run_all()
    builder = Builder(notebook).wait()
    page, before = notebook.page, notebook.kinds_and_counts()

    def press(*keys: str) -> None:
        for key in keys:
            page.keyboard.press(key)

    builder.button("Add a rule to the filter").focus()
    press("Enter")
    expect(builder.box.get_by_label("Column", exact=True)).to_be_focused()
    page.keyboard.type("weather")
    expect(builder.box.get_by_label("weather: operator")).to_be_visible()
    press("Tab", "Tab")  # operator, first option
    expect(builder.box.get_by_label("clear", exact=True)).to_be_focused()
    press("Space")
    builder.has('weather in ["clear"]')

    builder.button("Add a group to the filter").press("Enter")
    builder.button("Add a rule to this group").press("Enter")
    expect(builder.box.get_by_label("Column", exact=True).nth(1)).to_be_focused()
    page.keyboard.type("lux")
    builder.box.get_by_label("lux: operator").focus()
    page.keyboard.type("is at least")
    field = builder.box.get_by_label("lux is at least: value")
    field.focus()
    page.keyboard.type("100")
    press("Enter")
    builder.has('weather in ["clear"] and any(lux >= 100)')

    # Into the group beside, down in it, negated, muted, heard again, and out of it once more.
    builder.handle("weather is one of clear").focus()
    press("Alt+ArrowRight")
    builder.has('weather in ["clear"] or lux >= 100')
    expect(builder.handle("weather is one of clear")).to_be_focused()
    press("Alt+ArrowDown")
    builder.has('lux >= 100 or weather in ["clear"]')
    press("n")
    builder.has('lux >= 100 or weather not in ["clear"]')
    press("m")
    builder.has('lux >= 100 or muted(weather not in ["clear"])')
    shot(notebook, "filter_by_keyboard")
    press("m", "Alt+ArrowLeft")
    builder.has('any(lux >= 100) and weather not in ["clear"]')
    expect(builder.box.locator("[aria-live=polite]")).to_contain_text("Moved to place 2 of 2")
    press("Delete")
    builder.has("any(lux >= 100)")
    assert notebook.kinds_and_counts() == before, "a key reached the notebook"


def test_by_text_and_from_python(shared_encord: Served, open_notebook: OpenNotebook, shot: Shot) -> None:
    notebook = open_notebook(*cells_for(shared_encord, widget=_WIDGET))
    notebook.run_all()
    builder = Builder(notebook).wait()
    builder.text.fill('weather = "rain" and lux > > 5')
    said = builder.box.locator(".ecw-f-said")
    expect(said.locator(".ecw-f-caret")).to_have_text(re.compile(r"^ {27}\^$"))
    expect(builder.text).to_have_attribute("aria-invalid", "true")
    expect(builder.text).to_have_accessible_description(re.compile("expected .* At character 28"))
    shot(notebook, "filter_text_error")
    builder.text.fill('weather = "rain" and not (lux < 500 or `captured at` is absent)')
    expect(said).to_contain_text("would match")
    builder.text.press("Enter")
    wanted = 'weather = "rain" and not (lux < 500 or `captured at` is absent)'
    builder.has(wanted).matches(wanted)
    expect(builder.rule("captured at is absent")).to_be_visible()
    builder.has('"rain"', "builder.filter.text[10:16]")

    # Set in Python, seen here; observed there.
    notebook.ask(
        "globals().update(seen=[]) or builder.observe(lambda c: seen.append(c['new'].text), 'filter')"
    )
    builder.set("vehicles between 1 and 3 or muted(notes is null)")
    expect(builder.rule("muted notes is null")).to_be_visible()
    expect(builder.text).to_have_value("vehicles between 1 and 3 or muted(notes is null)")
    builder.box.get_by_label("vehicles is between: high").fill("4")
    builder.has("vehicles between 1 and 4 or muted(notes is null)")
    assert notebook.ask("seen")[-1] == "vehicles between 1 and 4 or muted(notes is null)"

    # Kept by name, loaded again, copied as code that says the same.
    builder.button("Saved…").click()
    dialog = notebook.page.get_by_role("dialog")
    expect(dialog.get_by_label("Name")).to_be_focused()
    dialog.get_by_label("Name").fill("few vehicles")
    dialog.get_by_label("Name").press("Enter")
    expect(dialog.get_by_role("button", name="Load few vehicles")).to_be_visible()
    notebook.page.keyboard.press("Escape")
    builder.button("Clear").click()
    builder.has("everything")
    builder.button("Saved…").click()
    dialog.get_by_role("button", name="Load few vehicles").click()
    builder.has("vehicles between 1 and 4 or muted(notes is null)")
    builder.button("Copy as…").click()
    code = dialog.locator("pre").nth(1).inner_text()
    assert notebook.ask(f"(lambda F, Filter: ({code}) == items.filter)(ew.F, ew.Filter)") is True
    notebook.page.keyboard.press("Escape")


def _drag(page: Page, handle: Locator, to: float) -> None:
    """Drag a histogram's handle to a place along it, 0 to 1."""
    plot = page.locator(".ecw-f-plot").bounding_box()
    assert plot is not None
    handle.hover()
    page.mouse.down()
    page.mouse.move(plot["x"] + plot["width"] * to, plot["y"] + 20, steps=6)
    page.mouse.up()


def test_values_of_a_column(shared_encord: Served, open_notebook: OpenNotebook, shot: Shot) -> None:
    notebook = open_notebook(*cells_for(shared_encord, widget=_WIDGET))
    notebook.run_all()
    builder = Builder(notebook).wait()
    page = notebook.page
    builder.facets.get_by_label("Values of").select_option(label="lux")
    low = builder.facets.get_by_role("slider", name="lux: from")
    high = builder.facets.get_by_role("slider", name="lux: to")
    expect(low).to_be_visible()
    _drag(page, low, 0.25)
    _drag(page, high, 0.75)
    shot(notebook, "filter_histogram")

    def bounds() -> tuple[float, float]:
        found: Any = notebook.ask(
            "[list(rule.values) for _, rule in items.filter.rules() if rule.op == 'between']"
        )
        assert len(found) == 1, found
        return found[0][0], found[0][1]

    builder.has("True", "str(len(list(items.filter.rules())) == 1)")
    first, last = bounds()
    assert first < last
    assert float(low.get_attribute("aria-valuenow") or "nan") == first
    assert float(high.get_attribute("aria-valuenow") or "nan") == last
    builder.matches(f"lux between {first} and {last}")
    high.focus()
    page.keyboard.press("ArrowLeft")
    builder.has("True", f"str(max(rule.values[1] for _, rule in items.filter.rules()) < {last})")
    low.focus()
    page.keyboard.press("Home")
    high.focus()
    page.keyboard.press("End")
    builder.has("everything")

    builder.facets.get_by_label("Values of").select_option(label="weather")
    builder.facets.get_by_role("button", name=re.compile("^rain")).click()
    builder.has('weather in ["rain"]')
    builder.facets.get_by_role("button", name=re.compile("^fog")).click()
    builder.has('weather in ["rain", "fog"]')
    expect(builder.facets.get_by_role("button", name=re.compile("fog"))).to_have_attribute(
        "aria-pressed", "true"
    )


def test_the_builder_can_be_read_in_both_themes(
    shared_encord: Served, open_notebook: OpenNotebook, shot: Shot
) -> None:
    notebook = open_notebook(*cells_for(shared_encord, widget=_WIDGET))
    notebook.run_all()
    builder = Builder(notebook).wait()
    builder.set(
        'weather in ["rain"] and not (lux < 5 or notes is absent) and muted(camera contains "a" any case)'
    )
    expect(builder.rule("notes is absent")).to_be_visible()
    builder.text.fill("lux <")
    expect(builder.box.locator(".ecw-f-caret")).to_be_visible()
    for theme in notebook.in_both_themes():
        shot(notebook, f"filter_{theme}")
        assert_readable(builder.box, texts=21)
    for control in builder.box.locator("button, input, select, textarea, [role=slider]").all():
        expect(control).to_have_accessible_name(re.compile(r"\w"))
