"""The policy as a setting."""

import pytest

from catalog.resources import check_policy
from domain.errors import CatalogError
from runtime.settings import Settings, load_settings


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("report", {"*": "report"}),
        ("repair", {"*": "repair"}),
        ("rds:db-instance=report, *=repair", {"rds:db-instance": "report", "*": "repair"}),
        ("apps/v1/Deployment=repair,v1/Pod=report", {"apps/v1/Deployment": "repair", "v1/Pod": "report"}),
    ],
)
def test_a_policy_is_read(text: str, policy: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """One word for everything, or an action by kind."""
    monkeypatch.setenv("TENANTRY_DRIFT_POLICY", text)
    assert load_settings().drift_policy == policy


def test_reporting_is_the_default() -> None:
    """Nothing is changed in production before somebody has seen what would be."""
    assert Settings().drift_policy == {"*": "report"}


def test_every_mistake_is_listed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """All bad parts of a policy, beside all other bad settings, and exit code 2."""
    monkeypatch.setenv("TENANTRY_DRIFT_POLICY", "mend, bucket=repair, s3:bucket=report, s3:bucket=repair")
    monkeypatch.setenv("TENANTRY_DRIFT_INTERVAL_SECONDS", "0")
    with pytest.raises(SystemExit) as end:
        load_settings()
    assert end.value.code == 2
    told = capsys.readouterr().err
    for part in ("TENANTRY_DRIFT_POLICY", "'mend' must be", "'bucket' is no kind", "named twice"):
        assert part in told
    assert "TENANTRY_DRIFT_INTERVAL_SECONDS" in told


def test_a_kind_that_no_step_makes_is_refused() -> None:
    """A misspelt kind would never apply, and a database would be repaired that was only to be reported."""
    check_policy(["*", "s3:bucket", "apps/v1/Deployment"])
    with pytest.raises(CatalogError, match="no kind 'rds:db-instances'; there are"):
        check_policy(["rds:db-instances", "s3:bucket"])
