"""Errors as histories and problem details show them."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.errors import (
    LEAKED_TEXT_LIMIT,
    CatalogError,
    InvalidSpec,
    NotReady,
    PermanentError,
    TemporaryError,
    Throttled,
    capped,
)


@given(st.text(max_size=2_000))
def test_leaked_text_is_capped(text: str) -> None:
    """A provider's text is kept as it is up to the limit, and shortened visibly beyond it."""
    kept = capped(text)
    assert len(kept) <= LEAKED_TEXT_LIMIT
    assert kept == text or (kept.endswith("…") and text.startswith(kept[:-1]))


def test_an_error_is_named_after_what_is_the_case() -> None:
    """The code that customers see is the name of the class, and says whether trying again can help."""
    assert InvalidSpec("no").code == "InvalidSpec"
    assert issubclass(InvalidSpec, PermanentError)
    assert not issubclass(Throttled, PermanentError)


def test_temporary_errors_keep_the_delay_that_was_asked_for() -> None:
    """A delay named by the provider reaches the one who retries."""
    assert Throttled("slow down", retry_after=timedelta(seconds=7)).retry_after == timedelta(seconds=7)
    assert NotReady("creating").retry_after is None
    assert issubclass(NotReady, TemporaryError)


def test_a_catalog_error_keeps_every_problem() -> None:
    """The list of problems is whole even where the message is cut."""
    problems = [f"plans.yaml: plan{number}.users.min: wrong" for number in range(100)]
    error = CatalogError(problems)
    assert error.problems == problems
    assert len(str(error)) == LEAKED_TEXT_LIMIT
