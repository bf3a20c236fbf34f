"""A real JupyterLab as a process of its own, with folders, settings and a token of its own."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import nbformat

_START_SECONDS = 60
_SETTINGS = {
    # No question about news in front of the notebook.
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # A modal question at every close of a page would hold tests up.
    "docmanager-extension/plugin": {"autosave": False, "renameUntitledFileOnSave": False},
}


@dataclass(frozen=True)
class Lab:
    url: str
    token: str
    folder: Path

    def write(self, name: str, *sources: str) -> Path:
        """A new notebook with one code cell for each source."""
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata.kernelspec = {
            "name": "python3",
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
        }
        path = self.folder / f"{name}.ipynb"
        nbformat.write(notebook, path)
        return path

    def copy(self, name: str, notebook: Path) -> Path:
        """A copy of a notebook."""
        return Path(shutil.copy(notebook, self.folder / f"{name}.ipynb"))

    def address(self) -> str:
        # A workspace for each page: nothing of the page before is restored.
        return f"{self.url}lab/workspaces/{secrets.token_hex(4)}?token={self.token}"

    def end_sessions(self) -> None:
        """Shut down every kernel, so that the next test has the machine for itself."""
        headers = {"Authorization": f"token {self.token}"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=30, trust_env=False) as client:
            for session in client.get("api/sessions").raise_for_status().json():
                client.delete(f"api/sessions/{session['id']}").raise_for_status()


@contextmanager
def running_lab(folder: Path) -> Iterator[Lab]:
    """Start JupyterLab in a folder, wait until it answers, stop it and its kernels at the end."""
    notebooks, runtime, settings = folder / "notebooks", folder / "runtime", folder / "settings"
    for each in (notebooks, runtime):
        each.mkdir()
    for name, content in _SETTINGS.items():
        file = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content))
    token = secrets.token_hex(16)
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser",
        "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", f"--ServerApp.root_dir={notebooks}",
        "--LabApp.extension_manager=readonly",
    ]  # fmt: skip
    if os.name == "posix" and os.geteuid() == 0:
        command.append("--allow-root")
    environment = {
        **os.environ,
        "JUPYTER_TOKEN": token,
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
    }
    log = folder / "jupyterlab.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment) as process,
    ):
        try:
            yield Lab(_ready(process, runtime, log), token, notebooks)
        finally:
            process.terminate()  # shuts the kernels down too
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _ready(process: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    """The address, once the server answers there."""
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                url = str(json.loads(file.read_text())["url"])
                httpx.get(f"{url}api", timeout=5, trust_env=False).raise_for_status()
            except (ValueError, httpx.HTTPError):
                break  # half written, or not listening yet
            return url
        time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text(errors='replace')[-3000:]}")
