"""A served embedded Encord, and clients that run in processes of their own so that time and memory are theirs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.reference import write_reference

# Each client prints one JSON line: seconds, peak memory and what it found, so that the work can be compared.
FRAME = """
import json, resource, sys, time
KEY, DOMAIN, FOLDER = sys.argv[1:4]
{setup}
started = time.perf_counter()
{work}
seconds = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({{"seconds": seconds, "peak_mb": peak, "found": found}}))
"""


@contextmanager
def served(items: int, latency_ms: float, *, reference: bool = False) -> Iterator[dict[str, Any]]:
    """Serve a folder of some items; what `encord-widgets serve --json` prints, and the folder's uuid as `folder`."""
    with tempfile.TemporaryDirectory() as folder:
        if reference:
            write_reference(Path(folder) / "bench.db", items)
        command = [
            *(sys.executable, "-m", "encord_widgets", "serve", "--json", "--port", "0"),
            *(
                "--database",
                str(Path(folder) / "bench.db"),
                "--items",
                str(items),
                "--latency-ms",
                str(latency_ms),
            ),
        ]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            line = json.loads(server.stdout.readline())
            line["folder"] = max(line["folders"], key=lambda one: one["items"])["uuid"]
            yield line
        finally:
            server.terminate()
            server.wait(30)


def run(server: dict[str, Any], setup: str, work: str) -> dict[str, Any]:
    """Run one client in a fresh process.

    Args:
        server: What `served` yields.
        setup: Code before the clock starts; knows KEY, DOMAIN and FOLDER.
        work: Code under the clock; sets `found`.
    """
    code = FRAME.format(setup=setup, work=work)
    command = [sys.executable, "-c", code, server["ssh_private_key_path"], server["domain"], server["folder"]]
    # The table that is kept for the next opening is written behind what is measured, and would be measured with it.
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "ENCORD_WIDGETS_CACHE": "off"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result
