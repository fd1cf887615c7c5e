"""What is generated is what the API's document gives today, and is typed."""

from client import Client, models
from tests.client.generate import files


def test_the_client_is_that_of_the_document() -> None:
    """The committed files are those that `make client` writes."""
    stale = [path.name for path, source in files().items() if path.read_text() != source]
    assert not stale, "run `make client`"


def misused(client: Client) -> None:
    """Never called: with `warn_unused_ignores` the type check fails if any of these is taken for right."""
    client.scale("acme", {"users": "many"})  # type: ignore[typeddict-item]  # a number
    client.sign_up({"slug": "acme"})  # type: ignore[typeddict-item]  # more is needed
    client.tenants(phase=["asleep"])  # type: ignore[list-item]  # there is no such phase
    client.tenant("acme")["size"]  # type: ignore[typeddict-item]  # no such field
    client.pause("acme")  # type: ignore[attr-defined]  # no such operation
    wanted: models.Preview = {"change": "explode"}  # type: ignore[typeddict-item]  # no such change
    client.preview_change("acme", wanted)
