"""``crosswalk alarms``: what needs a person."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.cli import failures
from tui.cli.verbs import Work, verb


def register(app: typer.Typer) -> None:
    """Add ``alarms`` to the command line."""
    app.command("alarms")(alarms)


@verb()
async def alarms(
    work: Work,
    everything: Annotated[bool, typer.Option("--all", help="Acknowledged ones too.")] = False,
    acknowledge: Annotated[
        list[int] | None, typer.Option("--acknowledge", metavar="ID", help="Mark as seen; repeat for more.")
    ] = None,
    test: Annotated[bool, typer.Option("--test", help="Run the on_alarm command once with an alarm made up.")] = False,
) -> int:
    """List the open alarms, acknowledge some, or try the command that is told of them (on_alarm in crosswalk.toml)."""
    if test:
        return await _test(work)
    for one in acknowledge or ():
        work.ws.acknowledge(one)
    found = work.ws.alarms(open_only=not everything)
    if work.out.json:
        work.out.document({"alarms": found, "acknowledged": acknowledge or []})
        return failures.DONE
    rows = [(a.id, f"{a.at:%Y-%m-%d %H:%M}", a.severity, a.integration, a.text, a.acknowledged_by) for a in found]
    work.out.table(("ALARM", "WHEN (UTC)", "SEVERITY", "INTEGRATION", "MESSAGE", "ACKNOWLEDGED BY"), rows)
    return failures.DONE


async def _test(work: Work) -> int:
    import asyncio

    from engine.alarm_hook import FILE, TOLD, read_hook, run_hook
    from engine.errors import UsageError
    from engine.views import Alarm

    hook = read_hook(work.ws.path)
    if hook is None:
        raise UsageError(f"no on_alarm in {work.ws.path / FILE}; see docs/watch.md")
    alarm = Alarm(0, work.ws.clock.now(), "", "warning", "This is a test of the on_alarm command; nothing is wrong.")
    how = await asyncio.to_thread(run_hook, hook, alarm, work.ws.path)
    work.out.result({"command": hook.argv, "result": how}, f"{hook.argv[0]}: {how}")
    return failures.DONE if how == TOLD else failures.FAILED
