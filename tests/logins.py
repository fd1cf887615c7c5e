"""Logging in to a tenant's database as its pods do. Shares no code with the activities."""

import json
from typing import Any

import psycopg

Json = dict[str, Any]


def secret(client: Any, name: str, **which: str) -> dict[str, str]:
    """User and password that a secret holds; `which` picks a version or a label."""
    value: dict[str, str] = json.loads(client.get_secret_value(SecretId=name, **which)["SecretString"])
    return value


def connected(instance: Json, login: dict[str, str]) -> psycopg.Connection[tuple[Any, ...]]:
    """`instance` is what RDS describes."""
    return psycopg.connect(
        host=instance["Endpoint"]["Address"],
        port=instance["Endpoint"]["Port"],
        dbname=instance["DBName"],
        user=login["username"],
        password=login["password"],
        autocommit=True,
        connect_timeout=10,
    )


def acts_as(instance: Json, login: dict[str, str]) -> str:
    """The role that a pod with these credentials has."""
    with connected(instance, login) as connection:
        row = connection.execute("SELECT current_user").fetchone()
    assert row
    return str(row[0])


def is_refused(instance: Json, login: dict[str, str]) -> bool:
    try:
        connected(instance, login).close()
    except psycopg.OperationalError:
        return True
    return False
