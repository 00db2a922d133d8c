"""Entry of the command `sequencing`."""

import sys

from click.exceptions import Abort, ClickException, Exit

from starter.cli import app
from starter.commands.shell import leave


def main() -> None:
    """Runs the command and ends the process with its exit code."""
    code = 0
    try:
        code = app(standalone_mode=False) or 0
    except ClickException as wrong:
        wrong.show()
        code = wrong.exit_code
    except Exit as done:
        code = done.exit_code
    except (Abort, KeyboardInterrupt):
        print("Stopped.", file=sys.stderr)
        code = 130
    leave(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
