"""All runs: `python -m tests.faults [--runs 500] [--items 2000] [--kills 100] [--first 0]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.kills import kill, summary
from tests.faults.runs import Figures, run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=0, help="seeded runs with faults and a rival")
    parser.add_argument("--items", type=int, default=2000, help="items of a run")
    parser.add_argument("--kills", type=int, default=0, help="kernels to kill while they commit")
    parser.add_argument("--first", type=int, default=0, help="first seed")
    options = parser.parse_args()
    figures = Figures()
    kills = []
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.first, options.first + options.runs):
            done = run(seed, options.items, Path(folder))
            figures += done
            for line in done.said[:5]:
                say(line)
            if (seed + 1 - options.first) % 25 == 0:
                say(f"{seed + 1 - options.first} runs, {time.monotonic() - started:.0f} s")
        if options.runs:
            say(f"{figures}\n{'seconds':<22} {time.monotonic() - started:.0f}")
        for seed in range(options.first, options.first + options.kills):
            kills.append(kill(seed, Path(folder)))
            for line in kills[-1].wrong:
                say(f"kill {seed}: {line}")
        if kills:
            say(summary(kills))
    sys.exit(bool(figures.wrong) or any(found.wrong for found in kills))


def say(text: object) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
