"""Benchmarks against the official SDK: same work, same served server, same run. They print, and assert no time."""
