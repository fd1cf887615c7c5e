"""What is installed: pinned, and audited where the data can be reached."""

import json
import re
from typing import Any

import pytest

from requirements.audit import verdict
from runtime.settings import ROOT

FINE = {"name": "fine", "version": "1.0", "vulns": []}
WEAK = {"name": "weak", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
UNKNOWN = {"name": "ours", "skip_reason": "not found"}
AWAY = "Traceback\nrequests.exceptions.ConnectionError: Max retries exceeded"


@pytest.mark.parametrize("lock", ["app.lock", "dev.lock"])
def test_every_package_is_pinned_by_hash(lock: str) -> None:
    """Nothing else than what was looked at can be installed, wherever it comes from."""
    text = (ROOT / "requirements" / lock).read_text()
    entries = re.split(r"\n(?=\S)", text.strip())
    assert [
        one for one in entries if not re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", one, re.DOTALL)
    ] == []
    assert "://" not in text


def test_what_is_shipped_is_audited() -> None:
    """The lock that is audited holds each package of the shipped one, in the same version."""
    shipped, audited = (
        set(re.findall(r"^[\w.-]+==\S+", (ROOT / "requirements" / lock).read_text(), re.MULTILINE))
        for lock in ("app.lock", "dev.lock")
    )
    assert shipped <= audited


@pytest.mark.parametrize(
    ("dependencies", "stderr", "code", "said"),
    [
        ([FINE], "", 0, "1 packages looked up, 0 with known weaknesses"),
        ([FINE, WEAK], "", 1, "weak 1.0: PYSEC-1, mended in 1.1"),
        ([FINE, UNKNOWN], "", 0, "nothing is known of them: ours"),
        (None, AWAY, 0, "not audited"),
        (None, "pip_audit: error: unrecognized arguments", 2, "unrecognized arguments"),
        (None, "", 2, "said nothing"),
    ],
)
def test_an_audit_says_what_it_knows(
    dependencies: list[dict[str, Any]] | None, stderr: str, code: int, said: str
) -> None:
    """A known weakness fails; where nothing could be looked up, it says so and does not call that sound."""
    found = verdict("" if dependencies is None else json.dumps({"dependencies": dependencies}), stderr)
    assert found[0] == code
    assert said in found[1]
