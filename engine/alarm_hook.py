"""The admin's own command for alarms: ``on_alarm`` in the workspace's ``crosswalk.toml``, for mail, chat or a pager.

    on_alarm = ["/usr/local/bin/page-me", "--team", "shop"]
    on_alarm_seconds = 30

The command is run as it stands, never by a shell, with the alarm as one JSON document on its stdin: once per alarm, by the
process that raised it, one after the other in a thread of their own. A command that fails, hangs or is missing is recorded
with the alarm; it never disturbs a run. The file is read anew for each alarm.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import stat
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from engine.admin_files import told
from engine.errors import UsageError
from engine.model import utc_text
from engine.views import Alarm

log = logging.getLogger(__name__)

FILE = "crosswalk.toml"
SECONDS = 30.0
MOST_SECONDS = 300.0
#: How long closing a workspace waits for commands that are still to run.
PATIENCE = 60.0
#: So much of what a failing command says is kept.
WORDS = 200
TOLD = "told"

#: Called with an alarm's id and what became of its command: ``TOLD``, or why it failed.
Settled = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class Hook:
    """The command and how long it may take."""

    argv: tuple[str, ...]
    seconds: float = SECONDS


def read_hook(directory: Path) -> Hook | None:
    """The hook of a workspace; None where there is no file or no ``on_alarm`` in it. Raises ``UsageError``."""
    import tomllib

    path = directory / FILE
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            values = tomllib.load(file)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {told(error, path)}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} cannot be used: {error}") from error
    if unknown := values.keys() - {"on_alarm", "on_alarm_seconds"}:
        raise UsageError(f"{path}: unknown {', '.join(sorted(unknown))}; there are on_alarm and on_alarm_seconds")
    argv, seconds = values.get("on_alarm", []), values.get("on_alarm_seconds", SECONDS)
    if (
        not isinstance(argv, list)
        or not all(isinstance(word, str) and "\0" not in word for word in argv)
        or argv[:1] == [""]
    ):
        raise UsageError(f'{path}: on_alarm is a list of words, such as ["/usr/local/bin/page-me", "--team", "shop"]')
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= MOST_SECONDS:
        raise UsageError(f"{path}: on_alarm_seconds is a number up to {MOST_SECONDS:g}")
    if not argv:
        return None
    if mode & 0o022:
        raise UsageError(
            f"{path} names a command and can be written by others (mode {mode:04o}); run: chmod go-w {path}"
        )
    return Hook(tuple(argv), float(seconds))


class AlarmHook:
    """Runs the hook of one workspace. ``tell`` returns at once; ``close`` waits for what is under way."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._worker: ThreadPoolExecutor | None = None
        self._under_way: dict[Future[None], Alarm] = {}

    def tell(self, alarm: Alarm, settled: Settled) -> None:
        """Run the command for an alarm, later and elsewhere."""
        try:
            hook = read_hook(self._directory)
        except UsageError as error:
            settled(alarm.id, _failed(str(error)))
            return
        if hook is None:
            return
        if self._worker is None:
            self._worker = ThreadPoolExecutor(1, thread_name_prefix="on_alarm")
        future = self._worker.submit(self._run, hook, alarm, settled)
        self._under_way[future] = alarm
        future.add_done_callback(lambda done: self._under_way.pop(done, None))

    def close(self, settled: Settled) -> None:
        """Wait for the commands under way; those that could not be started in time are recorded as such."""
        if self._worker is None:
            return
        left = dict(self._under_way)
        wait(left, PATIENCE)
        for future, alarm in left.items():
            if future.cancel():
                settled(alarm.id, _failed("the program was closed before its turn"))
        self._worker.shutdown()
        self._worker = None

    def _run(self, hook: Hook, alarm: Alarm, settled: Settled) -> None:
        settled(alarm.id, run_hook(hook, alarm, self._directory))


def run_hook(hook: Hook, alarm: Alarm, directory: Path) -> str:
    """Run the command once; ``TOLD``, or why it failed."""
    document = {
        "id": alarm.id,
        "at": utc_text(alarm.at),
        "integration": alarm.integration,
        "severity": alarm.severity,
        "message": alarm.message,
        "workspace": str(directory),
    }
    with tempfile.TemporaryFile() as words:  # a file, so that a child of the command that stays cannot hold us up
        try:
            child = subprocess.Popen(  # noqa: S603 - the admin's own command, run without a shell
                hook.argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=words,
                cwd=directory,
                start_new_session=True,
            )
        except OSError as error:
            return _failed(f"{hook.argv[0]} cannot be run: {told(error, Path(error.filename or hook.argv[0]))}")
        except ValueError as error:
            return _failed(f"{hook.argv[0]} cannot be run: {error}")
        try:
            child.communicate(json.dumps(document).encode() + b"\n", timeout=hook.seconds)
        except subprocess.TimeoutExpired:
            _kill(child)
            return _failed(f"{hook.argv[0]} took longer than {hook.seconds:g} s and was stopped")
        if child.returncode:
            words.seek(0)
            said = " ".join(words.read(4 * WORDS).decode("utf-8", "replace").split())[:WORDS]
            return _failed(f"{hook.argv[0]} ended with {child.returncode}{': ' if said else ''}{said}")
    return TOLD


def _kill(child: subprocess.Popen[bytes]) -> None:
    """The command and what it started."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        log.debug("the command ended by itself meanwhile")
    child.wait()


def _failed(why: str) -> str:
    log.warning("on_alarm: %s", why)
    return f"on_alarm failed: {why}"
