"""A few requests at once, for reads that cost one call per record."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

WIDTH = 4

T = TypeVar("T")
R = TypeVar("R")


async def each(items: Sequence[T], act: Callable[[T], Awaitable[R]], width: int = WIDTH) -> list[R]:
    """``act`` on every item, ``width`` at a time; results in order. The first error stops the rest and is raised."""
    gate = asyncio.Semaphore(width)

    async def one(item: T) -> R:
        async with gate:
            return await act(item)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(item)) for item in items]
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from None
    return [task.result() for task in tasks]
