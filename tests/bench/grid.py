"""Grids side by side in a real JupyterLab: ours, ipydatagrid's two, and quak, on equal data that is in the kernel.

For each: time from running the cell to the first painted rows, time of a jump to the middle, bytes that the page was
sent over the websocket until then, and kernel memory: of the data (above that of the imports), and what the open grid
adds. Goals for ours at every size: rows in 500 ms, a jump in 150 ms, 50 KB to open. quak appends rows while one
scrolls and cannot jump.

Run: `python -m tests.bench.grid [--rows 1000 10000 100000 1000000] [--keys 20] [--rounds 3]`
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, Error, Page, WebSocket, sync_playwright

from tests.e2e.conftest import _ARGUMENTS, _BROWSERS
from tests.e2e.lab import Lab, running_lab
from tests.e2e.notebook import Notebook

ROOT = Path(__file__).parents[2]
WAIT = 120_000
SETTLE = 400

RSS = """
import gc, os, sys
sys.path.insert(0, {root!r})
def rss():
    gc.collect()
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6
"""
OURS = """
import encord_widgets as ew
from tests.bench.grid_data import item_set
client = ew.demo(items=20)
ew.ItemGrid(client.folder(client.folders()[0]).wait()).close()
before = rss()
items = item_set(client, {rows}, {keys})
after = rss()
"""
FRAME = """
{imports}
from tests.bench.grid_data import frame
before = rss()
table = frame({rows}, {keys})
after = rss()
"""

# Texts of rows: dark points on the canvas, right of the row numbers and below the header.
_CANVAS = """
    const ink = () => {
        const canvas = [...document.querySelectorAll(".lm-DataGrid canvas, .p-DataGrid canvas")]
            .find(one => one.width > 300 && one.height > 200);
        if (!canvas) return null;
        const dpr = window.devicePixelRatio, pixels = canvas.getContext("2d")
            .getImageData(200 * dpr, 60 * dpr, 400 * dpr, 120 * dpr).data;
        let dark = 0, sum = 0;
        for (let i = 0; i < pixels.length; i += 4) {
            if (pixels[i + 3] > 128 && pixels[i] + pixels[i + 1] + pixels[i + 2] < 300) {
                dark += 1;
                sum = (sum * 31 + i) % 1000000007;
            }
        }
        return dark > 100 ? sum : null;
    };
    const grid = () => {
        const search = widget => {
            if (widget.dataModel && widget.scrollTo) return widget;
            for (const child of widget.children?.() ?? []) {
                const found = search(child);
                if (found) return found;
            }
            return widget.pWidget && widget.pWidget !== widget ? search(widget.pWidget) : null;
        };
        return search(window.jupyterapp.shell.currentWidget);
    };
"""
_NATIVE = """
    const grid = () => document.querySelector(".ecw-grid [role=grid]");
    const rows = () => [...document.querySelectorAll(".ecw-row[aria-rowindex]")].filter(
        row => !row.querySelector(".ecw-skeleton") && row.querySelector("[role=gridcell]")?.textContent);
    const shown = middle => grid()?.getAttribute("aria-busy") === "false" && rows().some(
        row => Math.abs(row.getAttribute("aria-rowindex") - middle) < 30);
"""
_QUAK = """
    const cells = () => [...document.querySelectorAll(".jp-OutputArea-output *")].flatMap(
        one => one.shadowRoot ? [...one.shadowRoot.querySelectorAll("tbody td")] : []);
"""


@dataclass(frozen=True)
class Peer:
    """A grid: what is run before and under the clock, and how to see on the page what it painted."""

    name: str
    data: str
    show: str
    script: str
    first: str
    jump: str = ""
    jumped: str = ""


_IPY = {
    "script": _CANVAS,
    "first": "ink() !== null",
    "jump": "before = ink(); const one = grid(); one.scrollTo(0, one.maxScrollY / 2);",
    "jumped": "ink() !== null && ink() !== before",
}
PEERS = (
    Peer(
        "native",
        OURS,
        "widget = ew.ItemGrid(items); widget",
        _NATIVE,
        "shown(2)",
        "const one = grid(); one.scrollTop = (one.scrollHeight - one.clientHeight) / 2;",
        "shown(Math.floor(grid().getAttribute('aria-rowcount') / 2))",
    ),
    Peer(
        "DataGrid",
        FRAME.replace("{imports}", "from ipydatagrid import DataGrid"),
        "widget = DataGrid(table); widget",
        **_IPY,
    ),
    Peer(
        "StreamingDataGrid",
        FRAME.replace("{imports}", "from ipydatagrid import StreamingDataGrid"),
        "widget = StreamingDataGrid(table); widget",
        **_IPY,
    ),
    Peer(
        "quak",
        FRAME.replace("{imports}", "import quak"),
        "widget = quak.Widget(table); widget",
        _QUAK,
        "cells().some(cell => cell.textContent.includes('.png'))",
    ),
)

_CLOCK = """async () => {
    %(script)s
    let before = null;
    const began = performance.now();
    %(act)s
    for (;;) {
        await new Promise(requestAnimationFrame);
        if (%(seen)s) break;
        if (performance.now() - began > %(limit)d) throw new Error("nothing was painted");
    }
    await new Promise(requestAnimationFrame);
    return performance.now() - began;
}"""
_RUN = """
    const app = window.jupyterapp;
    app.shell.currentWidget.content.activeCellIndex = 1;
    app.commands.execute("notebook:run-cell");
