"""Copying over SSH: tmux's own buffer, else the terminal's clipboard (OSC 52), and a file where neither is known."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App

#: Terminals drop longer OSC 52 sequences without a word.
OSC_52_LIMIT = 70_000
TMUX_SECONDS = 2.0


async def copy(app: App[Any], text: str, environ: Mapping[str, str] = os.environ) -> str:
    """Copy ``text`` and return how, as the toast says it."""
    if environ.get("TMUX") and await _tmux(text):
        return "to the tmux buffer (and the terminal's clipboard, if it takes it)"
    if not environ.get("TMUX") and len(text.encode()) <= OSC_52_LIMIT and not app.is_headless:
        app.copy_to_clipboard(text)
        return "to the terminal's clipboard (OSC 52)"
    path = await asyncio.to_thread(_file, text)
    return f"to the file {path}"


async def _tmux(text: str) -> bool:
    try:
        process = await asyncio.create_subprocess_exec(
            "tmux",
            "load-buffer",
            "-w",
            "-",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return False
    try:
        await asyncio.wait_for(process.communicate(text.encode()), TMUX_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        return False
    return process.returncode == 0


def _file(text: str) -> Path:
    handle, name = tempfile.mkstemp(prefix="crosswalk-copied-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
    return Path(name)
