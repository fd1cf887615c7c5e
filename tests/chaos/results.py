"""The results file: one JSON line a case, kept between runs of the same code."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from runtime.settings import ROOT
from tests.chaos.play import Result

HOME = ROOT / ".devstack" / "chaos"
CODE = """
    activities api blueprints catalog deploy devstack domain runtime store tests/chaos worker workflows
""".split()
FILES = """
    cells.yaml meters.yaml plans.yaml prices.yaml
    tests/api/front.py tests/api/providers.py tests/audit.py tests/canaries.py tests/logins.py
    tests/outages/door.py tests/rights/shipped.py tests/rights/templates.py tests/workflows/stage.py
""".split()


class Results:
    """What is known of the code as it is now: a change of it makes every case unknown again."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._code = fingerprint()
        self.known: dict[str, Result] = {}

    def resume(self) -> None:
        """Reads what an earlier run found out."""
        if not self._file.exists():
            return
        for line in self._file.read_text().splitlines():
            entry = json.loads(line)
            if entry.pop("code") == self._code:
                self.known[entry["case"]] = Result(**entry)

    def start_anew(self) -> None:
        self._file.unlink(missing_ok=True)

    def add(self, result: Result) -> None:
        self.known[result.case] = result
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a") as lines:
            lines.write(json.dumps({"code": self._code, **result.as_json()}) + "\n")


def fingerprint() -> str:
    """Of everything that a case's outcome can depend on."""
    digest = hashlib.sha256()
    for path in sources():
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def sources() -> Iterable[Path]:
    for name in CODE:
        yield from sorted(p for p in (ROOT / name).rglob("*") if p.suffix in {".py", ".json", ".yaml", ".j2"})
    for name in FILES:
        yield ROOT / name
