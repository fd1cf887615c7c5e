"""The command for passwords that tenants log in with."""

import typer

from cli.changes import AsJson, Change, Key, NoWait, Slug, Why

app = typer.Typer()


@app.command("rotate-password")
def rotate_password(
    slug: Slug, reason: Why = None, key: Key = None, as_json: AsJson = False, no_wait: NoWait = False
) -> None:
    """Give the tenant's database a new password, and lock the one before."""
    Change(as_json, no_wait, key, reason).run(
        lambda client, key: client.rotate_password(slug, idempotency_key=key)
    )