"""


@dataclass
class Measured:
    """One opening of one grid."""

    first: float
    jump: float | None
    sent: int
    data: float
    more: float


def measure(lab: Lab, context: BrowserContext, peer: Peer, rows: int, keys: int, *, name: str) -> Measured:
    """Open a grid in a kernel and a page of its own."""
    setup = RSS.format(root=str(ROOT)) + peer.data.format(rows=rows, keys=keys)
    path = lab.write(name, setup, peer.show)
    page, sent = context.new_page(), [0]
    page.on("websocket", lambda socket: _count(socket, sent))
    try:
        notebook = Notebook(page, lab, path)
        page.set_default_timeout(WAIT)
        notebook.run_cell(0)
        if notebook.problems.count():
            raise RuntimeError(notebook.problems.all_inner_texts())
        page.wait_for_timeout(SETTLE)
        sent[0] = 0
        first = _timed(page, peer, _RUN, peer.first)
        page.wait_for_timeout(SETTLE)
        opened = sent[0]
        more = notebook.ask("rss() - after")
        data = notebook.ask("after - before")
        jump = _timed(page, peer, peer.jump, peer.jumped) if peer.jump else None
        return Measured(first, jump, opened, data, more)
    finally:
        page.close()
        lab.end_sessions()


def _count(socket: WebSocket, sent: list[int]) -> None:
    def add(frame: str | bytes) -> None:
        sent[0] += len(frame)

    socket.on("framereceived", add)


def _timed(page: Page, peer: Peer, act: str, seen: str) -> float:
    found: float = page.evaluate(
        _CLOCK % {"script": peer.script, "act": act, "seen": seen, "limit": WAIT // 2}
    )
    return found


@contextmanager
def browser() -> Iterator[BrowserContext]:
    """Chromium without a window."""
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        raise RuntimeError("this benchmark needs Chromium on PATH")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=_ARGUMENTS)
        context = running.new_context(viewport={"width": 1400, "height": 1000}, locale="en-GB")
        yield context
        running.close()


def main(arguments: list[str] | None = None) -> None:
    """Print one line for each size and grid."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--keys", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--grids", nargs="+", default=[peer.name for peer in PEERS])
    options = parser.parse_args(arguments)
    print(
        "     rows  grid              | first rows        | jump to the middle | to the browser | data    grid"
    )
    with tempfile.TemporaryDirectory() as folder, running_lab(Path(folder)) as lab, browser() as context:
        _warm(lab, context)
        for rows in options.rows:
            ours: Measured | None = None
            for peer in (one for one in PEERS if one.name in options.grids):
                runs: list[Measured] = []
                for at in range(options.rounds):
                    name = f"{peer.name}_{rows}_{at}"
                    try:
                        runs.append(measure(lab, context, peer, rows, options.keys, name=name))
                    except Error as error:
                        if peer is PEERS[0]:
                            raise
                        print(f"{rows:>9,}  {peer.name:17} | {error.message.splitlines()[0]}", flush=True)
                if not runs:
                    continue
                found = _median(runs)
                ours = ours or found
                _report(rows, peer.name, found, ours)


def _warm(lab: Lab, context: BrowserContext) -> None:
    """JupyterLab's own files are in the browser's cache before anything is measured."""
    measure(lab, context, PEERS[0], 100, 3, name="warm")


def _median(found: list[Measured]) -> Measured:
    jumps = [one.jump for one in found if one.jump is not None]
    return Measured(
        statistics.median(one.first for one in found),
        statistics.median(jumps) if jumps else None,
        int(statistics.median(one.sent for one in found)),
        statistics.median(one.data for one in found),
        statistics.median(one.more for one in found),
    )


def _report(rows: int, name: str, found: Measured, ours: Measured) -> None:
    jump = "none".rjust(15)
    if found.jump is not None and ours.jump is not None:
        jump = f"{found.jump:7.0f} ms {found.jump / ours.jump:4.1f}x"
    print(
        f"{rows:>9,}  {name:17} | {found.first:7.0f} ms {found.first / ours.first:5.1f}x | {jump:18} |"
        f" {found.sent / 1e3:11,.0f} KB | {found.data:4.0f} MB {found.more:+5.0f} MB",
        flush=True,
    )


if __name__ == "__main__":
    main()
