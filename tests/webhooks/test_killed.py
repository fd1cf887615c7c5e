"""A worker that is killed while it delivers loses nothing."""

import os
import signal
import sys
from pathlib import Path
from subprocess import Popen
from threading import Event

from store.webhooks.queue import TAKEN_FOR
from tests.api.front import until
from tests.webhooks.receiver import Answer
from tests.webhooks.site import Site


async def test_what_a_killed_worker_was_sending_is_sent_again(site: Site, keys_file: Path) -> None:
    """Killed between its request and the answer; the next one sends the same id, once the attempt is over."""
    killed = Event()
    site.receiver.answers["/killed"] = Answer(after=killed)
    hook = site.hook("/killed")
    site.happen()
    url = site.world.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    script = Path(__file__).with_name("courier_process.py")
    worker = Popen(  # noqa: ASYNC220 - to be killed, not waited for
        [sys.executable, script, url, keys_file], env={**os.environ, "PYTHONPATH": str(script.parents[2])}
    )
    try:
        await until(lambda: _asked(site))
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    killed.set()
    async with site.courier():
        assert site.queue().due() == []
        site.world.clock.move(TAKEN_FOR)
        (told,) = await site.settled(hook)
    assert [call.id for call in site.receiver.calls("/killed")] == [told.event.id] * 2
    assert told.delivery.attempts == 2


async def _asked(site: Site) -> bool | None:
    return bool(site.receiver.calls("/killed")) or None
