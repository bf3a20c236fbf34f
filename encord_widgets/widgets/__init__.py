"""Widgets over an item set: a grid, the staged edits as a diff, a commit panel, and all three in one."""
