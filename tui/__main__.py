"""``crosswalk``: the console when nothing else is asked for, else the command line.

The way to the console imports nothing but Textual before the first paint.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code of the program."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    console, workspace = console_only(arguments)
    if not console:
        from tui.cli import main as command_line

        return command_line(arguments)
    from tui import terminal

    if reason := terminal.missing():
        sys.stderr.write(terminal.NO_TERMINAL.format(reason=reason))
        return 2
    from tui.app import run_console

    return run_console(workspace)


def console_only(arguments: Sequence[str]) -> tuple[bool, Path | None]:
    """Whether the arguments ask for the console alone, and the workspace they name.

    >>> console_only([]), console_only(["--workspace", "w"]), console_only(["list", "--workspace", "w"])
    ((True, None), (True, PosixPath('w')), (False, None))
    """
    match arguments:
        case []:
            return True, None
        case ["--workspace", path] if path and not path.startswith("-"):
            return True, Path(path)
        case [option] if option.startswith("--workspace=") and option != "--workspace=":
            return True, Path(option.removeprefix("--workspace="))
        case _:
            return False, None


if __name__ == "__main__":
    raise SystemExit(main())
