"""Values that must show up nowhere, and what a text tells of them."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote


def told_in(text: str, values: Mapping[str, str]) -> list[str]:
    """What the values are that the text holds: as they are, as a URL or as base64 writes them."""
    return [what for what, value in values.items() if any(form in text for form in forms(value))]


def forms(value: str) -> set[str]:
    coded = base64.b64encode(value.encode()).decode()
    return {value, quote(value, safe=""), coded, base64.urlsafe_b64encode(value.encode()).decode()}


def versions(client: Any, secret: str) -> Iterator[tuple[str, str]]:
    """Id and text of each version of a secret, those of before and of later included."""
    listed = client.list_secret_version_ids(SecretId=secret, IncludeDeprecated=True)
    for version in listed["Versions"]:
        found = client.get_secret_value(SecretId=secret, VersionId=version["VersionId"])
        yield version["VersionId"], found["SecretString"]
