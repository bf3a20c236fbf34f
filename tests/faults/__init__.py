"""Commits under faults, each checked against the server's own log: `python -m tests.faults` runs many."""
