"""Entry of the command `sequencing`."""

import gc
import os
import re
import sys
from io import TextIOWrapper

LONG_WORD = re.compile(r"(\S{80})\S+")


def main() -> None:
    """Runs the command and ends the process with its exit code.

    What is imported stays: to look through it for garbage again and again takes a tenth of what a command takes.
    """
    gc.disable()
    try:
        _prepare_streams()
        from starter.commands.shell import leave  # here, because the imports take long enough for a Ctrl-C

        leave(_run())
    except KeyboardInterrupt:
        os._exit(130)
    except OSError as error:  # acts say themselves what they cannot reach; this is about printing
        os.write(2, f"The answer could not be printed: {error.strerror}.\n".encode())
        os._exit(1)


def _prepare_streams() -> None:
    """A closed one swallows what is printed, and no encoding is too narrow for a name."""
    sys.stdout, sys.stderr = (stream or open(os.devnull, "w") for stream in (sys.stdout, sys.stderr))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _run() -> int:
    from typer import Abort
    from typer.exceptions import TyperException

    from starter.cli import command_line
    from starter.commands.shell import fail

    if not all(map(_is_text, [*sys.argv, *(value for name, value in os.environ.items() if "SEQUENCING_" in name)])):
        fail("An argument or a SEQUENCING_ variable is not UTF-8 text.", 2)
    try:
        wanted = command_line(sys.argv[1] if sys.argv[1:] else "")
        gc.freeze()
        gc.enable()
        return wanted(prog_name="sequencing", standalone_mode=False) or 0
    except SystemExit:  # nobody reads any more
        return 1
    except Abort:
        fail("Stopped; nothing was changed.", 1)
    except TyperException as wrong:
        where = getattr(getattr(wrong, "ctx", None), "command_path", "sequencing")
        said = LONG_WORD.sub(r"\1…", wrong.format_message().replace("Value error, ", "")).rstrip(".")
        if said:
            fail(f"{said}; see `{where} --help`.", 2)
        return 2  # the help was asked for by saying nothing, and has been printed


def _is_text(word: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in word)


if __name__ == "__main__":
    main()
