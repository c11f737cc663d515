"""The verbs of automatic syncs on the Sync tab: add, pause, run now, remove."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tui.actions import Action, Context
from tui.widgets.access import ask, ask_long
from tui.widgets.dialogs import Confirm
from tui.widgets.form_dialogs import FormDialog, Values
from tui.widgets.forms import FormField
from tui.widgets.lines import LineTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.schedule import Schedule
    from engine.workspace import Workspace
    from tui.widgets.schedule_lines import ScheduleLine


def _line(context: Context) -> ScheduleLine | None:
    return cast("ScheduleLine | None", context.screen.query_one("#schedules", LineTable).row)


def _schedule_here(context: Context) -> str:
    return "" if _line(context) is not None else "there is no automatic sync yet; + adds one"


def form_fields(integrations: Sequence[str], current: str) -> list[FormField]:
    """What is asked for: whose, how often, in which time zone, which fields."""
    return [
        FormField("integration", "Integration", "choice", value=current, required=True,
                  choices=tuple((name, name) for name in integrations)),
        FormField("rhythm", "Rhythm", value="every 30 minutes", required=True,
                  help="every 15 minutes, every 2 hours, daily at 02:30, or five cron fields. 15 minutes to 24 hours."),
        FormField("timezone", "Time zone", value="UTC", required=True, help="Such as Europe/Berlin."),
        FormField("fields", "Fields", placeholder="all of the integration", help="Such as price,cost. Empty: all."),
    ]  # fmt: skip


async def _add(context: Context) -> None:
    names = await ask(context.screen, lambda ws: [one.name for one in ws.integrations()])

    async def save(values: Values) -> Schedule:
        def send(ws: Workspace) -> Schedule:
            from engine.errors import UsageError
            from engine.model import Field

            wanted = [word.strip() for word in values["fields"].split(",") if word.strip()]
            unknown = [word for word in wanted if word not in set(Field)]
            if unknown:
                raise UsageError(f"no field {', '.join(unknown)}; there is: {', '.join(Field)}; nothing was saved")
            fields = [Field(word) for word in wanted]
            return ws.schedules.add(values["integration"], values["rhythm"], values["timezone"], fields=fields)

        return await ask(context.screen, send)

    fields = form_fields(names, context.integration)
    lines = ("What would need a person (a guard, a first sync) is never done by an automatic run.",)
    made = await context.console.push_screen_wait(FormDialog("Automatic sync", fields, save, lines=lines))
    if made is not None:
        context.console.say(f"{made.integration}: {made.expression} {made.timezone}", "Automatic sync added")


async def _pause(context: Context) -> None:
    line = _line(context)
    if line is not None:
        wanted = not line.schedule.enabled
        await ask(context.screen, lambda ws: ws.schedules.enable(line.schedule.id, enabled=wanted))


async def _run_now(context: Context) -> None:
    line = _line(context)
    if line is None:
        return
    context.console.say("It runs as it would by itself.", "Automatic sync started")
    await ask_long(context.screen, lambda ws: ws.scheduler().run_once(line.schedule))
    done = await ask(context.screen, lambda ws: ws.schedules.get(line.schedule.id))
    context.console.say(done.last_result, "Automatic sync", warning=done.last_result.startswith("failed"))


async def _remove(context: Context) -> None:
    line = _line(context)
    if line is None:
        return
    question = Confirm("Remove the automatic sync?", [f"{line.schedule.integration}: {line.words}"], yes="Remove")
    if await context.console.push_screen_wait(question):
        await ask(context.screen, lambda ws: ws.schedules.remove(line.schedule.id))


ACTIONS = (
    Action(
        "schedule.add", "plus", "Add an automatic sync…", "Every 15 minutes to every 24 hours.", _add, short="Automatic"
    ),
    Action(
        "schedule.pause",
        "p",
        "Pause or continue",
        "What passes while it is paused is not missed.",
        _pause,
        _schedule_here,
    ),
    Action(
        "schedule.run",
        "x",
        "Run the automatic sync now",
        "Exactly as it would run by itself.",
        _run_now,
        _schedule_here,
    ),
    Action(
        "schedule.remove",
        "delete",
        "Remove the automatic sync…",
        "Its runs stay in the history.",
        _remove,
        _schedule_here,
    ),
)
