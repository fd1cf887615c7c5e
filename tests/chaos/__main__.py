import asyncio, sys, tempfile, time
from pathlib import Path
from devstack.state import RunFolder
from runtime.settings import ROOT
from tests.chaos.ground import Ground
from tests.chaos.matrix import chosen
from tests.chaos.play import play


async def main() -> None:
    folder = RunFolder.make(ROOT / ".devstack" / "chaos")
    t = time.time()
    try:
        async with Ground(folder.path) as ground:
            print("ready", time.time() - t)
            for pattern in sys.argv[1:]:
                for case in chosen(pattern):
                    r = await play(ground, case)
                    print("ok" if r.well else "BAD", r, flush=True)
    finally:
        folder.close()


asyncio.run(main())
