"""Whatever is sent, the answer is a success or a complete problem document below 500."""

import json
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.front import Front, code_of, new_key

fuzzed = settings(
    max_examples=60,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# Surrogates can be written in JSON and cannot be stored; control characters can be neither shown nor stored.
TEXT = st.text(st.characters(exclude_categories=[]), max_size=40)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("slug", "region", "time_zone", "plan", "users", "resources", "id", "customer_id")
GOOD: dict[str, Any] = {
    "slug": "fuzzed-slug",
    "region": "us-east-1",
    "plan": "echo",
    "users": 5,
    "customer_id": "nobody-at-all",  # so that nothing is ever made
}


@fuzzed
@given(changes=st.dictionaries(st.sampled_from(FIELDS) | TEXT, ANYTHING, max_size=3))
async def test_any_signup(front: Front, changes: dict[str, Any]) -> None:
    """A sign-up with any values in any fields is refused by name."""
    await send(front, "POST", "/v1/tenants", GOOD | changes)


@fuzzed
@given(body=ANYTHING)
async def test_any_json(front: Front, body: Any) -> None:
    """Any JSON as the body of any change."""
    for method, path in (
        ("POST", "/v1/tenants"),
        ("PATCH", "/v1/tenants/no-such-one"),
        ("POST", "/v1/tenants/no-such-one/preview"),
        ("POST", "/v1/customers"),
        ("PATCH", "/v1/customers/nobody"),
        ("POST", "/v1/tenants/no-such-one/credits"),
        ("POST", "/v1/tenants/no-such-one/discounts"),
        ("POST", "/v1/webhooks"),
    ):
        await send(front, method, path, body)


@fuzzed
@given(name=TEXT.filter(lambda text: text not in {".", ".."}), value=TEXT)
async def test_any_name(front: Front, name: str, value: str) -> None:
    """Any text as a slug, an operation id, a parameter or a cursor."""
    slug, text = (quote(one.encode(errors="surrogatepass"), safe="") for one in (name, value))
    for path in (
        f"/v1/tenants/{slug}",
        f"/v1/tenants/{slug}/certificate?id={text}",
        f"/v1/operations/{slug}",
        f"/v1/invoices/{slug}/explanation?key={text}",
        f"/v1/invoices/{slug}.pdf",
        f"/v1/closings/{slug}",
        f"/v1/webhooks/{slug}",
        f"/v1/webhooks?cursor={text}",
        f"/v1/tenants?cursor={text}",
        f"/v1/tenants?customer_id={text}&limit={slug}",
        f"/v1/tenants?{slug}={text}",
    ):
        answer = await front.http.get(path)
        assert answer.status_code < 500
        if answer.status_code >= 400:
            code_of(answer)


async def send(front: Front, method: str, path: str, body: Any) -> None:
    headers = new_key() | {"Content-Type": "application/json"}
    answer = await front.http.request(method, path, content=json.dumps(body), headers=headers)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        code_of(answer)
