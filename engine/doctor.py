"""What is well and what is not with a workspace. Contacts no system; ``connection check`` does."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.changes import Run, RunState
from engine.integrations import Integration
from engine.model import Kind
from engine.monitor import troubles
from engine.ports import Clock, RecordCache, Store
from engine.schedules import Schedules
from engine.views import Alarm, ConnectionView, DoctorLine

LOW_DISK = 200 * 1024 * 1024
WELL = frozenset({"ok", "not checked"})


def examine(
    path: Path,
    store: Store,
    cache: RecordCache,
    connections: Sequence[ConnectionView],
    integrations: Sequence[Integration],
    runs: Sequence[Run],
) -> list[DoctorLine]:
    """One line per thing looked at."""
    lines = [*_files(path), *_connections(connections), *_integrations(cache, integrations), *_runs(store, runs)]
    if not integrations:
        lines.append(
            DoctorLine("integrations", False, "none yet: add two connections, then `crosswalk integration add`")
        )
    return lines


def problems(
    schedules: Schedules, clock: Clock, connections: Sequence[ConnectionView], alarms: Sequence[Alarm]
) -> list[str]:
    """What a monitoring system should be told; empty when all is well."""
    found = [one.text for one in troubles(schedules.all(), clock.now(), schedules.alive())]
    found += [f"connection {v.name}: {v.state}: {v.message}" for v in connections if v.state not in WELL]
    return found + [f"alarm of {alarm.integration or 'the workspace'}: {alarm.text}" for alarm in alarms]


def _files(path: Path) -> Iterator[DoctorLine]:
    free = shutil.disk_usage(path).free
    yield DoctorLine("disk", free > LOW_DISK, f"{free // 2**20:,} MiB free for {path}")
    for token in sorted((path / "tokens").glob("*.json")):
        mode = stat.S_IMODE(token.stat().st_mode)
        text = "readable by its owner only" if not mode & 0o077 else f"mode {mode:o}: run chmod 600 {token}"
        yield DoctorLine(f"token {token.stem}", not mode & 0o077, text)


def _connections(connections: Sequence[ConnectionView]) -> Iterator[DoctorLine]:
    for view in connections:
        text = view.message or (f"last answer {view.checked_at:%Y-%m-%d %H:%M} UTC" if view.checked_at else view.state)
        if view.holder:
            text += f"; in use by {view.holder} ({view.holder_purpose})"
        fine = view.state in WELL
        yield DoctorLine(f"connection {view.name}", fine, text if fine else f"{view.state}: {text}")


def _integrations(cache: RecordCache, integrations: Sequence[Integration]) -> Iterator[DoctorLine]:
    for integration in integrations:
        for connection in integration.connections:
            reading = cache.reading(connection, Kind.PRODUCTS)
            text = "never read: pull"
            if reading is not None:
                text = f"{cache.count(connection, Kind.PRODUCTS):,} products read {reading.at:%Y-%m-%d %H:%M} UTC"
                if reading.full_at is None:
                    text += ", next time all of them"
                elif reading.full_at != reading.at:
                    text += f", all of them {reading.full_at:%Y-%m-%d %H:%M} UTC"
            yield DoctorLine(f"{integration.name}: {connection}", reading is not None, text)


def _runs(store: Store, runs: Sequence[Run]) -> Iterator[DoctorLine]:
    open_intents = len(store.table("intents"))
    text = (
        f"{open_intents} left open; the next start settles them by reading the systems" if open_intents else "none open"
    )
    yield DoctorLine("intents", not open_intents, text)
    for run in runs:
        if run.state in {RunState.INTERRUPTED, RunState.FAILED}:
            yield DoctorLine(f"run {run.id}", False, f"{run.state}: {run.message}; `crosswalk resume {run.id}`")
        if run.ended is not None and not run.totals.adds_up:
            yield DoctorLine(f"run {run.id}", False, "its totals do not add up: see `crosswalk runs`, and report this")
