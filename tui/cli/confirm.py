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
