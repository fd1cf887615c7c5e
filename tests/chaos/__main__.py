"""`make chaos`: plays the fault matrix. Exit code 1 if anything did not end as it may."""

import argparse
import os
import signal
import sys

from rich.console import Console

from tests.chaos.crew import LANES_PER_CORE, Crew
from tests.chaos.display import Display, failure
from tests.chaos.matrix import all_cases, chosen, sample
from tests.chaos.play import Result
from tests.chaos.report import sheets, write_page
from tests.chaos.results import HOME, Results

USAGE = 2
TERMINATED = 143
PLAIN_WIDTH = 200


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    options = _options()
    some = [*options.case, *(sample() if options.sample else [])]
    cases = [case.name for case in (chosen(some) if some else all_cases())]
    if not cases:
        sys.stderr.write(f"error: no case is named {' or '.join(options.case)}; --list shows all\n")
        return USAGE
    if options.list:
        sys.stdout.write("".join(f"{case}\n" for case in cases))
        return 0
    results = Results(HOME / "results.jsonl")
    if options.fresh:
        results.start_anew()
    results.resume()
    known = [name for name in cases if not some and name in results.known and results.known[name].well]
    _play([name for name in cases if name not in known], len(known), options.lanes, results)
    played = [results.known[name] for name in cases]
    _show(played)
    if not some:
        write_page(played)
    return 0 if all(result.well for result in played) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--case", action="append", default=[], help="only cases that fit; may be repeated")
    parser.add_argument("--sample", action="store_true", help="only the cases that `make test` plays")
    parser.add_argument("--fresh", action="store_true", help="forget what earlier runs found out")
    parser.add_argument("--list", action="store_true", help="show the names of the cases")
    parser.add_argument(
        "--lanes", type=int, default=LANES_PER_CORE * (os.cpu_count() or 1), help="cases played at once"
    )
    return parser.parse_args()


def _play(cases: list[str], known: int, lanes: int, results: Results) -> None:
    if not cases:
        return
    with (
        Crew(min(lanes, len(cases)), HOME) as crew,
        Display(len(cases) + known, known, lambda: crew.under_way) as display,
    ):
        for result in crew.play(cases):
            if result is not None:
                results.add(result)
            display.show(result)


def _show(played: list[Result]) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=PLAIN_WIDTH)
    if len(played) > 1:
        for sheet in sheets(played):
            console.print(sheet.for_screen())
    for result in played:
        if not result.well:
            console.print("\n".join(failure(result)), markup=False, highlight=False)
        elif len(played) == 1:
            console.print(f"ok {result.case} in {result.seconds} s", markup=False, highlight=False)


if __name__ == "__main__":
    sys.exit(main())
