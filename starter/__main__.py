"""Entry of the command `sequencing`."""

from starter.cli import app
from starter.commands.shell import leave


def main() -> None:
    """Runs the command and ends the process with its exit code."""
    try:
        app()
    except SystemExit as done:
        leave(done.code if isinstance(done.code, int) else int(done.code is not None))


if __name__ == "__main__":
    main()
