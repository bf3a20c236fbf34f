"""The native grid: the whole job by keyboard, and what must not happen on the way."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.benches import Diff, Grid, Panel
from tests.e2e.conftest import OpenNotebook, Shot, cells_for
from tests.e2e.editor import Editor
from tests.served import Served


# Slow answers, so that the panel has something to show while it commits.
@pytest.mark.parametrize("encord", [("--items", "60", "--latency-ms", "150")], indirect=True)
def test_the_whole_job_by_keyboard(
    encord: Served, second_editor: Editor, open_notebook: OpenNotebook, shot: Shot
) -> None:
    before = second_editor.everything()
    notebook = open_notebook(*cells_for(encord))
    notebook.run_all()
    page = notebook.page
    grid, diff, panel = Grid(page).wait(), Diff(page), Panel(page)
    uuids = [grid.item(row) for row in range(8)]
    names = [second_editor.name(uuid) for uuid in uuids]
    shot(notebook, "workbench_light")

    grid.focus()
    grid.type(0, "camera", "roof, Grünerløkka")
    grid.type(1, "speed_kmh", "12.5")
    grid.go_to(1, "reviewed").press("Space").staged(1, "reviewed")
    grid.choose(3, "weather", "rain")
    grid.type(6, "district", "Old Town")  # this item has no metadata at all
    grid.type(7, "camera", "roof")  # a video with frame-level metadata under $encord
    grid.go_to(0, "vehicles").press("Delete").staged(0, "vehicles")
    grid.type(5, "camera", "mine")
    grid.type(5, "district", "Harbour")

    grid.press("Control+z").not_staged(5, "district")
    diff.has_rows(8)
    grid.press("Control+Shift+z").staged(5, "district")
    diff.has_rows(9)
    shot(notebook, "diff_light")

    diff.shows(names[0], "camera", before[uuids[0]]["camera"], "roof, Grünerløkka")
    diff.shows(names[1], "reviewed", "false", "true")
    diff.shows(names[3], "weather", "drizzle", "rain")
    diff.shows(names[6], "district", "not set", "Old Town")
    diff.shows(names[0], "vehicles", str(before[uuids[0]]["vehicles"]), "\N{MINUS SIGN} remove")

    second_editor.write(uuids[5], camera="theirs", added=[1, None])
    assert second_editor.metadata(uuids[0]) == before[uuids[0]], "nothing is sent before the commit"

    panel.watch()
    panel.commit.focus()
    page.keyboard.press("Enter")
    expect(panel.stop).to_be_visible()
    shot(notebook, "committing_light")
    expect(panel.outcome).to_be_visible()
    shot(notebook, "committed_light")
    assert {"Writing", "Reading back and comparing"} & set(panel.seen()), panel.seen()
    assert panel.tally() == {"verified": 8, "conflict": 1}
    expect(panel.open_row(names[5], "camera")).to_contain_text("conflict")
    expect(diff.row(names[5], "camera")).to_contain_text("now in Encord: theirs")
    grid.focus().go_to(5, "camera")
    expect(grid.status).to_contain_text("conflict")
    shot(notebook, "conflict_light")

    wanted = {uuid: dict(metadata) for uuid, metadata in before.items()}
    wanted[uuids[0]]["camera"] = "roof, Grünerløkka"
    del wanted[uuids[0]]["vehicles"]
    wanted[uuids[1]] |= {"speed_kmh": 12.5, "reviewed": True}
    wanted[uuids[3]]["weather"] = "rain"
    wanted[uuids[5]] |= {"camera": "theirs", "added": [1, None], "district": "Harbour"}
    wanted[uuids[6]]["district"] = "Old Town"
    wanted[uuids[7]]["camera"] = "roof"
    assert "$encord" in wanted[uuids[7]]
    assert second_editor.everything() == wanted

    # Overruled on purpose, ours is written; what somebody else added stays.
    diff.row(names[5], "camera").get_by_role("button", name="Keep our").click()
    expect(diff.row(names[5], "camera")).to_contain_text("staged")
    panel.commit.click()
    expect(panel.outcome).to_contain_text("The edit is on Encord and read back as wanted")
    assert panel.tally() == {"verified": 1}
    shot(notebook, "all_verified_light")
    wanted[uuids[5]]["camera"] = "mine"
    assert second_editor.everything() == wanted
