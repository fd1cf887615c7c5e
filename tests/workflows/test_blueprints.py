"""A second product is a folder and no new code."""

from tests.workflows.stage import Stage


async def test_a_second_product_lives_by_the_same_workflows(stage: Stage) -> None:
    """A tenant of the blueprint `echo` signs up, scales, is suspended, resumed and torn down."""
    tenant = await stage.active(plan="echo", users=100)
    path = f"/v1/tenants/{tenant['slug']}"
    assert any(thing.startswith("namespace") for thing in await stage.things(tenant))
    for method, where, body in (
        ("PATCH", path, {"users": 600}),
        ("POST", f"{path}/suspend", None),
        ("POST", f"{path}/resume", None),
        ("DELETE", f"{path}?grace=0", None),
    ):
        ended = await stage.finished(await stage.ask(method, where, body))
        assert ended["status"] == "succeeded", ended
    assert await stage.things(tenant) == []
