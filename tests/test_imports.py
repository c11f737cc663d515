"""The floors hold: statically by import-linter, and at run time by what a fresh interpreter has loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def loaded_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def test_import_contracts_are_kept():
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("module", ["engine.workspace", "engine.store", "engine.sync", "engine.matching"])
def test_the_engine_loads_no_screen_no_http_and_no_connector(module):
    loaded = loaded_after(f"import {module}")
    assert not loaded & {"textual", "rich", "httpx", "typer", "starlette", "uvicorn", "connectors", "tui"}


def test_the_command_line_loads_no_textual():
    loaded = loaded_after("import tui.cli, tui.compose")
    assert "textual" not in loaded


def test_the_console_paints_before_it_loads_the_engine():
    loaded = loaded_after("import tui.__main__, tui.app")
    assert "textual" in loaded
    assert not loaded & {"engine.workspace", "httpx", "typer", "pydantic", "tinydb", "connectors"}
