"""Imports run downwards only, and every module stays small enough to be held in mind."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "encord_widgets"
NAME = PACKAGE.name

# From the bottom up: a module may import its own layer and those before it.
LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"errors"}),
    frozenset({"metadata"}),
    frozenset({"api"}),
    frozenset({"commit"}),
    frozenset(
        {
            "background",
            "cli",
            "client",
            "client_index",
            "connections",
            "item_bulk",
            "item_bulk_edit",
            "item_cache",
            "item_columns",
            "item_editing",
            "item_events",
            "item_export",
            "item_export_bulk",
            "item_export_jobs",
            "item_export_receipt",
            "item_filter",
            "item_hygiene",
            "item_join",
            "item_join_preview",
            "item_journal",
            "item_load",
            "item_recovery",
            "item_reread",
            "item_rules",
            "item_set",
            "item_source",
            "item_states",
            "item_view",
            "schema_migration",
            "schema_store",
        }
    ),
    frozenset({"widgets"}),
    frozenset({"__init__", "__main__"}),
)
RANK = {part: rank for rank, parts in enumerate(LAYERS) for part in parts}
# The embedded Encord shares no code with its clients: a shared mistake would look like agreement.
ISLAND = "local"
ISLAND_USERS = {"__init__", "__main__", "cli", "client", "connections"}

WIDGET_LIBRARIES = {"anywidget", "ipydatagrid", "ipywidgets", "traitlets"}
METADATA_LIBRARIES = {
    "numpy",
    "orjson",
    "pandas",
    "psygnal",
    "pyarrow",
    "pydantic",
    "typing_extensions",
    "yaml",
}
IO_LIBRARIES = {
    "asyncio", "ftplib", "http", "multiprocessing", "selectors", "shutil", "smtplib", "socket",
    "socketserver", "sqlite3", "ssl", "subprocess", "urllib",
}  # fmt: skip
# Libraries with one home each; `encord` has none, it is a peer and never a part.
HOMES = {
    "cryptography": {"api", "cli", "local"},
    "encord": set[str](),
    "httpx": {"api", "connections"},
    "sqlite3": {"local", "commit"},
    "starlette": {"local"},
    "uvicorn": {"local", "cli"},
    **{library: {"widgets"} for library in WIDGET_LIBRARIES},
}
LONGEST = 450

MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "node_modules" not in path.parts)
SOURCES = sorted(
    path
    for root in (PACKAGE, Path(__file__).parent)
    for suffix in ("*.py", "*.ts", "*.tsx")
    for path in root.rglob(suffix)
    if not {"node_modules", "static", "__pycache__"} & set(path.parts)
)


def dotted(path: Path) -> str:
    """The module's full name, with `__init__` spelled out."""
    return ".".join([NAME, *path.relative_to(PACKAGE).with_suffix("").parts])


def part_of(module: str) -> str:
    """The layer's part that a module of the package belongs to: `item_set` for `encord_widgets.item_set`."""
    pieces = module.split(".")
    return pieces[1] if len(pieces) > 1 else "__init__"


def is_part(name: str) -> bool:
    return (PACKAGE / f"{name}.py").exists() or (PACKAGE / name).is_dir()


