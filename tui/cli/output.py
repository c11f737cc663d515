"""What a command prints: one JSON document or plain aligned text on stdout, messages on stderr.

A reader that went away (``crosswalk list products | head``) ends the printing, never the work and never with a
traceback. Data is shown as text: control characters and escape sequences in it are made visible, not obeyed.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from engine.errors import CrosswalkError

GONE = {errno.EPIPE, errno.EIO, errno.EBADF}
MIN_COLUMN = 8
USUAL_WIDTH = 80


class Output:
    """Where a command's result and its messages go. ``json`` is the ``--json`` switch."""

    def __init__(self, *, json: bool) -> None:
        self.json = json
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")

    def document(self, value: object) -> None:
        """The one JSON document of this command. ASCII only: safe in every locale and terminal."""
        import json

        from tui.cli.documents import plain_value

        write(sys.stdout, json.dumps(plain_value(value), indent=2) + "\n")

    def result(self, value: object, *lines: str) -> None:
        """``value`` as the JSON document, or ``lines`` for people."""
        if self.json:
            self.document(value)
        else:
            self.lines(lines)

    def lines(self, lines: Iterable[str]) -> None:
        """Plain text on stdout."""
        write(sys.stdout, "".join(f"{line}\n" for line in lines))

    def table(self, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Aligned columns on stdout; cut to the width of a terminal, never cut in a file or pipe."""
        self.lines(aligned(headers, rows, terminal_width(sys.stdout)))

    def say(self, *lines: str) -> None:
        """Messages for people, on stderr."""
        write(sys.stderr, "".join(f"{line}\n" for line in lines))

    def preview(self, lines: Iterable[str]) -> None:
        """What is about to happen: on stdout for people, on stderr where stdout carries the JSON document."""
        write(sys.stderr if self.json else sys.stdout, "".join(f"{line}\n" for line in lines))


def write(stream: TextIO, text: str) -> None:
    """Write and flush. A closed pipe or vanished terminal is silence from here on; a full disk is said."""
    try:
        stream.write(text)
        stream.flush()
    except ValueError:
        return  # the stream itself is closed: nobody is left to tell
    except OSError as error:
        if error.errno not in GONE:
            raise CrosswalkError(f"the output could not be written: {error.strerror}") from error
        _silence(stream)


def _silence(stream: TextIO) -> None:
    """Point a dead stream at nothing, so that neither later prints nor the interpreter's last flush fail."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, stream.fileno())
    finally:
        os.close(nothing)


def is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def terminal_width(stream: TextIO) -> int | None:
    """Columns of the terminal behind ``stream``; None where there is none. One that does not say has 80."""
    if not is_terminal(stream):
        return None
    try:
        return os.get_terminal_size(stream.fileno()).columns or USUAL_WIDTH
    except OSError:
        return USUAL_WIDTH


def plain(value: object) -> str:
    """One line of harmless text; nothing where there is no value."""
    from tui.widgets.plain import plain as printable

    return "" if value is None else printable(str(value))


def aligned(headers: Sequence[str], rows: Iterable[Sequence[object]], width: int | None = None) -> list[str]:
    """Lines of aligned columns under ``headers``; the widest columns shrink until they fit ``width``."""
    from rich.cells import cell_len

    from tui.widgets.plain import clip

    cells = [[plain(value) for value in row] for row in rows]
    sizes = [max(map(cell_len, column)) for column in zip(headers, *cells, strict=True)]
    while width and sum(sizes) + 2 * (len(sizes) - 1) > width and max(sizes) > MIN_COLUMN:
        sizes[sizes.index(max(sizes))] -= 1
    return [
        "  ".join(clip(text, size) for text, size in zip(row, sizes, strict=True)).rstrip()
        for row in [list(headers), *cells]
    ]


def counted(number: int, one: str, many: str = "") -> str:
    """``1 row``, ``2 rows``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
