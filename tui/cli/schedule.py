"""``crosswalk schedule``: automatic syncs, in plain words or cron. They run in an open console or in ``crosswalk watch``."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.errors import UsageError
from tui.cli import values
from tui.cli.options import FieldsOption, IdsOption, IntegrationOption, KindsOption, OverwriteOption
from tui.cli.verbs import Work, verb

app = typer.Typer(name="schedule", help="Automatic syncs and pushes of an integration.", no_args_is_help=True)

RhythmArgument = Annotated[
    str,
    typer.Argument(
        metavar="RHYTHM",
        help="Plain words (every 30 minutes, daily at 02:30) or five cron fields, quoted.",
        show_default=False,
    ),
]
ScheduleArgument = Annotated[
    str, typer.Argument(metavar="SCHEDULE", help="Its id; see `crosswalk schedule list`.", show_default=False)
]
ZoneOption = Annotated[str, typer.Option("--timezone", metavar="ZONE", help="Such as Europe/Berlin.")]


@app.command("check")
@verb()
async def check(work: Work, rhythm: RhythmArgument, timezone: ZoneOption = "UTC") -> None:
    """Say whether a rhythm is allowed (15 minutes to 24 hours), and when it would fire next."""
    from engine.cron_bounds import check as bounds_of
    from engine.cron_words import to_cron, to_words
    from engine.schedule import Schedule, next_slot, zone

    expression = to_cron(rhythm)
    bounds = bounds_of(expression)
    tz = zone(timezone)
    slot = work.ws.clock.now()
    sample = Schedule("check", "", expression, timezone, slot)
    fires = []
    for _ in range(3):
        slot = next_slot(sample, slot)
        fires.append(slot.astimezone(tz))
    value = {
        "expression": expression,
        "words": to_words(expression),
        "shortest_minutes": bounds.shortest,
        "longest_minutes": bounds.longest,
        "timezone": timezone,
        "next": fires,
    }
    work.out.result(
        value,
        f"{to_words(expression)} ({expression}): {bounds.shortest} to {bounds.longest} minutes apart",
        *(f"  {fire:%a %Y-%m-%d %H:%M} {timezone}" for fire in fires),
    )


@app.command("add")
@verb()
async def add(
    work: Work,
    rhythm: RhythmArgument,
    timezone: ZoneOption = "UTC",
    fields: FieldsOption = None,
    kinds: KindsOption = None,
    ids: IdsOption = None,
    overwrite: OverwriteOption = None,
    push: Annotated[
        bool, typer.Option("--push", help="Push new and changed storefront items instead (see `crosswalk push items`).")
    ] = False,
    accounts: Annotated[
        bool, typer.Option("--accounts", help="Keep the buyers of paid orders instead (see `crosswalk accounts run`).")
    ] = False,
    integration: IntegrationOption = None,
) -> None:
    """Sync an integration (or push its items, or keep its buyers) by itself. What would need a person (a guard, a first sync) is never done."""
    from engine.changes import Purpose
    from engine.model import Side
    from engine.pace import short_of

    chosen = work.ws.integration(integration)
    if push:
        work.ws.push_possible(chosen.name)
        if kinds is not None:
            raise UsageError("--push pushes products: leave --kinds out; nothing was saved")
    if accounts:
        work.ws.accounts_possible(chosen.name)
        if push or kinds is not None or ids is not None:
            raise UsageError(
                "--accounts looks at all paid orders: leave --push, --kinds and --ids out; nothing was saved"
            )
    side = None if overwrite is None else Side(overwrite)
    wanted = values.fields(fields) or ()
    work.ws.schedule_possible(chosen.name, wanted, side)
    purpose = Purpose.PUSH if push else Purpose.ACCOUNTS if accounts else Purpose.SYNC
    made = work.ws.schedules.add(
        chosen.name,
        rhythm,
        timezone,
        fields=wanted,
        kinds=values.kinds(kinds),
        overwrite=side,
        ids=values.ids(ids) or (),
        purpose=purpose,
    )
    pace = work.ws.monitor.pace(chosen)
    short = short_of(made.expression, pace)
    value = {"schedule": made, "recommended": pace, "warning": short}
    what = f"{made.id} added: {'' if purpose is Purpose.SYNC else f'{purpose} '}{made.expression} {made.timezone}"
    work.out.result(value, what, f"{pace}.")
    if short:
        work.out.say(f"crosswalk: {short}")
    if not work.ws.schedules.alive():
        work.out.say("It runs while a console is open, or: crosswalk watch")


@app.command("change")
@verb()
async def change(
    work: Work,
    schedule_id: ScheduleArgument,
    rhythm: Annotated[str | None, typer.Argument(metavar="RHYTHM", help="As in `crosswalk schedule add`.")] = None,
    timezone: Annotated[str | None, typer.Option("--timezone", metavar="ZONE", help="Such as Europe/Berlin.")] = None,
    fields: Annotated[
        str | None, typer.Option("--fields", metavar="LIST", help="Only these fields, or all: the integration's.")
    ] = None,
    kinds: KindsOption = None,
    ids: Annotated[
        list[str] | None, typer.Option("--ids", metavar="LIST", help="Only these rows (or @FILE), or all.")
    ] = None,
    overwrite: Annotated[
        str | None,
        typer.Option("--overwrite", metavar="SIDE", help="storefront, backoffice, or masters: as the settings say."),
    ] = None,
) -> None:
    """Let a schedule run otherwise; what is left out stays as it is."""
    from engine.model import Side
    from engine.pace import short_of

    old = work.ws.schedules.get(schedule_id)
    if overwrite not in {None, "masters", *map(str, Side)}:
        raise UsageError(f"--overwrite {overwrite!r}: choose from storefront, backoffice, masters")
    side = old.overwrite if overwrite is None else None if overwrite == "masters" else Side(overwrite)
    wanted = old.fields if fields is None else () if fields == "all" else values.fields(fields) or ()
    rows = old.ids if ids is None else () if ids == ["all"] else values.ids(ids) or ()
    work.ws.schedule_possible(old.integration, wanted, side)
    made = work.ws.schedules.change(
        schedule_id,
        rhythm or old.expression,
        timezone or old.timezone,
        fields=wanted,
        kinds=old.kinds if kinds is None else values.kinds(kinds),
        overwrite=side,
        ids=rows,
    )
    short = short_of(made.expression, work.ws.monitor.pace(work.ws.integration(made.integration)))
    text = f"{made.id} changed: {made.expression} {made.timezone}"
    work.out.result({"schedule": made, "warning": short}, text)
    if short:
        work.out.say(f"crosswalk: {short}")


@app.command("recommend")
@verb()
async def recommend(work: Work, integration: IntegrationOption = None) -> None:
    """Recommend a pause from the catalogues' size, both rate limits and how long the last runs took."""
    pace = work.ws.monitor.pace(work.ws.integration(integration))
    work.out.result({"recommended": pace}, f"{pace}.")


