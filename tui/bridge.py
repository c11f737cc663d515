"""The bridge to the engine: a thread with its own event loop, so that a slow terminal never delays a sync.

Screens send functions over and await the answer; the engine leaves the newest snapshots, events and overview in one
slot and wakes the screens at most once until they have emptied it. Nothing here knows a widget.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from engine.changes import Run
    from engine.events import Event
    from engine.integrations import Integration
    from engine.model import Kind
    from engine.monitor import Pulse
    from engine.schedule import Schedule
    from engine.views import Alarm, ConnectionView, Snapshot
    from engine.workspace import Workspace

log = logging.getLogger(__name__)

T = TypeVar("T")
#: Seconds between two looks at what other processes changed.
POLL = 1.0
#: Events that are kept for a screen that does not come to take them; older ones are dropped and counted.
KEPT_EVENTS = 500


@dataclass(frozen=True, slots=True)
class Overview:
    """What the status line and the monitor show: everything outside the lists, as of one moment.

    ``runs`` are the running ones, ``pulse`` is what schedulers and other processes do and which schedules are in trouble.
    """

    integrations: tuple[Integration, ...] = ()
    connections: tuple[ConnectionView, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    runs: tuple[Run, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    pulse: Pulse | None = None


@dataclass(slots=True)
class Update:
    """All that changed since the last take. ``events`` keeps only the latest progress of each run and each pull."""

    snapshots: dict[tuple[str, str], Snapshot] = field(default_factory=dict)
    overview: Overview | None = None
    events: list[Event] = field(default_factory=list)
    changed: frozenset[str] = frozenset()  # tables of the store that any process touched
    lost: int = 0
    opened: bool = False
    error: BaseException | None = None  # something in the background went wrong
    fatal: bool = False  # ... and the engine's thread ended by it


class Slot:
    """The one slot between the two threads. ``wake`` is called from the engine's thread when the slot fills."""

    def __init__(self, wake: Callable[[], object]) -> None:
        self._lock = threading.Lock()
        self._wake = wake
        self._waiting = False
        self._update = Update()
        self._latest: dict[tuple[str, ...], Event] = {}
        self._events: deque[Event] = deque(maxlen=KEPT_EVENTS)

    def put(self, change: Callable[[Update], None]) -> None:
        with self._lock:
            change(self._update)
        self._notify()

    def event(self, event: Event) -> None:
        """Keep an event; a progress replaces the earlier one of the same run or pull."""
        what = type(event).__name__
        with self._lock:
            if what == "RunProgress":
                self._latest[what, cast("Any", event).run] = event
            elif what == "PullProgress":
                self._latest[what, cast("Any", event).connection, str(cast("Any", event).kind)] = event
            else:
                self._update.lost += len(self._events) == KEPT_EVENTS
                self._events.append(event)
                self._forget_progress(what, event)
        self._notify()

    def _forget_progress(self, what: str, event: Event) -> None:
        """What ended has no progress any more: it would be told after the end, and stay on the screen."""
        if what == "RowsChanged":
            kind = str(cast("Any", event).kind)
            over = [key for key in self._latest if key[0] == "PullProgress" and key[2] == kind]
        elif what == "RunEnded":
            over = [key for key in self._latest if key == ("RunProgress", cast("Any", event).run.id)]
        else:
            return
        for key in over:
            del self._latest[key]

    def take(self) -> Update:
        """Everything since the last take; the next change wakes the screens again."""
        with self._lock:
            update, self._update = self._update, Update()
            update.events = [*self._events, *self._latest.values()]
            self._events.clear()
            self._latest.clear()
            self._waiting = False
        return update

    def _notify(self) -> None:
        with self._lock:
            if self._waiting:
                return
            self._waiting = True
        self._wake()


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
        self._watched: dict[tuple[str, str], int] = {}
        self._own_runs: set[str] = set()
        self._run_ended = asyncio.Event()
        self._dirty: dict[tuple[str, str], None] = {}  # in the order in which they are built again
        self._dirty_now: asyncio.Event | None = None
        self._readings: set[tuple[object, ...]] = set()
        self._to_suggest: asyncio.Queue[tuple[str, Kind]] = asyncio.Queue()
        self.stopping = False

    # ------------------------------------------------------------------------------------------ the screens' side
    def start(self) -> None:
        self._thread.start()

    @overload
    async def call(self, fn: Callable[..., Coroutine[Any, Any, T]], *args: Any) -> T: ...

    @overload
    async def call(self, fn: Callable[..., T], *args: Any) -> T: ...

    async def call(self, fn: Callable[..., Any], *args: Any) -> Any:
        """Run ``fn(workspace, *args)`` in the engine's thread and return or raise what it does.

        Cancelling the caller never cancels the work: what was asked of the engine is carried out. Raises
        ``engine.errors.CrosswalkError``; ``RuntimeError`` once the bridge is closing.
        """
        if self.stopping:
            raise RuntimeError("the console is closing; nothing was sent")
        started: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        caller = asyncio.get_running_loop()

        def finish(task: asyncio.Task[Any]) -> None:
            self._calls.discard(task)
            if not caller.is_closed():
                caller.call_soon_threadsafe(_hand_over, task, started)

        def begin() -> None:
            task = asyncio.get_running_loop().create_task(self._run(fn, args))
            self._calls.add(task)
            task.add_done_callback(finish)

        await asyncio.to_thread(self._ready.wait) if not self._ready.is_set() else None
        if self._loop is None or self._loop.is_closed():
            raise RuntimeError("the workspace is not open; nothing was sent")
        self._loop.call_soon_threadsafe(begin)
        return await asyncio.shield(started)

    @property
    def busy(self) -> bool:
        """Whether something that was asked of the engine is still under way."""
        return bool(self._calls)

    def watch(self, integration: str, kinds: tuple[str, ...]) -> None:
        """Keep the snapshots of these lists, and of no others, current; the first is built first."""
        self._on_loop(lambda: self._watch(integration, kinds))

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
        self._stop, self._recovered, self._dirty_now = asyncio.Event(), asyncio.Event(), asyncio.Event()
        ws = self._open()
        self._workspace = ws
        unsubscribe = ws.events.subscribe(self._heard)
        self._ready.set()
        background = [asyncio.create_task(job) for job in self._jobs(ws)]
        try:
            await self._stop.wait()
            await self._settle(ws)
        finally:
            unsubscribe()
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            await ws.close()

    def _jobs(self, ws: Workspace) -> tuple[Coroutine[Any, Any, None], ...]:
        return (self._recover(ws), self._look(ws), self._rebuild(ws), self._suggest(ws), self._automatic(ws))

    async def _automatic(self, ws: Workspace) -> None:
        """An open console runs the schedules, like ``crosswalk watch``; a slot is run by one of them only."""
        assert self._recovered is not None
        await self._recovered.wait()
        try:
            await ws.scheduler("console").run()
        except Exception as error:
            log.exception("the scheduler ended")
            self._fail(error)

    async def _run(self, fn: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        assert self._workspace is not None
        assert self._recovered is not None
        result = fn(self._workspace, *args)
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
                self._soil(cast("Any", event).integration, str(cast("Any", event).kind))
            case "RunStarted":
                self._own_runs.add(cast("Any", event).run.id)
            case "RunEnded":
                self._own_runs.discard(cast("Any", event).run.id)
                self._run_ended.set()
        self.slot.event(event)

    def _soil(self, integration: str, kind: str) -> None:
        if (integration, kind) in self._watched and self._dirty_now is not None:
            self._dirty[integration, kind] = None
            self._dirty_now.set()

    def _watch(self, integration: str, kinds: tuple[str, ...]) -> None:
        self._watched = {(integration, kind): -1 for kind in kinds}
        for kind in kinds:
            self._soil(integration, kind)

    async def _rebuild(self, ws: Workspace) -> None:
        """Build snapshots of dirty lists, the cheaper the more often: never more than a third of the time."""
        from engine.model import Kind

        assert self._dirty_now is not None
        while True:
            await self._dirty_now.wait()
            self._dirty_now.clear()
            started = time.monotonic()
            for integration, kind in tuple(self._dirty):
                self._dirty.pop((integration, kind), None)
                try:
                    # Seconds of work for 100,000 rows; the one verb that may leave this thread.
                    snapshot = await asyncio.to_thread(ws.snapshot, integration, Kind(kind))
                except Exception as error:
                    log.exception("reading the %s of %s", kind, integration)
                    self._fail(error)
                    continue
                if self._watched.get((integration, kind)) != snapshot.version:
                    self._watched[integration, kind] = snapshot.version
                    self._show(integration, kind, snapshot)
                    self._note_reading(snapshot)
            await asyncio.sleep(max(0.02, 2 * (time.monotonic() - started)))

    def _note_reading(self, snapshot: Snapshot) -> None:
        """A reading with unmapped rows that was not seen before waits for a look at its suggestions."""
        reading = (snapshot.integration, snapshot.kind, snapshot.storefront_read_at, snapshot.backoffice_read_at)
        read = snapshot.backoffice_read_at is not None  # fees of one's own have no storefront reading
        if snapshot.unmapped and read and reading not in self._readings:
            self._readings.add(reading)
            self._to_suggest.put_nowait((snapshot.integration, snapshot.kind))

    async def _suggest(self, ws: Workspace) -> None:
        """Nobody has to ask for the first suggestions of a list; later ones are looked for when it is read again."""
        assert self._recovered is not None
        await self._recovered.wait()
        while True:
            integration, kind = await self._to_suggest.get()
            try:
                if not ws.all_suggestions(integration, kind):
                    await ws.suggest(integration, kind)
            except Exception as error:
                log.exception("looking for suggestions for the %s of %s", kind, integration)
                self._fail(error)

    def _show(self, integration: str, kind: str, snapshot: Snapshot) -> None:
        self.slot.put(lambda update: update.snapshots.__setitem__((integration, kind), snapshot))

    async def _look(self, ws: Workspace) -> None:
        """Once a second: what did other processes change, how are connections, alarms and runs."""
        before: dict[str, int] = {}
        shown: Overview | None = None
        while True:
            try:
                now = ws.changes()
                changed = frozenset(table for table, count in now.items() if before.get(table) != count)
                shown = self._look_once(ws, shown, changed, first=not before)
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
        if changed and not first:
            for integration, kind in self._watched:
                self._soil(integration, kind)
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
