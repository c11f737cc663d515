"""``crosswalk watch`` runs the schedules without a console; ``crosswalk health`` says whether all is well."""

from __future__ import annotations

import asyncio
import signal

import typer

from tui.cli import failures
from tui.cli.output import counted
from tui.cli.verbs import Work, verb


def register(app: typer.Typer) -> None:
    """Add the verbs of unattended work to the command line."""
    app.command("watch")(watch)
    app.command("health")(health)


@verb(networked=True)
async def watch(work: Work) -> int:
    """Run the schedules until SIGTERM or Ctrl-C, which settle the batch in flight. SIGHUP reads the schedules anew."""
    from engine.events import AlarmRaised, Event, RunEnded
    from tui.widgets.plan_lines import totals_text

    def said(event: Event) -> None:
        if isinstance(event, RunEnded):
            work.out.say(
                f"{event.run.id} of {event.run.integration} {event.run.state}: {totals_text(event.run.totals)}"
            )
        elif isinstance(event, AlarmRaised):
            work.out.say(f"ALARM {event.integration}: {event.message}")

    scheduler = work.ws.scheduler()
    leave = work.ws.events.subscribe(said)
    loop = asyncio.get_running_loop()
    ticking = asyncio.create_task(scheduler.run())
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ticking.cancel)
    loop.add_signal_handler(signal.SIGHUP, scheduler.start_due)
    schedules = work.ws.schedules.all()
    work.out.say(f"Watching {counted(len(schedules), 'schedule')} of {work.ws.path}; SIGTERM ends it in order")
    try:
        await ticking
    except asyncio.CancelledError:
        work.out.say("Stopped in order; what was in flight is settled")
    finally:
        leave()
    return failures.DONE


@verb()
async def health(work: Work) -> int:
    """Exit code 0 when all is well, 1 when something needs a person; each problem on a line."""
    problems = work.ws.health()
    value = {"healthy": not problems, "problems": problems, "schedulers": work.ws.schedules.alive()}
    work.out.result(value, *(problems or ["All is well."]))
    return failures.FAILED if problems else failures.DONE
