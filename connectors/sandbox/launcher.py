"""Runs several sandboxes until told to stop, and announces where they are: ``crosswalk sandbox up``.

``python -m connectors.sandbox.launcher '{"systems": ["syncro"], ...}'`` announces on its standard output and ends with
its standard input: that is how ``process.py`` keeps servers from outliving the process that started them.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any

from connectors.sandbox.server import Served, serve_in_thread
from connectors.sandbox.systems import make
from connectors.sandbox.wire import Json
from connectors.sandbox.world import World

__all__ = ["describe", "run"]


def run(
    systems: Sequence[str],
    *,
    customers: int = 60,
    products: int = 240,
    seed: int = 1,
    latency_ms: float = 0.0,
    rate: float = 1.0,
    port_base: int = 0,
    announce: Callable[[dict[str, Any]], None],
    parent_pipe: bool = False,
) -> None:
    """Serve ``systems`` on one seeded world until SIGINT or SIGTERM, or until standard input ends (``parent_pipe``).

    ``rate`` speeds the vendors' rate windows up (0: no limits). Ports are the kernel's choice, or ``port_base``,
    ``port_base + 1`` ... in the order of ``systems``. ``announce`` is called once, when all are listening, with
    ``{"systems": {name: describe(...)}, "seed": ..., "pid": ...}``. Raises ``ValueError`` for an unknown system and
    ``OSError`` for a port that is taken. Must be called from the main thread.
    """
    boxes = make(systems, World.make(seed, customers, products), latency_ms=latency_ms, rate=rate)
    with _told_to_stop(parent_pipe) as stop, ExitStack() as running:
        described = {}
        for index, (name, box) in enumerate(boxes.items()):
            port = port_base + index if port_base else 0
            described[name] = describe(running.enter_context(serve_in_thread(box, port)))
        announce({"systems": described, "seed": seed, "pid": os.getpid()})
        stop.wait()


def describe(served: Served) -> Json:
    """What a client needs to know of one system.

    ``options`` are those of ``connection add``, secrets as references to the names in ``env``; ``credentials`` has the
    secrets themselves.
    """
    name = served.app.name
    names = {option: f"CROSSWALK_SANDBOX_{name}_{option}".upper() for option in served.credentials}
    return {
        "type": name,
        "base_url": served.url,
        "control_url": served.control_url,
        "control_token": served.control_token,
        "options": {**served.options, **{option: f"env:{variable}" for option, variable in names.items()}},
        "credentials": served.credentials,
        "env": {names[option]: secret for option, secret in served.credentials.items()},
    }


@contextmanager
def _told_to_stop(parent_pipe: bool) -> Iterator[threading.Event]:
    """An event that is set by SIGINT, SIGTERM, or the end of standard input."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    if parent_pipe:
        threading.Thread(target=_wait_for_end_of_input, args=(stop,), name="parent-pipe", daemon=True).start()
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait_for_end_of_input(stop: threading.Event) -> None:
    # the raw descriptor: a buffered reader's lock would be held by this thread when the interpreter ends
    while os.read(0, 4096):
        pass
    stop.set()


def _announce(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> None:
    """The entry point of the child process: one JSON object of ``run``'s arguments."""
    run(**json.loads(arguments[0]), announce=_announce, parent_pipe=True)


if __name__ == "__main__":
    main(sys.argv[1:])
