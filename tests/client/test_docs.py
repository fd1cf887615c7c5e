"""docs/client.md: its example runs as it stands there, and prints what stands there."""

import os
import subprocess
import sys
from asyncio import to_thread
from pathlib import Path

from tests.api.front import ADMIN_KEY

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "client" / "grow.py"
DOCUMENT = (ROOT / "docs" / "client.md").read_text(encoding="utf-8")


async def test_the_example_prints_what_the_docs_show(address: str) -> None:
    """To the last letter, against a real API."""
    told = {"TENANTRY_API_URL": address, "TENANTRY_API_KEY": ADMIN_KEY, "PYTHONPATH": str(ROOT)}
    ran = await to_thread(
        subprocess.run,
        [sys.executable, str(EXAMPLE)],
        env=os.environ | told,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"$ python examples/client/grow.py\n{ran.stdout}```" in DOCUMENT


def test_the_docs_show_the_example_whole() -> None:
    """As it is in its file."""
    assert f"```python\n{EXAMPLE.read_text(encoding='utf-8')}```" in DOCUMENT
