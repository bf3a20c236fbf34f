"""One JupyterLab and one browser for all tests of this folder; a fresh notebook and page for each test."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect, sync_playwright

from tests.e2e.editor import Editor
from tests.e2e.lab import Lab, running_lab
from tests.e2e.notebook import HANG, Notebook
from tests.served import Served, served

HERE = Path(__file__).parent
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

_VIEWPORT: Final[ViewportSize] = {"width": 1400, "height": 1000}

OpenNotebook = Callable[..., Notebook]
Shot = Callable[[Notebook, str], None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.e2e)


# Scope "package": Playwright's event loop must not be running any more when other tests run theirs.
@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="package")
def browser_context() -> Iterator[BrowserContext]:
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    assert found, "The browser tests need Chromium on PATH. On Debian: sudo apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=_ARGUMENTS, ignore_default_args=["--hide-scrollbars"]
        )
        # One context: JupyterLab's own files are fetched once and then come from the cache.
        context = browser.new_context(viewport=_VIEWPORT, locale="en-GB")
        context.set_default_timeout(HANG)
        expect.set_options(timeout=HANG)
        yield context
        context.close()
        browser.close()


@pytest.fixture(scope="package")
def shared_encord() -> Iterator[Served]:
    """500 items, for tests that commit nothing."""
    with served() as running:
        yield running


@pytest.fixture
def encord(request: pytest.FixtureRequest) -> Iterator[Served]:
    """A server of the test's own. Parametrise it indirectly to give other arguments than the usual ones."""
    with served(*getattr(request, "param", ("--items", "60"))) as running:
        yield running


@pytest.fixture
def second_editor(encord: Served) -> Editor:
    """Somebody else with Encord's own SDK, who also says what is on the server."""
    return Editor(encord)


class Pages:
    """The page in which notebooks are opened one after the other: JupyterLab itself takes seconds to start."""

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self._page: Page | None = None

    def get(self) -> Page:
        if self._page is None:
            self._page = self._context.new_page()
        self._page.set_viewport_size(_VIEWPORT)
        return self._page

    def drop(self) -> None:
        """Start the next test with a new page."""
        if self._page is not None:
            self._page.close()
            self._page = None


@pytest.fixture(scope="package")
def pages(browser_context: BrowserContext) -> Iterator[Pages]:
    pages = Pages(browser_context)
    yield pages
    pages.drop()


@pytest.fixture
def open_notebook(
    lab: Lab, pages: Pages, request: pytest.FixtureRequest, shot: Shot
) -> Iterator[OpenNotebook]:
    """Open a new notebook with the given cells, or one that is there; the page has to be clean at the end."""
    opened: list[Notebook] = []

    def open_(*sources: str, file: Path | None = None) -> Notebook:
        name = re.sub(r"\W+", "_", request.node.name)
        path = lab.write(name, *sources) if file is None else lab.copy(name, file)
        notebook = Notebook(pages.get(), lab, path)
        opened.append(notebook)
        return notebook

    yield open_
    try:
        for notebook in opened:
            if getattr(request.node, "failed", False):
                shot(notebook, f"failed_{notebook.path.stem}")
                state = json.dumps(notebook.state(), indent=2)
                request.node.add_report_section("teardown", f"page of {notebook.path.name}", state)
            notebook.assert_clean()
    finally:
        if getattr(request.node, "failed", True) or not all(notebook.close() for notebook in opened):
            pages.drop()
        lab.end_sessions()
        # What one test staged or read must not come back in the next.
        for home in ("XDG_STATE_HOME", "XDG_CACHE_HOME"):
            shutil.rmtree(Path(os.environ[home], "encord-widgets"), ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if report.when == "call":  # type: ignore[attr-defined]
        item.failed = report.failed  # type: ignore[attr-defined]
    return report


@pytest.fixture(scope="package")
def shot() -> Shot:
    """Keep a picture of the page where EW_SCREENSHOTS says; nothing without it."""
    folder = os.environ.get("EW_SCREENSHOTS")

    def take(notebook: Notebook, name: str) -> None:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            notebook.page.screenshot(path=Path(folder) / f"{name}.png")

    return take


def cells_for(
    encord: Served, folder: str = "Street scenes", widget: str = "ew.Workbench(items)"
) -> list[str]:
    """The cells of a notebook that works on a folder of a served Encord."""
    key, domain = str(encord.key_file), encord.domain
    connect = f"client = ew.connect(ssh_private_key_path={key!r}, domain={domain!r})"
    return [
        "import encord_widgets as ew",
        f"{connect}\nitems = client.folder({encord.folder(folder)!r})",
        widget,
    ]
