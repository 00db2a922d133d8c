"""Entry of the command `sequencing`."""

import os
import sys
from io import TextIOWrapper


def main() -> None:
    """Runs the command and ends the process with its exit code."""
    try:
        from starter.commands.shell import leave  # here, because the imports take long enough for a Ctrl-C

        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        leave(_run())
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os._exit(1)


def _run() -> int:
    from typer import Abort
    from typer.exceptions import TyperException

    from starter.cli import app
    from starter.commands.shell import fail

    if not all(map(_is_text, [*sys.argv, *os.environ.values()])):
        fail("An argument or a variable of the environment is not UTF-8 text.", 2)
    try:
        return app(prog_name="sequencing", standalone_mode=False) or 0
    except Abort:
        fail("Stopped; nothing was changed.", 1)
    except TyperException as wrong:
        where = getattr(getattr(wrong, "ctx", None), "command_path", "sequencing")
        said = wrong.format_message().replace("Value error, ", "").rstrip(".")
        if said:
            fail(f"{said}; see `{where} --help`.", 2)
        return 2  # the help was asked for by saying nothing, and has been printed


def _is_text(word: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in word)


if __name__ == "__main__":
    main()
