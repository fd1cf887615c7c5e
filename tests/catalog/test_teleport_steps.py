"""The teleport blueprint: the order in which a tenant comes up."""

from catalog import Catalog


def test_a_sign_up_is_few_steps_and_most_run_at_once(catalog: Catalog) -> None:
    """At most 18 steps keep a sign-up within 30 Temporal Actions; nine of them wait for nothing."""
    steps = catalog.blueprint_of("team").model.steps
    assert len(steps) <= 18
    assert {step.name for step in steps if not step.needs} == {
        "recordings",
        "database-admin",
        "database-password",
        "usage-token",
        "database-parameters",
        "auth-role",
        "proxy-role",
        "secrets-role",
        "foundation",
    }


def test_auth_comes_before_proxy_and_identity_before_pods(catalog: Catalog) -> None:
    """Each step runs after what it could not do without."""
    model = catalog.blueprint_of("team").model
    assert {"auth", "proxy-identity", "certificate"} <= model.before("proxy")
    assert {"config", "auth-identity", "database", "secrets-role"} <= model.before("auth")
    assert {"database-admin", "database-password", "database-parameters"} <= model.before("database")
    assert "proxy" in model.before("dns")
    assert {step.name for step in model.steps if step.workload} == {"auth", "proxy"}
    assert {step.name for step in model.steps if step.sized} == {"foundation", "database", "auth", "proxy"}
