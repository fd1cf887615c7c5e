"""The command line without an API."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest
import typer

from api.problem_types import PROBLEMS
from cli.connection import ROOT, URL_VARIABLE
from cli.signups import SignupFileError, load_signup
from cli.wishes import grace_seconds
from cli.wording import in_commands, refusal_lines
from client import ApiProblem
from client.models import Problem
from domain.counting import counted
from domain.naming import slug_problem
from tests.cli.conftest import Tenantry


@pytest.mark.parametrize(
    "arguments",
    [
        ("credit", "bird", "-5", "--reason", "outage"),
        ("credit", "bird", "--reason", "outage", "--", "-5"),
        ("charge", "bird", "-0.50", "--reason", "import"),
        ("discount", "bird", "-10", "--reason", "loyal"),
    ],
)
def test_amounts_below_zero_are_named_as_such(command: Tenantry, arguments: tuple[str, ...]) -> None:
    """And not as an option that there is not; nothing is sent."""
    ran = command("billing", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert "above 0" in ran.err
    assert "No such option" not in ran.err


@pytest.mark.parametrize(
    ("name", "said"), [("", "2026-000042"), (" ", "2026-000042"), ("2026-000001.pdf", "--pdf")]
)
def test_what_is_no_number_of_an_invoice(command: Tenantry, name: str, said: str) -> None:
    """What people take for one is wrong usage, with what would be right."""
    ran = command("billing", "invoice", name)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_amounts_stand_below_one_another(command: Tenantry) -> None:
    """Amounts and quantities of a table end at the same place, under their heading."""
    ran = command("billing", "simulate", str(ROOT / "examples" / "billing" / "leaving.yaml"))
    lines = ran.out.splitlines()
    heads = [place for place, text in enumerate(lines) if text.startswith("FROM")]
    for head in heads:
        for heading in ("QUANTITY", "AMOUNT"):
            end = lines[head].index(heading) + len(heading)
            rows = lines[head : lines.index("", head)]
            assert all(row[end - 1].isdigit() and row[end] == " " for row in rows[1:]), rows


@pytest.mark.parametrize(("number", "said"), [(0, "0 tenants"), (1, "1 tenant"), (2, "2 tenants")])
def test_one_thing_is_no_plural(number: int, said: str) -> None:
    """Nobody reads of 1 tenants."""
    assert counted(number, "tenant") == said


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
        ("signup", "--file", "no-such-form.yaml"),
        ("show", "Bad_Slug"),
        ("suspend", "a--b"),
        ("billing", "replay", "--all-of", "a/b"),
        ("drift", "show", "a/b"),
        ("list", "--phase", "flying"),
        ("nonsense",),
    ],
)
def test_wrong_usage_exits_with_2(command: Tenantry, arguments: tuple[str, ...]) -> None:
    """Wrong usage is found before anything is sent, and exits with 2."""
    assert command(*arguments).code == 2


def test_a_form_that_cannot_be_read_exits_with_2(command: Tenantry, tmp_path: Path) -> None:
    """A file that is no form is wrong usage, said with its name."""
    file = tmp_path / "form.yaml"
    file.write_text("slug: [")
    ran = command("signup", "--file", str(file))
    assert (ran.code, ran.out) == (2, "")
    assert str(file) in ran.err


def test_the_version_is_told(command: Tenantry) -> None:
    """--version prints the installed version and nothing else."""
    assert command("--version").out == f"tenantry {version('tenantry')}\n"


def test_an_interrupted_watch_says_how_to_look_again(
    command: Tenantry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while watching exits with 130 and names the command that goes on watching."""
    operation = "op" + "a" * 18

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    # A stand-in for waiting: a signal to this process would end the test run with it.
    monkeypatch.setattr("cli.changes.follow", interrupted)
    monkeypatch.setenv(URL_VARIABLE, "http://127.0.0.1:1")
    ran = command("watch", operation)
    assert (ran.code, ran.out) == (130, "")
    assert f"tenantry watch {operation}" in ran.err


def test_problems_speak_of_commands() -> None:
    """No advice of the API reaches the terminal in words of HTTP."""
    of_http = re.compile(r"/v1/|/docs|\b(GET|POST|PATCH|DELETE|Location|Retry-After|HTTP|JSON)\b|Idempotency")
    for kind in PROBLEMS.values():
        problem: Problem = {
            "type": kind.uri,
            "title": kind.title,
            "status": kind.status,
            "detail": kind.advice,
            "instance": "/v1/tenants",
            "code": kind.code,
        }
        told = " ".join(refusal_lines(ApiProblem(problem)))
        assert told
        assert not of_http.search(told), told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("There is no tenant 'x'; GET /v1/tenants lists them.", "`tenantry list` shows them"),
        ("there is no customer 'c'; make one with POST /v1/customers", "--customer finds or makes one"),
        ("It is gone. forecast=false shows the charts without it.", "--no-forecast shows the charts"),
        ("several customers have this name (a, b); name one by customer_id", "--customer-id"),
    ],
)
def test_details_speak_of_commands(said: str, told: str) -> None:
    """What the API advises its callers is said as the command that does it."""
    assert told in in_commands(said)


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
