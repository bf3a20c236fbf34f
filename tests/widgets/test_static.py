"""The front end as it is sent: packed, named by its content, small."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from functools import cache

import pytest

import encord_widgets as ew
from encord_widgets.widgets import _base, _static
from tests.widgets.test_life import own_widgets


def fresh(monkeypatch, folder):
    """Built files of another folder, as if nothing had been read yet."""
    monkeypatch.setattr(_static, "_FOLDER", folder)
    for name in ("_text", "packed", "_loader"):
        monkeypatch.setattr(_static, name, cache(getattr(_static, name).__wrapped__))
    monkeypatch.setattr(_base, "packed", _static.packed)


def test_a_missing_bundle_is_one_clear_error(items, monkeypatch, tmp_path):
    fresh(monkeypatch, tmp_path)
    with pytest.raises(ew.EncordWidgetsError, match=r"static/diff_preview.css.*make frontend"):
        ew.DiffPreview(items)


def test_nothing_is_read_at_import(tmp_path):
    code = (
        "import sys\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == 'open' else None)\n"
        "import encord_widgets.widgets.workbench, encord_widgets.widgets.native_grid\n"
        "print([path for path in opened if 'encord_widgets/static' in path])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


@own_widgets
def test_code_and_style_are_packed(items, make):
    with make(items) as widget:
        bundle = type(widget)._bundle
        style, code = (_static.static_path(bundle, suffix).read_text() for suffix in ("css", "js"))
        assert zlib.decompress(widget._packed).decode() == f"{style}\0{code}"
        assert widget._esm.endswith(_static.static_path("loader", "js").read_text())
        assert isinstance(widget.get_state()["_packed"], bytes), "it crosses the wire as it is, not as text"


@own_widgets
def test_another_code_has_another_name_on_the_page(items, make, monkeypatch, tmp_path):
    """A page keeps what it unpacked: after an update of the package it must not take the old code for the new."""
    with make(items) as widget:
        bundle, before = type(widget)._bundle, widget._esm
    for path in _static.static_path(bundle, "js").parent.iterdir():
        (tmp_path / path.name).write_text(path.read_text() + "/* newer */")
    fresh(monkeypatch, tmp_path)
    with make(items) as widget:
        assert widget._esm.splitlines()[0] != before.splitlines()[0]
        assert f'"{bundle}@' in widget._esm


LIMIT_SENT = {"item_grid": 31_000, "filter_builder": 24_250}


@own_widgets
def test_what_each_instance_sends_is_small(items, make):
    """The build bounds the readable size of the code; this bounds what every instance sends of it."""
    with make(items) as widget:
        sent = len(widget._packed) + len(widget._esm)
    assert sent <= LIMIT_SENT.get(type(widget)._bundle, 21_000)


def test_hot_reload_watches_files_only_when_asked():
    code = (
        "import encord_widgets.widgets.diff_preview as d\n"
        "print(type(d.DiffPreview.__dict__.get('_esm')).__name__)\n"
    )
    for flag, kind in (("", "NoneType"), ("1", "FileContents")):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            env={**os.environ, "ANYWIDGET_HMR": flag}, capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
        assert done.stdout.strip() == kind
