"""Benchmarks: what a night costs in CPU seconds and memory, beside the barest join of its rows."""
