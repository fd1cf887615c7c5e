"""`make audit`: asks OSV whether weaknesses of what dev.lock pins are known.

dev.lock holds all that app.lock does. Exit code 0 also where OSV cannot be reached, and then it says that
nothing is known; 1 if a weakness is known, 2 if pip-audit itself fails.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parent / "dev.lock"
AWAY = ("ConnectionError", "Timeout", "ServiceError", "ProxyError", "SSLError")
"""Errors of pip-audit that say that the data did not come."""


def main() -> int:
    ran = subprocess.run(  # noqa: S603 - fixed arguments
        [
            *(sys.executable, "-m", "pip_audit", "--requirement", str(LOCK)),
            *("--require-hashes", "--disable-pip"),  # looks at the lock alone, and installs nothing
            *("--vulnerability-service", "osv", "--timeout", "5"),
            *("--format", "json", "--progress-spinner", "off"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    code, said = verdict(ran.stdout, ran.stderr)
    sys.stdout.write(said + "\n")
    return code


def verdict(stdout: str, stderr: str) -> tuple[int, str]:
    """Exit code, and what to say, of what pip-audit wrote."""
    try:
        looked_up: list[dict[str, Any]] = json.loads(stdout)["dependencies"]
    except (ValueError, KeyError):
        last = (stderr.strip().splitlines() or ["it said nothing"])[-1]
        if any(name in last for name in AWAY):
            return 0, "not audited: the data on weaknesses cannot be reached from here"
        return 2, f"pip-audit failed: {last[:500]}"
    known = [one for one in looked_up if one.get("vulns")]
    skipped = [one["name"] for one in looked_up if "skip_reason" in one]
    lines = [_line(one, weakness) for one in known for weakness in one["vulns"]]
    lines.append(f"{len(looked_up) - len(skipped)} packages looked up, {len(known)} with known weaknesses")
    if skipped:
        lines.append(f"not looked up, so that nothing is known of them: {', '.join(skipped)}")
    return int(bool(known)), "\n".join(lines)


def _line(package: dict[str, Any], weakness: dict[str, Any]) -> str:
    mended = ", ".join(weakness["fix_versions"]) or "no version yet"
    return f"{package['name']} {package['version']}: {weakness['id']}, mended in {mended}"


if __name__ == "__main__":
    sys.exit(main())
