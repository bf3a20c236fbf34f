"""`import encord_widgets` is light: it loads no heavy library, opens no file for writing and no socket."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = (
    "IPython", "PIL", "anywidget", "cryptography", "encord", "httpx", "ipydatagrid", "ipywidgets",
    "jupyterlab", "matplotlib", "pandas", "pyarrow", "sqlite3", "starlette", "uvicorn",
)  # fmt: skip

# Runs in a process of its own, because hooks cannot be removed and modules not unloaded.
WATCHED = """
import json, os, sys
seen = []
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = ("socket.", "subprocess.", "sqlite3.", "shutil.", "os.system", "os.exec", "os.posix_spawn",
           "os.fork", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink",
           "os.truncate", "os.chmod")
def hook(event, args):
    if event == "open":
        path, mode, flags = args
        if isinstance(flags, int) and flags & WRITING and str(path) != os.devnull:
            seen.append(f"open {path} {mode} {flags}")
    elif event.startswith(CHANGES):
        seen.append(event)
sys.dont_write_bytecode = True  # Python's own caches are not the package's doing
sys.addaudithook(hook)
%s
print(json.dumps({"modules": sorted(sys.modules), "events": seen}))
"""


def watched(code: str) -> tuple[set[str], list[str]]:
    """Run code in a fresh interpreter; return the modules it loaded and what it wrote, opened or started."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WATCHED % code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    return set(answer["modules"]), answer["events"]


def test_the_import_loads_nothing_heavy() -> None:
    modules, _ = watched("import encord_widgets")
    assert modules & set(HEAVY) == set()


def test_the_import_touches_neither_disk_nor_network() -> None:
    _, events = watched("import encord_widgets")
    assert events == []


def test_naming_what_is_public_loads_nothing_heavy() -> None:
    modules, events = watched("import encord_widgets as ew; ew.__all__; dir(ew)")
    assert modules & set(HEAVY) == set()
    assert events == []


def test_bad_input_is_an_error_without_widgets() -> None:
    modules, _ = watched(
        "import encord_widgets as ew; ew.InvalidInputError; ew.ABSENT; ew.ChangeSet; ew.Plan"
    )
    assert modules & {"anywidget", "ipywidgets", "pandas", "starlette"} == set()


def test_the_watch_sees_what_it_looks_for(tmp_path) -> None:
    modules, events = watched(
        f"import pandas, socket; open({str(tmp_path / 'x')!r}, 'w').close(); socket.socket().close()"
    )
    assert "pandas" in modules
    assert any(event.startswith("open ") for event in events)
    assert any(event.startswith("socket.") for event in events)
