"""The command line without an API."""

from pathlib import Path

import pytest
import typer

from cli.connection import ROOT, URL_VARIABLE
from cli.signups import SignupFileError, load_signup
from cli.tenants import grace_seconds
from domain.naming import slug_problem
from tests.cli.conftest import Tenantry


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("90", 90), ("90s", 90), ("30m", 1800), ("12h", 43_200), ("14d", 1_209_600)],
)
def test_graces_are_read(text: str, seconds: int) -> None:
    """A grace is a number of seconds, or of the unit behind it."""
    assert grace_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "-1", "1w", "d", "1.5h", "1 d"])
def test_other_graces_are_refused(text: str) -> None:
    """What is no grace is wrong usage."""
    with pytest.raises(typer.BadParameter):
        grace_seconds(text)


@pytest.mark.parametrize(
    "arguments",
    [
        ("scale", "alder"),
        ("signup", "alder"),
        ("signup", "--users", "many"),
        ("teardown", "alder", "--grace", "soon"),
        ("scale", "alder", "--servers", "-1"),
        ("dev", "--delays", "glacial"),
        ("nonsense",),
    ],
)
def test_wrong_usage_exits_with_2(command: Tenantry, arguments: tuple[str, ...]) -> None:
    """Wrong usage is found before anything is sent, and exits with 2."""
    assert command(*arguments).code == 2


def test_an_unreachable_api_says_what_to_start(command: Tenantry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody answering exits with 1 and names the address and the command that starts an API."""
    monkeypatch.setenv(URL_VARIABLE, "http://127.0.0.1:1")
    ran = command("list")
    assert (ran.code, ran.out) == (1, "")
    assert "http://127.0.0.1:1" in ran.err
    assert "tenantry dev" in ran.err


def test_no_known_api_says_what_to_start(
    command: Tenantry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without an address and without a local stack the way out is named."""
    monkeypatch.delenv(URL_VARIABLE, raising=False)
    monkeypatch.setenv("TENANTRY_HOME", str(tmp_path))
    ran = command("list")
    assert ran.code == 1
    assert URL_VARIABLE in ran.err


def test_the_examples_are_forms() -> None:
    """Every example is a whole sign-up with a good slug, and no slug comes twice."""
    forms = [load_signup(file) for file in sorted((ROOT / "examples" / "signups").glob("*.yaml"))]
    assert len(forms) >= 4
    assert len({form.slug for form in forms}) == len(forms)
    assert [slug_problem(form.slug) for form in forms] == [None] * len(forms)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("slug: [", "not YAML"),
        ("slug: alder\nuser: 5\n", "user: Extra inputs"),
        ("- a\n", "valid dictionary"),
        ("{customer: A, slug: a, plan: team, users: x, region: r}", "users:"),
    ],
)
def test_a_bad_form_names_file_and_field(tmp_path: Path, content: str, said: str) -> None:
    """What is wrong with a file is said with its name."""
    file = tmp_path / "form.yaml"
    file.write_text(content)
    with pytest.raises(SignupFileError, match=rf"form\.yaml.*{said}"):
        load_signup(file)
