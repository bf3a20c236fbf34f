"""Kernels that are killed while they stage and commit, and others that finish their work."""

from __future__ import annotations

import sys

from tests.faults.kills import kill, summary


def test_killed_kernels_lose_nothing_and_send_nothing_twice(tmp_path, capsys):
    kills = [kill(seed, tmp_path) for seed in range(8)]
    with capsys.disabled():
        sys.stdout.write(f"\n{summary(kills)}\n")
    assert [found.wrong for found in kills] == [[]] * len(kills)
    assert sum(found.edits for found in kills) > 2000