@app.command("list")
@verb()
async def list_all(work: Work) -> None:
    """List all schedules: when each runs next, how the last run ended, and the last good one."""
    from engine.cron_words import to_words
    from engine.pace import too_slow

    scheduler = work.ws.scheduler()
    found = work.ws.schedules.all()
    if work.out.json:
        work.out.document(
            {"schedules": [{"schedule": s, "next": scheduler.next_fire(s), "warning": too_slow(s)} for s in found]}
        )
        return
    rows = [
        (
            s.id,
            s.integration,
            s.purpose,
            to_words(s.expression),
            s.timezone,
            scheduler.next_fire(s)[:16].replace("T", " ") or "paused",
            f"{s.last_good:%Y-%m-%d %H:%M}" if s.last_good else "never",
            s.last_result or "not run yet",
            s.skipped,
        )
        for s in found
    ]
    headers = (
        "SCHEDULE",
        "INTEGRATION",
        "WHAT",
        "RHYTHM",
        "ZONE",
        "NEXT (UTC)",
        "LAST GOOD (UTC)",
        "LAST RUN",
        "MISSED",
    )
    work.out.table(headers, rows)
    for s in found:
        if warning := too_slow(s):
            work.out.say(f"crosswalk: {s.id}: {warning}")


@app.command("remove")
@verb()
async def remove(work: Work, schedule_id: ScheduleArgument) -> None:
    """Remove a schedule; its runs stay in the history."""
    work.ws.schedules.remove(schedule_id)
    work.out.result({"removed": schedule_id}, f"{schedule_id} removed")


@app.command("pause")
@verb()
async def pause(work: Work, schedule_id: ScheduleArgument) -> None:
    """Pause a schedule; what passes meanwhile is not missed."""
    work.out.result({"schedule": work.ws.schedules.enable(schedule_id, enabled=False)}, f"{schedule_id} paused")


@app.command("continue")
@verb()
async def go_on(work: Work, schedule_id: ScheduleArgument) -> None:
    """Let a paused schedule go on."""
    work.out.result({"schedule": work.ws.schedules.enable(schedule_id, enabled=True)}, f"{schedule_id} goes on")


@app.command("run")
@verb(networked=True)
async def run(work: Work, schedule_id: ScheduleArgument) -> int:
    """Run a schedule once, now, exactly as it would run by itself."""
    from tui.cli import failures

    schedule = work.ws.schedules.get(schedule_id)
    await work.ws.scheduler().run_once(schedule)
    done = work.ws.schedules.get(schedule_id)
    work.out.result({"schedule": done}, f"{schedule_id}: {done.last_result}")
    return failures.FAILED if done.failing or done.last_result.startswith("skipped") else failures.DONE
