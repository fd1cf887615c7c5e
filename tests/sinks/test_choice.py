"""Which sink the settings ask for, and what is told about wrong ones."""

from pathlib import Path

import pytest

from activities.billing.sinks.choice import sink_of
from activities.billing.sinks.files import FileSink
from activities.billing.sinks.stripe_sink import StripeSink
from runtime.clock import SystemClock
from runtime.settings import Settings, load_settings


def test_the_settings_choose(tmp_path: Path) -> None:
    """None unless one is asked for."""
    choices = (
        (Settings(), type(None)),
        (Settings(invoice_sink="file", invoice_folder=tmp_path), FileSink),
        (Settings.model_validate({"invoice_sink": "stripe", "stripe_api_key": "sk_test_1"}), StripeSink),
    )
    for settings, kind in choices:
        assert isinstance(sink_of(settings, SystemClock()), kind)


@pytest.mark.parametrize(
    ("sink", "said"),
    [
        ("file", "TENANTRY_INVOICE_FOLDER: Value error, must name a folder"),
        ("stripe", "TENANTRY_STRIPE_API_KEY: Value error, must be set"),
        ("fax", "TENANTRY_INVOICE_SINK: Input should be 'none', 'file' or 'stripe'"),
    ],
)
def test_a_sink_without_what_it_needs_is_refused_at_the_start(
    sink: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And not with the first invoice, a month later."""
    monkeypatch.setenv("TENANTRY_INVOICE_SINK", sink)
    with pytest.raises(SystemExit) as end:
        load_settings()
    assert end.value.code == 2
    assert said in capsys.readouterr().err


def test_the_key_is_not_shown_with_the_settings() -> None:
    """Whoever prints them."""
    settings = Settings.model_validate({"invoice_sink": "stripe", "stripe_api_key": "sk_test_1"})
    assert "sk_test_1" not in repr(settings) + str(settings.model_dump())
