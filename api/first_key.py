"""`python -m api.first_key NAME` makes a key with the role admin: the one that can make all others."""

import argparse
import sys
import uuid

from domain.access import Role
from domain.api_key import mint
from domain.audit.origin import author
from domain.errors import Unavailable
from runtime.clock import SystemClock
from runtime.logging import configure_logging
from runtime.settings import load_settings
from store.api_keys import make_key
from store.engine import make_engine
from store.tables import ApiKeyRow

BY = "python -m api.first_key"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m api.first_key", description=__doc__)
    parser.add_argument("name", help="to tell it from others")
    name = parser.parse_args().name.strip()
    if not (0 < len(name) <= 100 and name.isprintable()):
        parser.error("a name has 1 to 100 printable characters")
    settings = load_settings()
    configure_logging(settings, sys.stderr)  # nothing but the key is on stdout
    minted = mint(uuid.uuid4().hex)
    row = ApiKeyRow(
        id=minted.id,
        name=name,
        hash=minted.digest,
        roles=[Role.ADMIN],
        made_by=BY,
        created_at=SystemClock().now(),
    )
    try:
        make_key(make_engine(settings.database_url.get_secret_value(), 1), row, author(BY, None))
    except Unavailable as error:
        sys.stderr.write(f"error: {error}; nothing was made\n")
        return 1
    sys.stderr.write(f"key {minted.id} for admin; keep it, it is not shown again:\n")
    sys.stdout.write(f"{minted.text}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
