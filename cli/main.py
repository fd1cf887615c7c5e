"""`tenantry`: the command line. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from cli import (
    access,
    audit,
    billing,
    customers,
    drift,
    interventions,
    keys,
    local,
    passwords,
    previews,
    recovery,
    showing,
    tenants,
    usage,
    webhooks,
)
from cli.connection import URL_VARIABLE, NoApiError
from cli.demo.life import DemoFailedError
from cli.output import print_error
from cli.signups import SignupFileError
from cli.wording import refusal_lines
from client import ApiProblem, ApiUnreachable, InvalidRequest
from devstack.processes import StartError

FAILED = 1
USAGE = 2
INTERRUPTED = 130

app = typer.Typer(
    name="tenantry",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
PARTS = (
    *(local, tenants, passwords, previews, customers, showing, interventions, recovery, drift),
    *(billing, usage, webhooks, keys, access, audit),
)
for part in PARTS:
    app.add_typer(part.app)


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"tenantry {version('tenantry')}\n")
        raise typer.Exit


@app.callback()
def tenantry(
    show_version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """The life of tenants: sign-up, scale, suspend, teardown."""


def main() -> None:
    try:
        app()
    except ApiProblem as error:
        print_error(refusal_lines(error))
        sys.exit(USAGE if isinstance(error, InvalidRequest) else FAILED)
    except SignupFileError as error:
        print_error(str(error).splitlines())
        sys.exit(USAGE)
    except ApiUnreachable as error:
        hint = f"is it running? start a local one with `tenantry dev`, or correct {URL_VARIABLE}"
        print_error([str(error), hint])
    except (NoApiError, StartError, DemoFailedError) as error:
        print_error(str(error).splitlines())
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    else:
        return
    sys.exit(FAILED)


if __name__ == "__main__":
    main()
