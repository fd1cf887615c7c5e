"""`python -m devstack.aws --config FILE --ready-file PATH`: the front as a process of its own."""

import argparse
import json
import os
import signal
import threading
from pathlib import Path

from pydantic import ValidationError

from devstack.aws.config import AwsConfig
from devstack.aws.front import AwsFront


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m devstack.aws", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="JSON with the fields of AwsConfig")
    parser.add_argument("--ready-file", type=Path, required=True, help='written once ready: {"url", "pid"}')
    arguments = parser.parse_args()
    try:
        config = AwsConfig.model_validate_json(arguments.config.read_text())
    except (OSError, ValidationError) as error:
        parser.error(str(error))
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with AwsFront.from_config(config) as front:
        _write_whole(arguments.ready_file, json.dumps({"url": front.url, "pid": os.getpid()}))
        stopped.wait()


def _write_whole(path: Path, text: str) -> None:
    """Whoever waits for the file never reads half of it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(text)
    draft.rename(path)


if __name__ == "__main__":
    main()
