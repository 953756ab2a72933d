"""``python -m trustladder.learn.simulation``: does Learn find the truth? One table, as Markdown."""

import argparse
from collections.abc import Callable

from trustladder.learn.simulation.recovery import (
    Finding,
    guarantees,
    misses,
    pool_of_labels,
    spillover,
    verdicts,
)
from trustladder.policy.profiles import default_policy


def _parts(runs: int, spillover_runs: int) -> dict[str, Callable[[], list[Finding]]]:
    return {
        "misses": lambda: misses(runs),
        "guarantee": lambda: guarantees(pool_of_labels(default_policy()), runs),
        "verdicts": lambda: [*verdicts(told=1.0), *verdicts(told=0.6)],
        "no-spillover": lambda: spillover(spillover_runs, 0.0),
        "spillover": lambda: spillover(spillover_runs, 1.0),
        "temper": lambda: spillover(spillover_runs, 0.0, hidden_temper=0.6),
    }


def main() -> None:
    """Print the parts asked for, or all."""
    parser = argparse.ArgumentParser(prog="python -m trustladder.learn.simulation", description=__doc__)
    parser.add_argument("--runs", type=int, default=500, help="worlds for misses, draws for the guarantee")
    parser.add_argument("--spillover-runs", type=int, default=100, help="worlds for each of the spillover parts")
    parser.add_argument("--part", action="append", help="only this part; may be given more than once")
    given = parser.parse_args()
    parts = _parts(given.runs, given.spillover_runs)
    unknown = set(given.part or ()) - set(parts)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
    print("| figure | n | value | Monte-Carlo error | should be | holds |")
    print("|---|---|---|---|---|---|")
    for name in given.part or parts:
        for found in parts[name]():
            holds = ("yes" if found.holds else "**no**") if found.should else ""
            cells = (found.name, f"{found.runs:,}", f"{found.value:+.3f}", f"{found.error:.3f}", found.should, holds)
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
