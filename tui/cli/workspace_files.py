"""``crosswalk workspace``: the whole workspace as one stock TinyDB JSON file, out and in again."""

from __future__ import annotations

import typer

app = typer.Typer(name="workspace", help="The whole workspace as one JSON file.", no_args_is_help=True)
