"""Shortening the grace of a closed tenant."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.grace import shortening_problem

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("grace", "left"), [(0, 1), (59, 60), (0, -5)])
def test_an_earlier_end_is_no_problem(grace: int, left: int) -> None:
    """A grace that ends before the one that runs brings the removal forward; 0 is never too late."""
    assert shortening_problem(NOW + timedelta(seconds=left), NOW, grace) is None


@pytest.mark.parametrize(("grace", "left"), [(None, 60), (60, 60), (61, 60), (1, -5)])
def test_the_same_or_a_later_end_is_told(grace: int | None, left: int) -> None:
    """The plan's grace, an equal or longer one, and one after a deadline that has passed change nothing."""
    problem = shortening_problem(NOW + timedelta(seconds=left), NOW, grace)
    assert problem
    assert "2026-01-01T00:0" in problem or "2025-12-31T23:59" in problem
