"""The bridge: its own thread, one slot, at most one wake-up, and a clean end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from engine.changes import Purpose, Run, RunState, Totals
from engine.errors import UsageError, WorkspaceError
from engine.events import OutcomeRecorded, PullEnded, PullProgress, RowsChanged, RunEnded, RunProgress, RunStarted
from engine.model import Kind, Status
from tests.waiting import DEADLINE
from tui.bridge import Bridge
from tui.live import Live
from tui.slot import KEPT_EVENTS, Slot, Update

AT: Any = None


def run(id: str = "r1") -> Run:
    return Run(id, "acme", Purpose.SYNC, RunState.RUNNING, AT, None, "anna", "p1", Totals())


class Wakes:
    """Counts wake-ups and lets a test wait for the next."""

    def __init__(self) -> None:
        self.count = 0
        self.loop = asyncio.get_running_loop()
        self.event = asyncio.Event()

    def __call__(self) -> None:
        self.count += 1
        self.loop.call_soon_threadsafe(self.event.set)

    async def until(self, bridge: Bridge, test: Any) -> list[Update]:
        """All updates up to the first for which ``test`` holds."""
        taken = []
        async with asyncio.timeout(DEADLINE):
            while True:
                await self.event.wait()
                self.event.clear()
                taken.append(bridge.slot.take())
                if test(taken[-1]):
                    return taken


async def until(test: Callable[[], bool]) -> None:
    """Let both threads run until ``test`` holds."""
    async with asyncio.timeout(DEADLINE):
        while not test():  # noqa: ASYNC110  what is waited for belongs to another thread and tells nobody
            await asyncio.sleep(0)


async def opened(ws: Any, poll: float = 0.02) -> tuple[Bridge, Wakes]:
    wakes = Wakes()
    bridge = Bridge(lambda: ws, wakes, poll=poll)
    bridge.start()
    await wakes.until(bridge, lambda update: update.opened)
    return bridge, wakes


async def test_it_is_busy_from_the_call_to_the_answer(fake: Any) -> None:
    bridge, _ = await opened(fake())
    held, asked = threading.Event(), threading.Event()
    bridge._on_loop(held.wait)
    call = asyncio.create_task(bridge.call(lambda _: asked.set()))
    await until(lambda: bridge.busy)
    assert not bridge._calls, "it is on its way"
    held.set()
    while not asked.is_set() or bridge._calls:  # this loop stands still, so that the answer cannot be taken
        threading.Event().wait(0.001)
    assert bridge.busy, "the answer is on its way"
    await call
    assert not bridge.busy
    assert await asyncio.to_thread(bridge.close)


async def test_verbs_run_in_the_engines_thread_and_answer_or_raise(fake: Any) -> None:
    ws = fake()
    bridge, _ = await opened(ws)
    assert await bridge.call(lambda w: w.changes()) == {"mappings": 1}
    assert await bridge.call(lambda w: w.suggest("acme", Kind.PRODUCTS)) == 4
    assert ws.thread == "engine"
    with pytest.raises(UsageError, match="no mapping edit"):
        await bridge.call(lambda w: w.undo_edit("acme"))
    assert await asyncio.to_thread(bridge.close)
    assert ws.closed
    with pytest.raises(RuntimeError, match="nothing was sent"):
        await bridge.call(lambda w: w.changes())


async def test_leaving_a_screen_does_not_stop_what_was_asked(fake: Any) -> None:
    ws = fake()
    bridge, _ = await opened(ws)
    release, finished = threading.Event(), threading.Event()

    async def work(_ws: Any) -> None:
        await asyncio.to_thread(release.wait)
        finished.set()

    caller = asyncio.create_task(bridge.call(work))
    await until(lambda: bridge.busy)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    release.set()
    assert await asyncio.to_thread(finished.wait, 5)
    assert await asyncio.to_thread(bridge.close)


async def test_snapshots_come_for_the_watched_lists_only_and_only_when_they_differ(fake: Any) -> None:
    ws = fake()
    bridge, wakes = await opened(ws)
    bridge.watch("acme", ("products",))
    first = await wakes.until(bridge, lambda update: bool(update.snapshots))
    assert list(first[-1].snapshots) == [("acme", "products")]
    await bridge.call(lambda w: w.touched(Kind.CUSTOMERS))
    await bridge.call(lambda w: w.change(Kind.PRODUCTS, "S0", status=Status.MAPPED))
    later = await wakes.until(bridge, lambda update: bool(update.snapshots))
    assert later[-1].snapshots["acme", "products"].version == 2
    assert await asyncio.to_thread(bridge.close)


async def test_another_process_is_noticed_by_the_stores_counters(fake: Any) -> None:
    ws = fake()
    bridge, wakes = await opened(ws)
    bridge.watch("acme", ("products",))
    await wakes.until(bridge, lambda update: bool(update.snapshots))
    ws.version[Kind.PRODUCTS] += 1  # as if another process had written: no event here
    ws.counters = {"mappings": 2}
    updates = await wakes.until(bridge, lambda update: bool(update.snapshots))
    assert any("mappings" in update.changed for update in updates)
    assert await asyncio.to_thread(bridge.close)


async def test_closing_asks_own_runs_to_stop_and_waits_for_the_batch_in_flight(fake: Any) -> None:
    ws = fake()
    bridge, _ = await opened(ws)
    release = threading.Event()
    ws.run_list = [run("another process's")]

    async def sync(w: Any) -> str:
        w.events.publish(RunStarted(run("mine")))
        await asyncio.to_thread(release.wait)
        w.events.publish(RunEnded(run("mine")))
        return "settled"

    answer = asyncio.create_task(bridge.call(sync))
    await until(lambda: bridge.busy)
    await bridge.call(lambda _w: None)
    closing = asyncio.create_task(asyncio.to_thread(bridge.close, 10.0))
    await until(lambda: bool(ws.verbs("cancel")))
    assert not closing.done()
    release.set()
    assert await closing
    assert await answer == "settled"
    assert ws.verbs("cancel") == [("cancel", "mine")]


async def test_closing_stops_waiting_for_a_login(fake: Any) -> None:
    ws = fake()
    bridge, _ = await opened(ws)
    stop = asyncio.Event()
    ws.cancel_login = lambda name="": stop.set()
    answer = asyncio.create_task(bridge.call(lambda _w: stop.wait()))
    await until(lambda: bridge.busy)
    await bridge.call(lambda _w: None)
    assert await asyncio.to_thread(bridge.close, 10.0)
    assert await answer


async def test_a_scheduled_run_is_settled_too_when_the_console_closes(fake: Any) -> None:
    ws = fake()
    bridge, _ = await opened(ws)
    await bridge.call(lambda w: w.events.publish(RunStarted(run("scheduled"))))
    closing = asyncio.create_task(asyncio.to_thread(bridge.close, 10.0))
    await until(lambda: bool(ws.verbs("cancel")))
    assert not closing.done()
    bridge._loop.call_soon_threadsafe(ws.events.publish, RunEnded(run("scheduled")))  # type: ignore[union-attr]
    assert await closing
    assert ws.closed


async def test_a_first_reading_is_looked_through_for_suggestions_by_itself(fake: Any) -> None:
    ws = fake()
    ws.nothing_suggested_yet = True
    bridge, wakes = await opened(ws)
    bridge.watch("acme", ("products",))
    await wakes.until(bridge, lambda update: bool(update.snapshots))
    await until(lambda: bool(ws.verbs("suggest")))
    await bridge.call(lambda w: w.touched(Kind.PRODUCTS))
    await wakes.until(bridge, lambda update: bool(update.snapshots))
    assert await asyncio.to_thread(bridge.close)
    assert ws.verbs("suggest") == [("suggest", Kind.PRODUCTS)]


async def test_closing_is_bounded(fake: Any) -> None:
    bridge, _ = await opened(fake())
    stuck = asyncio.create_task(bridge.call(lambda _w: asyncio.Event().wait()))
    await until(lambda: bridge.busy)
    assert await asyncio.to_thread(bridge.close, 0.05)
    with pytest.raises(RuntimeError, match="the journal settles it"):
        await stuck


async def test_a_workspace_that_does_not_open_is_told() -> None:
    wakes = Wakes()

    def refuse() -> Any:
        raise WorkspaceError("written by a newer Crosswalk")

    bridge = Bridge(refuse, wakes)
    bridge.start()
    update = (await wakes.until(bridge, lambda update: update.error is not None))[-1]
    assert update.fatal
    with pytest.raises(RuntimeError, match="not open"):
        await bridge.call(lambda w: w.changes())
    assert await asyncio.to_thread(bridge.close)


async def test_network_verbs_wait_until_earlier_runs_are_settled(fake: Any) -> None:
    ws = fake()
    gate = threading.Event()
    order: list[str] = []

    async def recover() -> list[Any]:
        await asyncio.to_thread(gate.wait)
        order.append("recovered")
        return []

    async def pull(_w: Any) -> None:
        order.append("pulled")

    ws.recover = recover
    bridge, _ = await opened(ws)
    pulling = asyncio.create_task(bridge.call(pull))
    assert await bridge.call(lambda w: w.changes()) == {"mappings": 1}
    assert order == []
    gate.set()
    await pulling
    assert order == ["recovered", "pulled"]
    assert await asyncio.to_thread(bridge.close)


def test_the_slot_wakes_once_until_it_is_emptied() -> None:
    wakes: list[int] = []
    slot = Slot(lambda: wakes.append(1))
    for done in range(1000):
        slot.event(RunProgress("r1", "acme", done, 1000, 5.0, None, "writing"))
        slot.event(PullProgress("market", Kind.PRODUCTS, done, None))
    assert len(wakes) == 1
    update = slot.take()
    assert [getattr(event, "done", getattr(event, "read", None)) for event in update.events] == [999, 999]
    slot.event(RunEnded(run()))
    assert len(wakes) == 2


def test_events_that_nobody_takes_are_bounded_and_counted() -> None:
    slot = Slot(lambda: None)
    outcome: Any = None
    for _ in range(KEPT_EVENTS + 7):
        slot.event(OutcomeRecorded(outcome))
    update = slot.take()
    assert len(update.events) == KEPT_EVENTS
    assert update.lost == 7


def test_progress_ends_with_what_it_was_the_progress_of() -> None:
    slot = Slot(lambda: None)
    slot.event(PullProgress("market", Kind.PRODUCTS, 7, 7))
    slot.event(PullProgress("market", Kind.CUSTOMERS, 3, None))
    slot.event(RunProgress("r1", "acme", 1, 1, 1.0, 0.0, "writing"))
    slot.event(RowsChanged("acme", Kind.PRODUCTS))
    slot.event(RunEnded(run("r1")))
    left = [event for event in slot.take().events if isinstance(event, PullProgress | RunProgress)]
    assert left == [PullProgress("market", Kind.CUSTOMERS, 3, None)]


def test_a_reading_that_failed_is_no_longer_under_way() -> None:
    """Nothing of it changed the rows, so only its own end tells; taken before and after the progress was."""
    slot, live = Slot(lambda: None), Live()
    slot.event(PullProgress("market", Kind.PRODUCTS, 7, 9))
    slot.event(PullProgress("psa", Kind.PRODUCTS, 3, None))
    live.absorb(slot.take())
    assert live.progress_texts() == ["reading products 7 of 9", "reading products 3"]
    slot.event(PullEnded("market", Kind.PRODUCTS))
    slot.event(PullProgress("psa", Kind.PRODUCTS, 4, None))
    slot.event(PullEnded("psa", Kind.PRODUCTS))
    live.absorb(slot.take())
    assert live.progress_texts() == []
