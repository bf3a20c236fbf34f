"""The public face: few names, each documented, and a dependency list that grows on purpose only."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import nbformat
import pytest

import encord_widgets as ew

ROOT = Path(__file__).resolve().parents[1]
NAMES = tuple(ew.__all__)

RUNTIME = {
    "anyio", "anywidget", "cryptography", "filelock", "httpx", "ipydatagrid", "ipywidgets", "numpy", "orjson",
    "pandas", "pillow", "platformdirs", "psygnal", "pyarrow", "pydantic", "pyyaml", "sniffio", "stamina", "starlette",
    "tqdm",
    "uvicorn",
}  # fmt: skip


def described(value: object) -> str:
    """The docstring written for a public object: its own, or its class's for a value such as `ABSENT`."""
    owner = value if inspect.isclass(value) or inspect.isroutine(value) else type(value)
    return inspect.cleandoc(owner.__doc__ or "")


def guides() -> str:
    """All prose and code that users read first: the README and the notebooks."""
    notebooks = [nbformat.read(path, as_version=4) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
    cells = [cell.source for notebook in notebooks for cell in notebook.cells]
    return "\n".join([(ROOT / "README.md").read_text(), *cells])


def test_the_names_are_sorted_and_unique() -> None:
    assert list(NAMES) == sorted(set(NAMES))


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_importable(name: str) -> None:
    assert getattr(ew, name) is not None
    namespace: dict[str, object] = {}
    exec(f"from encord_widgets import {name}", namespace)
    assert namespace[name] is getattr(ew, name)


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_described_with_an_example(name: str) -> None:
    value = getattr(ew, name)
    text = described(value)
    assert text, f"{name} has no docstring"
    if inspect.isclass(value) and issubclass(value, ew.ApiError):
        text = described(ew.ApiError)  # one example serves the whole family
    assert re.search(r"^Examples?:$", text, re.MULTILINE), f"the docstring of {name} has no Example section"
    assert ">>> " in text, f"the example of {name} is not one that can be run"


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_stands_in_the_guides(name: str) -> None:
    assert re.search(rf"\b{name}\b", guides()), f"{name} is named neither in README.md nor in a notebook"


def test_nothing_else_is_public() -> None:
    """Asked in a fresh process, before and after use: other tests have imported submodules into this one."""
    code = (
        "import types, encord_widgets as ew\n"
        "first = dir(ew); [getattr(ew, name) for name in ew.__all__]; second = dir(ew)\n"
        "seen = {n for n in {*first, *second} if not n.startswith('_')}\n"
        "print(*sorted(n for n in seen if not isinstance(getattr(ew, n), types.ModuleType)))\n"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert shown.stdout.split() == sorted(NAMES)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = ew.nonsense  # type: ignore[attr-defined]


def test_dependencies_grow_on_purpose_only() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {re.split(r"[<>=!~\[; ]", line)[0] for line in listed} == RUNTIME


def test_each_dependency_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    silent = [
        line.strip()
        for block in re.findall(r"^(?:dependencies|demo|test) = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE)
        for line in block.splitlines()
        if not re.search(r'^\s*"[^"]+",\s+# \w', line)
    ]
    assert silent == []


def test_the_changelog_names_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert project["version"] in headings
    assert version("encord-widgets") == project["version"]
