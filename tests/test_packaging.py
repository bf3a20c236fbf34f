"""What users install: the wheel holds the built front end, and building it needs no Node."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STATIC = sorted(path.name for path in (ROOT / "encord_widgets" / "static").iterdir() if path.is_file())
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wheel and sdist, the wheel built from the sdist, on a machine that has no Node."""
    copy = tmp_path_factory.mktemp("sources") / "project"
    shutil.copytree(
        ROOT,
        copy,
        ignore=shutil.ignore_patterns(
            ".git", ".venv", ".node", "node_modules", "__pycache__", ".*_cache", "dist"
        ),
    )
    # Left-overs of a developer's front end that must never be shipped.
    clutter = copy / "encord_widgets" / "_frontend" / "node_modules" / "somebody"
    clutter.mkdir(parents=True)
    (clutter / "index.js").write_text("export {}")
    empty = tmp_path_factory.mktemp("path")
    built = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(copy / "dist"), str(copy)],
        env={"PATH": str(empty), "HOME": str(empty)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return copy / "dist"


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    return dist / f"encord_widgets-{VERSION}-py3-none-any.whl"


@pytest.fixture(scope="module")
def wheel_names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def sdist_names(dist: Path) -> list[str]:
    with tarfile.open(dist / f"encord_widgets-{VERSION}.tar.gz") as archive:
        return [name.split("/", 1)[1] for name in archive.getnames()]


def test_the_front_end_is_built() -> None:
    assert {"item_grid.js", "item_grid.css", "diff_preview.js", "commit_panel.js"} <= set(STATIC)


def test_the_wheel_holds_every_bundle(wheel_names: list[str]) -> None:
    shipped = {name.removeprefix("encord_widgets/static/") for name in wheel_names if "/static/" in name}
    assert shipped == set(STATIC)


def test_the_wheel_holds_the_tutorial_that_the_demo_opens(wheel_names: list[str]) -> None:
    tutorials = {f"encord_widgets/notebooks/{found.name}" for found in (ROOT / "notebooks").glob("*.ipynb")}
    assert tutorials
    assert tutorials <= set(wheel_names)


def test_the_wheel_is_typed_and_licensed(wheel_names: list[str]) -> None:
    assert "encord_widgets/py.typed" in wheel_names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel_names)


def test_the_wheel_holds_every_module_and_nothing_else(wheel_names: list[str]) -> None:
    package = ROOT / "encord_widgets"
    modules = {
        str(path.relative_to(ROOT))
        for path in package.rglob("*.py")
        if not {"_frontend", "__pycache__"} & set(path.parts)
    }
    assert {name for name in wheel_names if name.endswith(".py")} == modules
    assert [name for name in wheel_names if not name.startswith(("encord_widgets/", "encord_widgets-"))] == []


@pytest.mark.parametrize("unwanted", ["_frontend", "node_modules", "__pycache__", ".map", ".ts"])
def test_the_wheel_leaves_out(unwanted: str, wheel_names: list[str]) -> None:
    assert [name for name in wheel_names if f"/{unwanted}/" in name or name.endswith(unwanted)] == []


def test_the_sdist_holds_sources_and_bundles(sdist_names: list[str]) -> None:
    wanted = {f"encord_widgets/static/{name}" for name in STATIC}
    wanted |= {"encord_widgets/_frontend/package.json", "encord_widgets/_frontend/package-lock.json"}
    wanted |= {"README.md", "LICENSE", "CHANGELOG.md", "Makefile", "notebooks/01_first_edit.ipynb"}
    wanted |= {"tests/test_packaging.py", "pyproject.toml"}
    assert wanted - set(sdist_names) == set()
    assert [name for name in sdist_names if "node_modules" in name or "__pycache__" in name] == []


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An interpreter with the wheel and what it depends on, and nothing else."""
    home = tmp_path_factory.mktemp("bare")
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    installed = subprocess.run(
        [*pip, "install", "--quiet", "--no-compile", str(wheel)],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert installed.returncode == 0, installed.stdout + installed.stderr
    yield python
    shutil.rmtree(home)


def run(python: Path, code: str, cwd: Path) -> str:
    done = subprocess.run(
        [python, "-I", "-W", "error::DeprecationWarning:encord_widgets", "-c", code],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_installed_wheel_imports_lightly(bare: Path, tmp_path: Path) -> None:
    shown = run(
        bare, "import sys, encord_widgets; print(encord_widgets.__file__, *sys.modules)", tmp_path
    ).split()
    assert shown[0].startswith(str(bare.parents[1]))
    assert {"pandas", "anywidget", "httpx"} & set(shown) == set()


def test_the_installed_wheel_edits_and_commits(bare: Path, tmp_path: Path) -> None:
    """The whole round, widgets included, with nothing installed but the dependencies."""
    code = (
        "import encord_widgets as ew\n"
        "[getattr(ew, name) for name in ew.__all__]\n"
        "with ew.demo() as client:\n"
        "    items = client.folder(client.folders()[0].uuid)\n"
        "    items.wait()\n"
        "    ew.Workbench(items).close()\n"
        "    items.stage({items.table.uuids[0]: {'note': 'checked'}})\n"
        "    receipt = items.commit()\n"
        "    print(bool(receipt), len(receipt.verified))\n"
    )
    assert run(bare, code, tmp_path).split() == ["True", "1"]


def test_the_command_is_installed(bare: Path, tmp_path: Path) -> None:
    command = [bare.parent / "encord-widgets", "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert shown.returncode == 0, shown.stderr
    assert {"demo", "serve"} <= set(re.findall(r"\w+", shown.stdout))