def imports_of(source: str, module: str) -> set[str]:
    """Every module that the source imports, wherever that stands: in a function, for types, by name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = module.split(".")[: -node.level]
                base = ".".join([*above, base] if base else above)
            found.add(base)
            if base == NAME:
                # `from encord_widgets import client` is an import of the submodule, other names of __init__.
                found.remove(base)
                found.update(f"{NAME}.{a.name}" if is_part(a.name) else NAME for a in node.names)
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            first = node.args[0] if node.args else None
            if called in {"import_module", "__import__"} and isinstance(first, ast.Constant):
                found.add(str(first.value))
    return found


def inner(module: str, source: str) -> set[str]:
    """The parts of the package that a module imports."""
    return {part_of(name) for name in imports_of(source, module) if name.split(".")[0] == NAME}


def outer(module: str, source: str) -> set[str]:
    """The other packages that a module imports."""
    return {name.split(".")[0] for name in imports_of(source, module)} - {NAME}


def complaints(module: str, source: str) -> list[str]:
    """What is wrong with a module's imports."""
    part = part_of(module)
    wrong = []
    if part != ISLAND and part not in RANK:
        return [f"{module}: belongs to no layer; give {part!r} its place in LAYERS"]
    for target in sorted(inner(module, source)):
        if part == ISLAND:
            if target != ISLAND:
                wrong.append(f"{module}: the embedded Encord imports {target}")
        elif target == ISLAND:
            if part not in ISLAND_USERS:
                wrong.append(f"{module}: imports the embedded Encord")
        elif target not in RANK or RANK[target] > RANK[part]:
            wrong.append(f"{module}: imports {target}, which lies above")
    libraries = outer(module, source)
    wrong += [
        f"{module}: imports {library}, whose home is {sorted(home) or 'nowhere'}"
        for library, home in sorted(HOMES.items())
        if library in libraries and part not in home
    ]
    if part == "metadata":
        allowed = (METADATA_LIBRARIES | sys.stdlib_module_names) - IO_LIBRARIES
        wrong += [f"{module}: pure code imports {library}" for library in sorted(libraries - allowed)]
    return wrong


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_imports_run_downwards(path: Path) -> None:
    assert complaints(dotted(path), path.read_text()) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("encord_widgets.metadata.plan", "from encord_widgets.commit import run"),
        ("encord_widgets.metadata.plan", "from ..client import Client"),
        ("encord_widgets.metadata.plan", "def load():\n    import sqlite3"),
        ("encord_widgets.metadata.plan", "import requests"),
        ("encord_widgets.api.http", "from .. import item_set"),
        ("encord_widgets.api.http", "from encord_widgets import Client"),
        ("encord_widgets.api.http", "import importlib\nimportlib.import_module('encord_widgets.client')"),
        ("encord_widgets.api.http", "from encord_widgets.local import app"),
        ("encord_widgets.commit.__init__", "from .. import client"),
        ("encord_widgets.local.app", "from encord_widgets.errors import EncordWidgetsError"),
        ("encord_widgets.client", "if TYPE_CHECKING:\n    from encord_widgets.widgets import ItemGrid"),
        ("encord_widgets.client", "import ipywidgets"),
        ("encord_widgets.client", "import encord"),
        ("encord_widgets.helpers", "x = 1"),
    ],
)
def test_the_rule_sees_what_it_forbids(module: str, source: str) -> None:
    assert complaints(module, source)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("encord_widgets.client", "def demo():\n    from encord_widgets.local import app"),
        ("encord_widgets.client", "from encord_widgets.item_set import ItemSet"),
        ("encord_widgets.widgets.item_grid", "from ..item_set import ItemSet\nimport ipywidgets"),
        ("encord_widgets.metadata.__init__", "from .values import ABSENT"),
        ("encord_widgets.local.__init__", "from .app import App\nimport sqlite3"),
    ],
)
def test_the_rule_lets_through_what_it_should(module: str, source: str) -> None:
    assert complaints(module, source) == []


def test_the_embedded_encord_is_imported_where_it_is_used() -> None:
    """Starlette and uvicorn cost time that somebody who connects to Encord should not pay."""
    early = []
    for path in MODULES:
        if part_of(dotted(path)) == ISLAND:
            continue
        top = [
            node for node in ast.parse(path.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        if ISLAND in inner(dotted(path), "\n".join(ast.unparse(node) for node in top)):
            early.append(dotted(path))
    assert early == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE.parent)))
def test_no_file_outgrows_its_reader(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    assert lines <= LONGEST, f"{lines} lines: a file this long has found a seam, split it there"
