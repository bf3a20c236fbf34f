"""What somebody sees when the other side is away, or says no."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import expect

from tests.e2e.benches import Diff, Grid, Panel
from tests.e2e.conftest import OpenNotebook, Shot, cells_for
from tests.e2e.editor import Editor
from tests.e2e.notebook import HANG
from tests.served import Served


def test_the_server_goes_down(encord: Served, open_notebook: OpenNotebook, shot: Shot) -> None:
    notebook = open_notebook(*cells_for(encord))
    notebook.run_all()
    grid, diff, panel = Grid(notebook.page).wait(), Diff(notebook.page), Panel(notebook.page)
    name = grid.cell(0, "name").inner_text()
    grid.focus().type(0, "camera", "roof").type(1, "camera", "hood")
    diff.has_rows(2)
    encord.process.terminate()
    encord.process.wait(10)

    panel.commit.click()
    grid.box.get_by_role("button", name="Read the items again").click()
    for box in (panel.box, grid.box):  # not 20 s of silence
        expect(box.locator(".ecw-waiting")).to_contain_text("Trying again,", timeout=HANG)
        expect(box.locator(".ecw-waiting")).to_contain_text(f"{encord.domain} refused the connection")
    shot(notebook, "asked_again_light")
    expect(panel.outcome).to_be_visible(timeout=120_000)
    assert panel.tally() == {"failed": 2}
    expect(panel.outcome).to_contain_text("2 of 2 edits are left open")
    cause = panel.outcome.locator(".ecw-cause")
    expect(cause).to_have_count(1)
    expect(cause).to_contain_text("2 edits: could not be read: ")
    expect(cause).to_contain_text(
        f"{encord.domain} refused the connection or cannot be reached; check the network"
    )
    expect(cause.locator("details > div")).to_be_hidden()
    cause.locator("summary").focus()
    notebook.page.keyboard.press("Enter")
    expect(cause.locator("details > div")).to_be_visible()
    expect(panel.open_row(name, "camera")).not_to_contain_text(encord.domain)
    expect(diff.row(name, "camera")).to_contain_text("failed")
    expect(diff.row(name, "camera")).not_to_contain_text("now in Encord")  # nobody could look
    expect(grid.box.get_by_role("alert").first).to_contain_text(encord.domain, timeout=120_000)
    shot(notebook, "server_down_light")
    assert "Traceback" not in grid.box.inner_text()

    diff.has_rows(2)
    assert notebook.ask("[[c.key, c.after] for c in items.changes]") == [
        ["camera", "roof"],
        ["camera", "hood"],
    ]
    expect(panel.commit).to_be_enabled()


def test_a_wrong_key_and_an_unknown_folder_are_one_sentence_each(
    shared_encord: Served, open_notebook: OpenNotebook, tmp_path: Path, shot: Shot
) -> None:
    stranger = tmp_path / "stranger"
    stranger.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        )
    )
    domain = shared_encord.domain
    notebook = open_notebook(
        "import encord_widgets as ew",
        f"ew.connect(ssh_private_key_path={str(stranger)!r}, domain={domain!r}).folders()",
        f"client = ew.connect(ssh_private_key_path={str(shared_encord.key_file)!r}, domain={domain!r})\n"
        f"client.folder('{uuid4()}')",
        "client.folder('Street scenes')",
    )
    for cell in range(4):
        notebook.run_cell(cell)
    wrong_key, unknown_folder, no_uuid = (notebook.output(cell).text_content() or "" for cell in (1, 2, 3))
    shot(notebook, "errors_light")
    last = [text.strip().splitlines()[-1] for text in (wrong_key, unknown_folder, no_uuid)]
    assert last[0].startswith("AuthenticationError: "), wrong_key
    assert "key" in last[0]
    assert last[1].startswith("AuthorisationError: "), unknown_folder
    assert last[2].startswith("InvalidInputError: "), no_uuid
    assert "Street scenes" in last[2]
    for text in (wrong_key, unknown_folder, no_uuid):
        assert "PRIVATE KEY" not in text
        assert "Traceback" not in text, "the caller's line and the sentence, not the inside of the package"
        assert len(text.strip().splitlines()) <= 12


def test_where_there_is_nothing_the_grid_says_so(
    encord: Served, second_editor: Editor, open_notebook: OpenNotebook, shot: Shot
) -> None:
    empty = second_editor.new_folder("Nothing yet")
    notebook = open_notebook(*cells_for(encord), f"ew.ItemGrid(client.folder({empty!r}))")
    notebook.run_all()
    page, grid = notebook.page, Grid(notebook.page).wait()
    grid.box.get_by_role("searchbox").first.fill("no such thing anywhere")
    expect(grid.box.first).to_contain_text("No item matches")
    expect(grid.box.last).to_contain_text("There are no items here")
    shot(notebook, "empty_light")
    page.get_by_role("button", name="Clear the search").click()
    grid.wait()
    expect(grid.box.first).to_contain_text("60 items")
