"""Asking a person: a preview, one question, and a clear refusal where there is nobody to ask."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from engine.errors import UsageError
from tui.cli.output import Output, is_terminal


def can_ask() -> bool:
    """Whether a person sits at a terminal: stdin to answer, stderr to be asked on."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def need_confirmation(*, yes: bool, command: str) -> None:
    """Refuse early where a preview could neither be confirmed nor is confirmed already."""
    if not yes and not can_ask():
        raise UsageError(
            f"there is no terminal to confirm on, so nothing was written. Look with `crosswalk {command} ...` in a "
            "terminal (or with `crosswalk plan` / --dry-run), then repeat this with --yes"
        )


def confirmed(out: Output, preview: Iterable[str], question: str, *, yes: bool) -> bool:
    """Show the preview; then ask, unless ``--yes`` was given. End of input means no."""
    out.preview(preview)
    if yes:
        return True
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def console_terminal() -> None:
    """Refuse to open the console where it could not be seen or operated."""
    import os

    if not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
        raise UsageError(
            "the console needs a terminal, and there is none here. Every action is also a command: see "
            "`crosswalk --help`; the demo runs without a terminal as `crosswalk demo --headless`"
        )
    if os.environ.get("TERM", "") in {"", "dumb", "unknown"}:
        raise UsageError(
            f"the console cannot draw on this terminal (TERM={os.environ.get('TERM', '')!r}). Set TERM to what your "
            "terminal is, such as xterm-256color, or use the commands: see `crosswalk --help`"
        )
