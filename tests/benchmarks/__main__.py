"""Every benchmark, one after another: `make bench`. Each prints ratios against something measured in the same run."""

from __future__ import annotations

from tests.benchmarks import append, jobs, memory, relay


def main() -> None:
    """Print all figures."""
    for benchmark in (append, relay, jobs, memory):
        print(f"\n{(benchmark.__doc__ or '').splitlines()[0]}")
        benchmark.main()


if __name__ == "__main__":
    main()
