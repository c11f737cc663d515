"""The bridge to the engine: a thread with its own event loop, so that a slow terminal never delays a sync.

Screens send functions over and await the answer; what the engine has to tell goes through one ``slot``. Nothing here
knows a widget.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from tui.slot import Overview, Slot, Update
from tui.watched_lists import WatchedLists

if TYPE_CHECKING:
    from engine.changes import Run
    from engine.events import Event
    from engine.integrations import Integration
    from engine.schedule import Schedule
    from engine.views import Alarm
    from engine.workspace import Workspace

log = logging.getLogger(__name__)

T = TypeVar("T")
#: Seconds between two looks at what other processes changed.
POLL = 1.0


class Bridge:
    """Runs ``open`` (which gives a Workspace) and everything that uses it in one thread of its own."""

    def __init__(self, open: Callable[[], Workspace], wake: Callable[[], object], *, poll: float = POLL) -> None:
        self.slot = Slot(wake)
        self._open = open
        self._poll = poll
        self._thread = threading.Thread(target=self._main, name="engine", daemon=True)
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._workspace: Workspace | None = None
        self._recovered: asyncio.Event | None = None
        self._calls: set[asyncio.Task[Any]] = set()
        self._unanswered = 0  # callers on the screens' side that wait; a call on its way is in no task yet
        self._own_runs: set[str] = set()
        self._run_ended = asyncio.Event()
        self._lists: WatchedLists | None = None
        self.stopping = False

    # ------------------------------------------------------------------------------------------ the screens' side
    def start(self) -> None:
        self._thread.start()

    @overload
    async def call(self, fn: Callable[[Workspace], Coroutine[Any, Any, T]]) -> T: ...

    @overload
    async def call(self, fn: Callable[[Workspace], T]) -> T: ...

    async def call(self, fn: Callable[[Workspace], Any]) -> Any:
        """Run ``fn(workspace)`` in the engine's thread and return or raise what it does.

        Cancelling the caller never cancels the work: what was asked of the engine is carried out. Raises
        ``engine.errors.CrosswalkError``; ``RuntimeError`` once the bridge is closing.
        """
        if self.stopping:
            raise RuntimeError("the console is closing; nothing was sent")
        self._unanswered += 1
        try:
            return await self._answer(fn)
        finally:
            self._unanswered -= 1

    async def _answer(self, fn: Callable[[Workspace], Any]) -> Any:
        started: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        caller = asyncio.get_running_loop()

        def finish(task: asyncio.Task[Any]) -> None:
            self._calls.discard(task)
            if not caller.is_closed():
                caller.call_soon_threadsafe(_hand_over, task, started)

        def begin() -> None:
            task = asyncio.get_running_loop().create_task(self._run(fn))
            self._calls.add(task)
            task.add_done_callback(finish)

        await asyncio.to_thread(self._ready.wait) if not self._ready.is_set() else None
        if self._loop is None or self._loop.is_closed():
            raise RuntimeError("the workspace is not open; nothing was sent")
        self._loop.call_soon_threadsafe(begin)
        return await asyncio.shield(started)

    @property
    def busy(self) -> bool:
        """Whether something that was asked of the engine is still under way, or its answer not yet with who asked."""
        return self._unanswered > 0 or bool(self._calls)

    def watch(self, integration: str, kinds: tuple[str, ...]) -> None:
        """Keep the snapshots of these lists, and of no others, current; the first is built first."""

        def watch() -> None:
            if self._lists is not None:
                self._lists.watch(integration, kinds)

        self._on_loop(watch)

    def close(self, timeout: float = 20.0) -> bool:
        """Settle what is in flight (at most ``timeout`` seconds), close the workspace, end the thread.

        Returns False if the time was not enough; the journal then settles the rest at the next start.
        """
        self.stopping = True
        if not self._thread.is_alive():
            return True
        self._ready.wait(timeout)
        deadline = time.monotonic() + timeout

        def ask() -> None:
            if self._stop is not None:
                self._stop.set()

        self._on_loop(ask)
        self._thread.join(max(0.0, deadline - time.monotonic()))
        if not self._thread.is_alive():
            return True
        self._on_loop(lambda: [task.cancel() for task in self._calls])
        self._thread.join(2.0)
        return not self._thread.is_alive()

    def _on_loop(self, fn: Callable[[], Any]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(fn)

    # ------------------------------------------------------------------------------------------ the engine's side
    def _main(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:
            log.exception("the engine's thread ended")
            self._fail(error, fatal=True)
        finally:
            self._ready.set()

    def _fail(self, error: BaseException, *, fatal: bool = False) -> None:
        def change(update: Update) -> None:
            update.error, update.fatal = error, update.fatal or fatal

        self.slot.put(change)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop, self._recovered = asyncio.Event(), asyncio.Event()
        ws = self._open()
        self._workspace, self._lists = ws, WatchedLists(ws, self.slot, self._fail)
        unsubscribe = ws.events.subscribe(self._heard)
        self._ready.set()
        background = [asyncio.create_task(job) for job in self._jobs(ws, self._lists)]
        try:
            await self._stop.wait()
            await self._settle(ws)
        finally:
            unsubscribe()
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            await ws.close()

    def _jobs(self, ws: Workspace, lists: WatchedLists) -> tuple[Coroutine[Any, Any, None], ...]:
        later = (self._after_recovery(lists.suggest), self._after_recovery(lambda: self._automatic(ws)))
        return (self._recover(ws), self._look(ws, lists), lists.rebuild(), *later)

    async def _after_recovery(self, job: Callable[[], Coroutine[Any, Any, None]]) -> None:
        assert self._recovered is not None
        await self._recovered.wait()
        await job()

    async def _automatic(self, ws: Workspace) -> None:
        """An open console runs the schedules, like ``crosswalk watch``; a slot is run by one of them only."""
        try:
            await ws.scheduler("console").run()
        except Exception as error:
            log.exception("the scheduler ended")
            self._fail(error)

    async def _run(self, fn: Callable[[Workspace], Any]) -> Any:
        assert self._workspace is not None
        assert self._recovered is not None
        result = fn(self._workspace)
        if not inspect.isawaitable(result):
            return result
        await self._recovered.wait()
        return await result

    async def _recover(self, ws: Workspace) -> None:
        """Runs that a crash left open are settled before any network verb; the lists are shown meanwhile."""
        assert self._recovered is not None
        try:
            await ws.recover()
        except Exception as error:
            log.exception("settling what an earlier run left open")
            self._fail(error)
        finally:
            self._recovered.set()

    async def _settle(self, ws: Workspace) -> None:
        """Ask our own runs to stop after the batch in flight, logins to stop waiting, and wait for every call to end."""
        for run_id in self._own_runs:
            ws.cancel(run_id)
        ws.cancel_login()  # nobody is left to read the code
        while self._calls or self._own_runs:
            if self._calls:
                await asyncio.wait(set(self._calls))
            else:  # a scheduled run: nobody on a screen waits for it
                await self._run_ended.wait()
                self._run_ended.clear()

    def _running(self, ws: Workspace) -> tuple[Run, ...]:
        return tuple(run for run in ws.runs(limit=20) if run.state == "running")

    def _heard(self, event: Event) -> None:
        match type(event).__name__:
            case "RowsChanged":
                assert self._lists is not None
                self._lists.soil(cast("Any", event).integration, str(cast("Any", event).kind))
            case "RunStarted":
                self._own_runs.add(cast("Any", event).run.id)
            case "RunEnded":
                self._own_runs.discard(cast("Any", event).run.id)
                self._run_ended.set()
        self.slot.event(event)

    async def _look(self, ws: Workspace, lists: WatchedLists) -> None:
        """Once a second: what did other processes change, how are connections, alarms and runs."""
        before: dict[str, int] = {}
        shown: Overview | None = None
        while True:
            try:
                now = ws.changes()
                changed = frozenset(table for table, count in now.items() if before.get(table) != count)
                shown = self._look_once(ws, shown, changed, first=not before)
                if changed and before:
                    lists.soil_all()
                before = now
            except Exception as error:
                log.exception("looking for changes")
                self._fail(error)
            await asyncio.sleep(self._poll)

    def _look_once(self, ws: Workspace, shown: Overview | None, changed: frozenset[str], *, first: bool) -> Overview:
        if shown is None or changed:
            integrations, alarms = tuple(ws.integrations()), tuple(ws.alarms())
        else:
            integrations, alarms = shown.integrations, shown.alarms
        schedules = tuple(ws.schedules.all()) if shown is None or "schedules" in changed else shown.schedules
        overview = _overview(ws, integrations, alarms, self._running(ws), schedules)
        if overview != shown or changed or first:

            def change(update: Update) -> None:
                update.overview = overview
                update.changed |= changed
                update.opened = update.opened or first

            self.slot.put(change)
        return overview


def _overview(
    ws: Workspace,
    integrations: tuple[Integration, ...],
    alarms: tuple[Alarm, ...],
    runs: tuple[Run, ...],
    schedules: tuple[Schedule, ...],
) -> Overview:
    from engine.monitor import borrow_budgets

    connections = ws.connections()
    pulse = ws.monitor.pulse(schedules, runs, connections)
    return Overview(integrations, borrow_budgets(connections, pulse.work), alarms, runs, schedules, pulse)


def _hand_over(task: asyncio.Task[Any], future: asyncio.Future[Any]) -> None:
    """Give the outcome of an engine task to the future a screen waits on (in the screen's loop)."""
    if future.done():
        return
    if task.cancelled():
        future.set_exception(RuntimeError("stopped while the console was closing; the journal settles it"))
    elif (error := task.exception()) is not None:
        future.set_exception(error)
    else:
        future.set_result(task.result())
