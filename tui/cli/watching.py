"""``crosswalk watch`` runs the schedules without a console; ``crosswalk health`` says whether all is well."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

import typer

from engine.errors import CrosswalkError
from tui.cli import failures
from tui.cli.output import counted
from tui.cli.verbs import Work, verb


def register(app: typer.Typer) -> None:
    """Add the verbs of unattended work to the command line."""
    app.command("watch")(watch)
    app.command("health")(health)


@verb(networked=True)
async def watch(work: Work) -> int:
    """Run the schedules until SIGTERM or Ctrl-C, which settle the batch in flight. SIGHUP reads everything anew."""
    from engine.events import AlarmRaised, Event, RunEnded
    from tui.widgets.plan_lines import totals_text

    def said(event: Event) -> None:
        if isinstance(event, RunEnded):
            work.out.say(
                f"{event.run.id} of {event.run.integration} {event.run.state}: {totals_text(event.run.totals)}"
            )
        elif isinstance(event, AlarmRaised):
            work.out.say(f"ALARM {event.integration}: {event.message}")

    scheduler = work.ws.scheduler("watch")
    leave = work.ws.events.subscribe(said)
    loop = asyncio.get_running_loop()
    ticking = asyncio.create_task(scheduler.run())
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ticking.cancel)

    def reload() -> None:
        work.ws.reload()
        work.out.say(f"Read anew: {_state(work)}")
        scheduler.turn()

    loop.add_signal_handler(signal.SIGHUP, _guarded, reload, work)
    work.out.say(f"Watching {_state(work)} of {work.ws.path}; SIGTERM ends it in order")
    try:
        await ticking
    except asyncio.CancelledError:
        work.out.say("Stopped in order; what was in flight is settled")
    finally:
        leave()
    return failures.DONE


def _guarded(reload: Callable[[], None], work: Work) -> None:
    """A file that is wrong after a change is said, and ends nothing."""
    try:
        reload()
    except CrosswalkError as error:
        work.out.say(f"crosswalk: {error}")


def _state(work: Work) -> str:
    """What is watched: schedules, and who is told of alarms."""
    from engine.alarm_hook import read_hook

    text = counted(len(work.ws.schedules.all()), "schedule")
    try:
        hook = read_hook(work.ws.path)
    except CrosswalkError as error:
        return f"{text} (on_alarm: {error})"
    return text if hook is None else f"{text}, alarms go to {hook.argv[0]}"


@verb()
async def health(work: Work) -> int:
    """Exit code 0 when all is well, 1 when something needs a person; each problem on a line."""
    problems = work.ws.health()
    if work.out.json:
        scheduler = work.ws.scheduler()
        value = {
            "healthy": not problems,
            "problems": problems,
            "schedulers": work.ws.schedules.alive(),
            "schedules": [
                {
                    "id": one.id,
                    "integration": one.integration,
                    "enabled": one.enabled,
                    "next": scheduler.next_fire(one),
                    "last_good": one.last_good,
                    "last_result": one.last_result,
                    "missed": one.skipped,
                }
                for one in work.ws.schedules.all()
            ],
            "connections": [
                {"name": view.name, "state": view.state, "message": view.message, "checked_at": view.checked_at}
                for view in work.ws.connections()
            ],
            "alarms": work.ws.alarms(),
        }
        work.out.document(value)
    else:
        work.out.lines(problems or ["All is well."])
    return failures.FAILED if problems else failures.DONE
