"""In a kernel, the widgets are loaded in the background once a connection is asked for; elsewhere never unasked."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import sys, threading, types
{kernel}
import encord_widgets as ew
ew.{name}
for thread in threading.enumerate():
    if thread.name == "encord-widgets-import":
        thread.join()
print("encord_widgets.widgets.workbench" in sys.modules and "httpcore" in sys.modules)
"""
KERNEL = "sys.modules['ipykernel'] = types.ModuleType('ipykernel')"


@pytest.mark.parametrize(
    ("name", "kernel", "loaded"),
    [("connect", KERNEL, True), ("demo", KERNEL, True), ("demo", "", False), ("ABSENT", KERNEL, False)],
)
def test_widgets_are_loaded_beforehand(name: str, kernel: str, *, loaded: bool) -> None:
    code = CODE.format(name=name, kernel=kernel)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, str(loaded), "")
