"""Filters: one tree of rules with many faces (text, Python, pandas code, JSON), and its evaluation."""
