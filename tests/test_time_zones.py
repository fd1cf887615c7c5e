"""Names of time zones, wherever they come in."""

from zoneinfo import ZoneInfo

import pytest

from runtime.settings import load_settings
from runtime.time_zones import known_zone


@pytest.mark.parametrize("name", ["Europe/Paris", "America/Juneau", "Asia/Kathmandu", "UTC", "Etc/GMT+5"])
def test_names_of_the_database_are_known(name: str) -> None:
    """Each is taken as it is, and can be reckoned with."""
    assert ZoneInfo(known_zone(name)).key == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Mars/Olympus",
        "Europe",
        "europe/paris",
        "localtime",
        "right/UTC",
        "../UTC",
        "UTC\n",
        "a\0",
        "\ud800",
    ],
)
def test_other_names_are_refused(name: str) -> None:
    """What no tz database has, what only some machines have, and paths: the error says what is right."""
    with pytest.raises(ValueError, match="name of a time zone, such as Europe/Paris or UTC"):
        known_zone(name)


def test_a_wrong_zone_of_the_installation_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No process starts with it; stderr names the variable and what would be right."""
    monkeypatch.setenv("TENANTRY_BILLING_ZONE", "Mars/Olympus")
    with pytest.raises(SystemExit) as ended:
        load_settings()
    told = capsys.readouterr().err
    assert (ended.value.code, told.startswith("error: TENANTRY_BILLING_ZONE: ")) == (2, True)
    assert "such as Europe/Paris" in told
