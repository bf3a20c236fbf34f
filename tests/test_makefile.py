"""`make` gets a browser where there is none, as root and as another user."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ID = "#!/bin/sh\necho {user}\n"
RECORDED = '#!/bin/sh\necho "{name} $*" >> "{log}"\n'
PASSES_ON = RECORDED + 'while [ "${{1#-}}" != "$1" ]; do shift; done\nexec "$@"\n'


@pytest.mark.parametrize(("user", "sudo"), [("0", False), ("1000", True)])
def test_a_missing_browser_is_installed(tmp_path: Path, user: str, *, sudo: bool) -> None:
    log = tmp_path / "log"
    commands = {"id": ID, "apt-get": RECORDED}
    if sudo:  # a bare machine's root has none
        commands["sudo"] = PASSES_ON
    for name, text in commands.items():
        file = tmp_path / name
        file.write_text(text.format(user=user, name=name, log=log))
        file.chmod(0o755)
    # The tests may run below a make of their own, which tells its children how many jobs they may start.
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", "--no-print-directory", "chromium", "CHROMIUM=no-such-browser"],
        cwd=ROOT,
        env={**outside, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    calls = [line for line in log.read_text().splitlines() if line.startswith("apt-get ")]
    assert [call.split()[1] for call in calls] == ["update", "install"]
    assert calls[1].endswith(" chromium")
    assert log.read_text().count("sudo ") == (2 if sudo else 0)
