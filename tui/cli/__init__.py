"""The command line: one small file per group of verbs over ``Workspace``. Imports no Textual."""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code (0 done, 1 failed, 2 usage, 3 guard, 4 partial, 5 busy)."""
    from tui.cli.entry import run

    return run(argv)
