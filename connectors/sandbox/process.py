"""Sandboxes in a process of their own, which ends with this one, however this one ends."""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from types import TracebackType
from typing import IO, Any, Self

__all__ = ["SandboxFailed", "SandboxProcess", "start_process"]

STOP_SECONDS = 10.0


class SandboxFailed(RuntimeError):
    """The process ended, or said nothing in time; the text is what it wrote to its standard error."""


class SandboxProcess:
    """A running launcher. ``announced`` is what it said (see ``launcher.run``); use it as a context manager or ``stop``.

    The child holds the other end of a pipe and ends when this end closes: also after a SIGKILL of this process.
    """

    def __init__(self, child: subprocess.Popen[bytes], errors: IO[bytes], announced: dict[str, Any]) -> None:
        self._child, self._errors = child, errors
        self.announced = announced

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def systems(self) -> dict[str, Any]:
        """The announced systems by name."""
        systems: dict[str, Any] = self.announced["systems"]
        return systems

    @property
    def env(self) -> dict[str, str]:
        """Environment variables that the announced options refer to."""
        return {name: secret for system in self.systems.values() for name, secret in system["env"].items()}

    def stop(self) -> None:
        """End the process and wait for it; a second call does nothing."""
        _end(self._child)
        self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def start_process(
    systems: Sequence[str] = ("marketplace", "syncro"), *, timeout: float = 60.0, **arguments: Any
) -> SandboxProcess:
    """Start the launcher with ``run``'s arguments (customers, products, seed, latency_ms, rate, port_base).

    Returns when all systems are listening. Raises ``SandboxFailed`` when they are not within ``timeout`` seconds.
    """
    command = [sys.executable, "-m", "connectors.sandbox.launcher", json.dumps({"systems": list(systems), **arguments})]
    errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop(), or below
    child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        start_new_session=True,  # a Ctrl+C at the terminal is for the console, which then ends the servers in order
    )
    try:
        line = _first_line(child, timeout)
        return SandboxProcess(child, errors, json.loads(line))
    except BaseException as problem:
        _end(child)
        errors.seek(0)
        said = errors.read().decode("utf-8", "replace").strip()
        errors.close()
        if isinstance(problem, (TimeoutError, ValueError)):
            raise SandboxFailed(f"the sandbox did not start: {said or problem}") from problem
        raise


def _first_line(child: subprocess.Popen[bytes], timeout: float) -> bytes:
    """What the child announces. Raises ``TimeoutError``; an ended child gives a line that is not JSON."""
    assert child.stdout is not None
    with selectors.DefaultSelector() as waiting:
        waiting.register(child.stdout, selectors.EVENT_READ)
        if not waiting.select(timeout):
            raise TimeoutError(f"nothing announced within {timeout:g} s")
    return child.stdout.readline()


def _end(child: subprocess.Popen[bytes]) -> None:
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
