"""What the commit panel offers after a conflict, what it says while nobody answers, and causes that are said once."""

from __future__ import annotations

import threading

import httpx
import pytest

import encord_widgets as ew
from tests.widgets.browser import Browser


@pytest.fixture
def panel(items):
    with ew.CommitPanel(items) as panel:
        yield Browser(panel)


@pytest.fixture
def conflicting(items, write_as_somebody_else):
    """Two items with a conflict, one of which has a further edit that went through before."""
    first, second = items.uuids[:2]
    items.stage({first: {"weather": "fog"}, second: {"weather": "fog", "lux": 7}})
    for item in (first, second):
        write_as_somebody_else(item, weather="snow")
    assert items.commit().counts == {"verified": 1, "conflict": 2}
    return first, second


def offered(panel):
    summary = panel.state["summary"]
    return summary["conflicts"], summary["clear"]


def settled(panel, conflicts):
    panel.until(lambda: panel.state["summary"]["conflicts"] == conflicts)
    return panel.state["summary"]


def test_what_can_only_conflict_again_is_not_offered(panel, conflicting):
    summary = settled(panel, 2)
    assert (summary["changes"], summary["items"]) == (2, 2)
    assert summary["clear"] == {"changes": 0, "items": 0, "removed": 0, "bundles": 0}


def test_the_rest_is_counted_by_itself(items, panel, conflicting):
    _, second = conflicting
    items.stage({second: {"lux": 8}, items.uuids[2]: {"notes": ew.ABSENT}})
    panel.until(lambda: panel.state["summary"]["changes"] == 4)
    assert offered(panel) == (2, {"changes": 2, "items": 2, "removed": 1, "bundles": 1})


def test_ours_kept_or_dropped_is_no_conflict_any_more(items, panel, conflicting):
    first, second = conflicting
    with ew.DiffPreview(items) as diff:
        page = Browser(diff)
        page.ask("overrule", cells=[[first, "weather"]])
        panel.until(lambda: panel.state["summary"]["conflicts"] == 1)
        assert offered(panel) == (1, {"changes": 1, "items": 1, "removed": 0, "bundles": 1})
        page.ask("drop", cells=[[second, "weather"]])
    panel.until(lambda: panel.state["summary"]["conflicts"] == 0)
    assert items.commit()
    assert items.client.read([first]).metadata[0]["weather"] == "fog"
    assert items.client.read([second]).metadata[0]["weather"] == "snow"


def test_a_conflict_that_somebody_took_back_can_go_through_after_a_look(
    items, panel, conflicting, write_as_somebody_else
):
    first, _ = conflicting
    settled(panel, 2)
    base = items.changes.get(first, "weather").base
    write_as_somebody_else(first, weather=base)
    items.refresh().wait()
    assert settled(panel, 1)["clear"]["changes"] == 1
    assert items.commit().counts == {"verified": 1, "conflict": 1}


def test_an_edit_staged_anew_is_no_conflict(items, panel, conflicting):
    first, _ = conflicting
    items.stage({first: {"weather": "rain"}})
    assert settled(panel, 1)["clear"]["changes"] == 1


# -- while nobody answers --------------------------------------------------------------------------------------


class Gone:
    """A way to the server that can be cut."""

    def __init__(self, inner):
        self.inner, self.cut = inner, False

    async def __call__(self, request):
        if self.cut:
            raise httpx.ConnectError("All connection attempts failed", request=request)
        return await self.inner(request)


@pytest.fixture
def line(client, monkeypatch):
    transport = client._http._transport
    line = Gone(transport.handle_async_request)
    monkeypatch.setattr(transport, "handle_async_request", line)
    return line


def test_what_is_asked_again_is_told_until_it_is_over(items, panel, line):
    items.stage({item: {"lux": 1} for item in items.uuids[:3]})
    line.cut = True
    panel.ask("commit")
    panel.until(lambda: (panel.state["progress"] or {}).get("trouble"))
    trouble = panel.state["progress"]["trouble"]
    assert "refused the connection or cannot be reached; check the network" in trouble
    assert trouble.endswith(" of 6.")
    assert "/v2/public" not in trouble
    line.cut = False
    panel.until(lambda: panel.state["outcome"] and not panel.state["progress"])
    assert panel.state["outcome"]["ok"]
    assert items.client.trouble == ""


def test_a_cause_of_many_is_said_once(items, panel, line, monkeypatch):
    async def at_once(_):
        return None

    items.stage({item: {"lux": 1} for item in items.uuids[:3]})
    line.cut = True
    with monkeypatch.context() as quick:  # the waits between the tries are not what is tested
        quick.setattr("asyncio.sleep", at_once)
        receipt = items.commit()
    assert receipt.counts == {"failed": 3}
    panel.until(lambda: panel.state["outcome"])
    outcome = panel.state["outcome"]
    assert outcome["text"] == "3 of 3 edits are left open."
    (cause,) = outcome["causes"]
    assert cause["count"] == 3
    assert cause["text"].startswith("could not be read: ")
    assert [(row["note"], row["cause"]) for row in outcome["open"]] == [(None, 0)] * 3


def test_a_grid_that_loads_says_what_is_asked_again(items, line):
    with ew.ItemGrid(items) as native, ew.ItemGrid(items, engine="ipydatagrid") as paged:
        page = Browser(native)
        line.cut = True
        again = threading.Thread(target=items.refresh)  # it waits for the schema
        again.start()
        page.until(lambda: page.state["status"]["trouble"])
        assert "refused the connection" in page.state["status"]["trouble"]
        page.until(lambda: "Trying again" in paged._controls.position.value)
        line.cut = False
        again.join(20)
        items.wait()
        page.until(lambda: page.state["status"]["trouble"] is None)
        page.until(lambda: "Trying again" not in paged._controls.position.value)
