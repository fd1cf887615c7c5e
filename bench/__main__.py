"""`make bench`: how fast Tenantry is, beside what a machine could do and what a user would pick instead.

Asserts nothing: a target that was missed is told, and explained in docs/performance.md.
"""

import argparse
import json
import logging
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import structlog

from bench import report
from bench.figures import Section, amount
from bench.sections import (
    aging,
    billed,
    folder,
    invoicing,
    many,
    metering,
    paging,
    reading,
    resting,
    signing_up,
    waiting,
    workers,
)

HOME = Path(__file__).parent
SECTIONS: Mapping[str, Callable[[], Section]] = {
    "resting": resting.measure,
    "waiting": waiting.measure,
    "signing-up": signing_up.measure,
    "workers": workers.measure,
    "billed": billed.measure,
    "reading": reading.measure,
    "metering": metering.measure,
    "invoicing": invoicing.measure,
    "folder": folder.measure,
}
LONG: Mapping[str, Callable[[], Section]] = {
    "many": many.measure,
    "paging": paging.measure,
    "aging": aging.measure,
}
"""Some forty minutes."""
KNOWN = {**SECTIONS, **LONG}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    results = "results-long" if options.long else "results"
    began = time.monotonic()
    names = options.sections or (LONG if options.long else SECTIONS)
    written = {one.title: one for one in report.read(HOME, results)} if options.sections else {}
    measured: list[Section] = []
    failed: list[str] = []
    for name in names:
        try:
            section = _measured(name, KNOWN[name])
        except Exception:  # noqa: BLE001 - whatever it is, the other sections are worth their minutes
            traceback.print_exc()
            failed.append(name)
            continue
        measured.append(section)
        written[section.title] = section
        if options.write:
            minutes = None if options.sections else (time.monotonic() - began) / 60
            report.write(HOME, results, list(written.values()), minutes)
    if options.json:
        print(json.dumps(report.document(measured), indent=2))
    if failed:
        print(f"error: {', '.join(failed)} could not be measured", file=sys.stderr)
    return 1 if failed else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="section", help="; ".join(KNOWN))
    parser.add_argument("--long", action="store_true", help="the sections that take long")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--write", action="store_true", help="write bench/results.md or results-long.md")
    options = parser.parse_args(arguments)
    if unknown := set(options.sections) - set(KNOWN):
        parser.error(f"there is no section {', '.join(sorted(unknown))}; choose of {', '.join(KNOWN)}")
    if options.write and options.sections and (not options.long or set(options.sections) - set(LONG)):
        parser.error("only sections of the long part are written singly: results.md is of one whole run")
    return options


def _measured(name: str, measure: Callable[[], Section]) -> Section:
    """Shown as soon as it is there: the whole takes a while."""
    print(f"{name} …", file=sys.stderr, flush=True)
    began = time.monotonic()
    section = measure()
    print(f"{section.title}, {time.monotonic() - began:.0f} s", file=sys.stderr)
    for figure in section.figures:
        value = f"{amount(figure.median)} {figure.unit}"
        target = str(figure.target or "")
        print(f"  {figure.what[:62]:62} {value:>14}  {target:8} {figure.verdict}", file=sys.stderr)
    for note in section.notes:
        print(f"  {note}", file=sys.stderr)
    return section


if __name__ == "__main__":
    sys.exit(main())
