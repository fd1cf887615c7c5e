"""The OpenAPI document: complete enough to write a client from."""

import re
from typing import Any

import pytest

from api.app import create_app
from api.problem_types import PROBLEMS
from catalog import Catalog
from runtime.settings import Settings
from tests.api.front import Front

METHODS = {"get", "post", "patch", "delete", "put"}


@pytest.fixture(scope="module")
def document(catalog: Catalog) -> dict[str, Any]:
    return create_app(Settings(), catalog=catalog).openapi()


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def test_every_route_is_described(document: dict[str, Any]) -> None:
    """Each has a summary, a tag, error answers as problem details, and examples of them."""
    for name, operation in operations(document):
        assert operation["summary"], name
        assert operation["tags"], name
        errors = {status: a for status, a in operation["responses"].items() if int(status) >= 400}
        assert errors, name
        for answer in errors.values():
            content = answer["content"]["application/problem+json"]
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}, name
            assert content["examples"], name


def test_every_change_asks_for_a_key_and_answers_with_an_operation(document: dict[str, Any]) -> None:
    """Changes need an Idempotency-Key and take a reason; all but those that are done at once answer 202.

    Events of usage bear their identity themselves; a preview changes nothing.
    """
    at_once = {
        "post /v1/customers",
        "patch /v1/customers/{customer_id}",
        "post /v1/recoveries",
        "post /v1/webhooks",
        "delete /v1/webhooks/{webhook_id}",
        *(f"post /v1/webhooks/{{webhook_id}}/{what}" for what in ("secret", "enable", "replay")),
        "post /v1/webhooks/{webhook_id}/deliveries/{event_id}/replay",
        "post /v1/keys",
        "delete /v1/keys/{key_id}",
        "post /v1/tenants/{slug}/access",
        *(f"post /v1/access/{{grant_id}}/{what}" for what in ("approve", "revoke", "credentials")),
        *(f"post /v1/tenants/{{slug}}/{what}" for what in ("credits", "charges", "discounts")),
    }
    keyless = {"post /v1/usage", "post /v1/tenants/{slug}/preview"}
    for name, operation in operations(document):
        if name.startswith("get") or name in keyless:
            continue
        headers = {p["name"]: p for p in operation["parameters"] if p["in"] == "header"}
        assert headers["Idempotency-Key"]["required"], name
        assert "Tenantry-Reason" in headers, name
        assert {"400", "422", "503"} <= set(operation["responses"]), name
        assert ("202" in operation["responses"]) != (name in at_once), name
        if accepted := operation["responses"].get("202"):
            assert "Location" in accepted["headers"], name


def test_clients_get_plain_names(document: dict[str, Any]) -> None:
    """Each operation has an id of its own that is a plain name."""
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and "v1" not in name for name in names)


def test_all_references_lead_somewhere(document: dict[str, Any]) -> None:
    """No $ref points at a schema that is not there."""

    def references(node: Any) -> set[str]:
        if isinstance(node, dict):
            own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
            return own.union(*(references(value) for value in node.values()))
        if isinstance(node, list):
            return set().union(*(references(value) for value in node))
        return set()

    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) <= known


async def test_every_problem_type_is_explained(front: Front) -> None:
    """The type of each problem leads to its explanation."""
    for kind in PROBLEMS.values():
        answer = await front.http.get(kind.uri)
        assert answer.status_code == 200
        assert answer.json()["advice"] == kind.advice


async def test_the_document_and_its_page_are_served(front: Front) -> None:
    """/openapi.json and /docs answer, and the page loads its scripts from here."""
    assert (await front.http.get("/openapi.json")).json()["info"]["title"] == "Tenantry"
    page = (await front.http.get("/docs")).text
    assert "swagger" in page.lower()
    assert "://" not in page
    script = re.search(r'src="([^"]+\.js)"', page)
    assert script
    assert (await front.http.get(script.group(1))).status_code == 200
