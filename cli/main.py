"""`tenantry`: the command line. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""

import sys

import typer

from cli import local, showing, tenants
from cli.client import ApiProblemError, ApiUnreachableError
from cli.connection import URL_VARIABLE, NoApiError
from cli.demo.life import DemoFailedError
from cli.output import print_error
from cli.signups import SignupFileError
from devstack.processes import StartError

FAILED = 1
INTERRUPTED = 130

app = typer.Typer(
    name="tenantry",
    help="The life of tenants: sign-up, scale, suspend, teardown.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for part in (local, tenants, showing):
    app.add_typer(part.app)


def main() -> None:
    try:
        app()
    except ApiProblemError as error:
        print_error(error.lines())
    except ApiUnreachableError as error:
        hint = f"is it running? start a local one with `tenantry dev`, or correct {URL_VARIABLE}"
        print_error([str(error), hint])
    except (NoApiError, SignupFileError, StartError, DemoFailedError) as error:
        print_error(str(error).splitlines())
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    else:
        return
    sys.exit(FAILED)


if __name__ == "__main__":
    main()
