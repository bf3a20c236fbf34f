"""One notebook open in JupyterLab."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nbformat
from playwright.sync_api import ConsoleMessage, Error, Locator, Page, Request, expect

from tests.e2e.lab import Lab

HANG = 30_000
"""Longest wait for anything, in ms. No measure of speed: these tests share their machine."""


_RUN_CELL = """async index => {
    const app = window.jupyterapp;
    app.shell.currentWidget.content.activeCellIndex = index;
    const done = app.commands.execute("notebook:run-cell");"""


_OPEN = """async path => {
    const app = window.jupyterapp;
    if (!app) return false;
    await app.restored;
    app.shell.expandLeft();
    await app.commands.execute("docmanager:open", { path, factory: "Notebook" });
    return true;
}"""
_CLOSE = """async () => {
    const panel = window.jupyterapp.shell.currentWidget;
    panel.context.model.dirty = false;  // else it asks whether to save
    panel.close();
    return document.querySelector(".jp-Dialog") === null;
}"""


_STATE = """() => {
    const texts = query => [...document.querySelectorAll(query)].map(part => part.innerText);
    return {
        tab: window.jupyterapp?.shell.currentWidget?.title.label,
        focus: document.activeElement?.outerHTML.slice(0, 300),
        has_focus: document.hasFocus(),
        dialogs: texts(".jp-Dialog, dialog[open], .Toastify__toast"),
        alerts: texts(".ecw [role=alert]"),
        statuses: texts(".ecw-statusline"),
        covered: document.querySelector("#jupyterlab-splash") !== null,
    };
}"""


class Notebook:
    """One notebook in a page of JupyterLab; whatever goes wrong in the page meanwhile is noted.

    The page may be a new one, or one in which an earlier notebook was closed.
    """

    def __init__(self, page: Page, lab: Lab, path: Path) -> None:
        self.page = page
        self.path = path
        self.page_errors: list[str] = []
        self.console_errors: list[str] = []
        self.foreign_requests: list[str] = []
        page.on("pageerror", self._on_page_error)
        page.on("console", self._on_console)
        page.on("request", self._on_request)
        if not page.url.startswith(lab.url):
            page.goto(lab.address(), timeout=HANG)
        while not page.evaluate(_OPEN, path.name):  # JupyterLab may load its page once more while it starts
            page.wait_for_function(
                "async () => { await window.jupyterapp?.restored; return !!window.jupyterapp; }"
            )
        page.wait_for_function(
            """name => {
                const app = window.jupyterapp;
                const panel = app?.shell.currentWidget;
                return panel?.context?.path === name
                    && app.commands.hasCommand("notebook:run-all-cells")
                    && panel.context.isReady
                    && panel.sessionContext.isReady
                    && panel.sessionContext.session?.kernel?.status === "idle";
            }""",
            arg=path.name,
            timeout=HANG,
        )

    def close(self) -> bool:
        """Close the notebook, and say whether the page is fit for another one."""
        listeners = {
            "pageerror": self._on_page_error,
            "console": self._on_console,
            "request": self._on_request,
        }
        for event, listener in listeners.items():
            self.page.remove_listener(event, listener)
        return bool(self.page.evaluate(_CLOSE))

    # -- what went wrong ---------------------------------------------------------------------------------------

    def _on_page_error(self, error: Error) -> None:
        self.page_errors.append(f"{error.message}\n{error.stack or ''}")

    def _on_console(self, message: ConsoleMessage) -> None:
        # The widgets' bundles are loaded as modules from blob: addresses; JupyterLab's own code never is.
        source = str(message.location.get("url", ""))
        if message.type == "error" and ("blob:" in source or "blob:" in message.text):
            self.console_errors.append(message.text)

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname != "127.0.0.1":
            self.foreign_requests.append(request.url)

    def state(self) -> dict[str, object]:
        """What explains most failures: where the focus is, and what is said on the page."""
        found: dict[str, object] = self.page.evaluate(_STATE)
        return found

    def assert_clean(self) -> None:
        assert self.page_errors == [], f"uncaught errors in the page: {self.page_errors}"
        assert self.console_errors == [], "errors of the widgets' bundles in the console"
        assert self.foreign_requests == [], "the page asked for something from outside"

    # -- running -----------------------------------------------------------------------------------------------

    def command(self, name: str, arguments: dict[str, object] | None = None) -> Any:
        """A command of JupyterLab, as its menus and palette run it."""
        return self.page.evaluate(
            "async ([name, args]) => { await window.jupyterapp.commands.execute(name, args); }",
            [name, arguments or {}],
        )

    def run_all(self) -> None:
        """Run > Run All Cells, and wait for the last one."""
        self.command("notebook:run-all-cells")
        assert self.problems.all_inner_texts() == [], "a cell of the notebook failed, or warned"

    def run_cell(self, index: int) -> None:
        """Run a cell, and wait for it."""
        self.page.evaluate(_RUN_CELL + " await done; }", index)

    def start_cell(self, index: int) -> None:
        """Run a cell, without waiting."""
        self.page.evaluate(_RUN_CELL + " }", index)

    def restart(self) -> None:
        """Kernel > Restart Kernel, without its question."""
        self.page.evaluate(
            "async () => { await window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart(); }"
        )
        self.page.wait_for_function(
            """() => {
                const { session } = window.jupyterapp.shell.currentWidget.sessionContext;
                return session?.kernel?.status === "idle";
            }""",
            timeout=HANG,
        )

    def ask(self, expression: str) -> Any:
        """The value of a Python expression in the kernel, as JSON."""
        answer = self.page.evaluate(
            """async code => {
                const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
                const future = kernel.requestExecute({
                    code: "", silent: true, store_history: false, user_expressions: { answer: code },
                });
                return (await future.done).content.user_expressions.answer;
            }""",
            f"__import__('json').dumps({expression})",
        )
        assert answer["status"] == "ok", answer
        text = answer["data"]["text/plain"]
        return json.loads(ast.literal_eval(text))

    def kinds_and_counts(self) -> list[list[object]]:
        """Kind and execution count of every cell: what a stray shortcut would change."""
        found: list[list[object]] = self.page.evaluate(
            """() => window.jupyterapp.shell.currentWidget.content.widgets.map(
                cell => [cell.model.type, cell.model.executionCount ?? null]
            )"""
        )
        return found

    def output(self, index: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index).locator(".jp-Cell-outputArea")

    @property
    def problems(self) -> Locator:
        """Errors and warnings in any output."""
        kinds = ("application/vnd.jupyter.stderr", "application/vnd.jupyter.error")
        return self.page.locator(
            ", ".join(f'.jp-OutputArea-output[data-mime-type="{kind}"]' for kind in kinds)
        )

    def save(self) -> nbformat.NotebookNode:
        """Save, and read what is on disk then."""
        self.command("docmanager:save")
        self.page.wait_for_function(
            "() => !window.jupyterapp.shell.currentWidget.context.model.dirty", timeout=HANG
        )
        return nbformat.read(self.path, as_version=4)

    # -- looks -------------------------------------------------------------------------------------------------

    def theme(self, name: str) -> None:
        """Settings > Theme."""
        self.command("apputils:change-theme", {"theme": name})
        light = "false" if "Dark" in name else "true"
        expect(self.page.locator(f'body[data-jp-theme-light="{light}"]')).to_be_attached()
        # JupyterLab covers the page meanwhile, and stumbles when the next change comes before it has uncovered it.
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0)

    def in_both_themes(self) -> Iterator[str]:
        """Light and then dark, with whatever is open; light again in the end."""
        try:
            for name in ("Light", "Dark"):
                self.theme(f"JupyterLab {name}")
                yield name.lower()
        finally:
            self.theme("JupyterLab Light")

    def hide_sidebar(self) -> None:
        self.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
