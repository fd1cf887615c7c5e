"""A pytest plugin: no right is shipped that no test needs.

What is used and not allowed is refused at once, by the stand-ins, and fails the test that wanted it. What is
allowed and was needed by none of all tests fails the whole run, when it ends.
"""

import os
from typing import Any

import pytest

from tests.rights.gathering import gathered

PROBLEMS = pytest.StashKey[list[str]]()
OUTPUT = "rights"
NARROWED = ("keyword", "markexpr", "deselect", "lf", "collectonly", "maxfail")
"""Options with which not all tests run."""
ELSEWHERE = frozenset({"AWS_ENDPOINT_URL", "TENANTRY_TEST_KUBECONFIG"})
"""Then others than the stand-ins say what is allowed, and tell nobody what was needed."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--all-rights",
        action="store_true",
        help="say which shipped rights were needed by none of the tests that ran, though not all did",
    )


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A test process of pytest-xdist has ended: what it gathered."""
    output: dict[str, Any] = getattr(node, "workeroutput", {})
    gathered(node.config).update(tuple(right) for right in output.get(OUTPUT, []))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput[OUTPUT] = sorted(gathered(config))
        return
    if exitstatus != pytest.ExitCode.OK or not (_is_whole(config) or config.getoption("--all-rights")):
        return
    from tests.rights.unneeded import unneeded  # noqa: PLC0415 - its data set is large, and only needed here

    config.stash[PROBLEMS] = unneeded(gathered(config))
    if config.stash[PROBLEMS]:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    problems = config.stash.get(PROBLEMS, None)
    if problems:
        terminalreporter.section("rights in deploy/ that no test needed", red=True)
        for problem in problems:
            terminalreporter.line(problem)
    elif problems is not None:
        terminalreporter.line("every right in deploy/ was needed by some test")


def _is_whole(config: pytest.Config) -> bool:
    everything = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    narrowed = any(config.getoption(name, None) for name in NARROWED)
    return everything and not narrowed and not ELSEWHERE & os.environ.keys()
