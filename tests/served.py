"""`encord-widgets serve` as a process of its own, for tests."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Served:
    process: subprocess.Popen[str]
    domain: str
    key_file: Path
    folders: tuple[dict[str, object], ...]

    def folder(self, name: str) -> str:
        (found,) = [folder["uuid"] for folder in self.folders if folder["name"] == name]
        return str(found)


@contextmanager
def served(*arguments: str) -> Iterator[Served]:
    """Start the server, wait until it answers, stop it at the end."""
    with subprocess.Popen(
        [sys.executable, "-m", "encord_widgets", "serve", "--json", *arguments],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, "the server ended before it was ready"
            info = json.loads(line)
            yield Served(process, info["domain"], Path(info["ssh_private_key_path"]), tuple(info["folders"]))
        finally:
            process.terminate()
            process.wait(10)
