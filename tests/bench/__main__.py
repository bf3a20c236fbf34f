"""All benchmarks: `python -m tests.bench`."""

from tests.bench import commit, filters, grid, grid_kernel, load, safety

if __name__ == "__main__":
    load.main([])
    commit.main([])
    safety.main([])
    filters.main([])
    grid.main([])
    grid_kernel.main([])
