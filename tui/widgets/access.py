"""How widgets reach the console they are in: the engine behind its bridge and the integration that is shown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.message_pump import MessagePump

    from engine.workspace import Workspace
    from tui.app import Console
    from tui.slot import Update

T = TypeVar("T")


def console_of(node: MessagePump) -> Console:
    """The app that a widget or a screen belongs to, by its own type."""
    return cast("Console", node.app)


def integration_of(node: MessagePump) -> str:
    """The name of the integration that is shown; empty when there is none."""
    return console_of(node).integration


async def ask(node: MessagePump, verb: Callable[[Workspace], T]) -> T:
    """Run a local verb in the engine's thread, as in ``ask(self, lambda ws: ws.runs())``. Raises ``CrosswalkError``."""
    return await console_of(node).bridge.call(verb)


async def ask_long(node: MessagePump, verb: Callable[[Workspace], Awaitable[T]]) -> T:
    """As ``ask``, for a verb that works on the network or computes for long; leaving the screen does not stop it."""
    return cast("T", await console_of(node).bridge.call(verb))


def listen(node: DOMNode, heard: Callable[[Update], None]) -> None:
    """Tell ``heard`` of every update of the engine, in the screen's loop, for as long as the node is mounted."""
    console_of(node).updates.subscribe(node, heard)
