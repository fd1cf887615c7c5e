"""A courier in a process of its own, to be killed: `python courier_process.py <database url> <keys file>`."""

import asyncio
import sys
from pathlib import Path

from temporalio.testing import ActivityEnvironment

from activities.webhooks.courier import Courier
from activities.webhooks.sending import Sender
from domain.messages import WatchInput
from runtime.clock import SystemClock
from runtime.signing_keys import read_signing_keys
from store.engine import make_engine
from store.webhooks.queue import Queue


async def main() -> None:
    clock = SystemClock()
    engine = make_engine(sys.argv[1], 5)
    sender = Sender(read_signing_keys(Path(sys.argv[2])), clock, loopback=True)
    await ActivityEnvironment().run(Courier(Queue(engine, clock), sender).watch, WatchInput(seconds=60))


asyncio.run(main())
