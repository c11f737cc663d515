from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.store import SqliteStore, open_store

CHILDREN = Path(__file__).parent / "children"

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "workspace.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with open_store(path) as opened:
        yield opened


@pytest.fixture
def start() -> Iterator[Start]:
    """Start ``children/<name>.py`` as a process of its own; its output is a pipe, its end is certain."""
    running: list[subprocess.Popen[str]] = []

    def begin(name: str, *args: object) -> subprocess.Popen[str]:
        command = [sys.executable, str(CHILDREN / f"{name}.py"), *map(str, args)]
        root = Path(__file__).parents[2]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root)
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()
