"""The verbs of automatic syncs on the Sync tab: add, change, pause, run now, remove."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from tui.actions import Action, Context
from tui.widgets.access import ask, ask_long
from tui.widgets.dialogs import Confirm
from tui.widgets.form_dialogs import FormDialog, Values
from tui.widgets.forms import FormField
from tui.widgets.lines import LineTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.model import Field
    from engine.pace import Pace
    from engine.schedule import Schedule
    from engine.workspace import Workspace
    from tui.widgets.sync_lines import SyncLine

BOTH = "products,fees"
PUSH, ACCOUNTS = "push", "accounts"
KINDS = ((BOTH, "sync products and fees"), ("products", "sync products"), ("fees", "sync fees"),
         (PUSH, "push items"), (ACCOUNTS, "keep buyers"))  # fmt: skip
DIRECTIONS = (("", "as the masters say"), ("backoffice", "overwrite the back office"),
              ("storefront", "overwrite the storefront"))  # fmt: skip


def _line(context: Context) -> SyncLine | None:
    return cast("SyncLine | None", context.screen.query_one("#schedules", LineTable).row)


def _schedule(context: Context) -> Schedule | None:
    line = _line(context)
    return line.schedule if line is not None else None


def _schedule_here(context: Context) -> str:
    return "" if _schedule(context) is not None else "there is no automatic sync here yet; + adds one"


def form_fields(integrations: Sequence[str], current: str, rhythm: str) -> list[FormField]:
    """What is asked for: whose, how often, in which time zone, what, and in which direction."""
    return [
        FormField("integration", "Integration", "choice", value=current, required=True,
                  choices=tuple((name, name) for name in integrations)),
        FormField("rhythm", "Rhythm", value=rhythm, required=True,
                  help="every 15 minutes, every 2 hours, daily at 02:30, or five cron fields. 15 minutes to 24 hours."),
        FormField("timezone", "Time zone", value="UTC", required=True, help="Such as Europe/Berlin."),
        FormField("fields", "Fields", placeholder="all of the integration", help="Such as price,cost. Empty: all."),
        FormField("kinds", "What", "choice", value=BOTH, choices=KINDS, help="What is kept equal; or new and changed items are pushed into price books."),
        FormField("overwrite", "Direction", "choice", value="", choices=DIRECTIONS,
                  help="The masters are in the integration's settings; a side named here is overwritten in every run."),
        FormField("ids", "Which", placeholder="every mapped row",
                  help="Storefront ids, such as p1,p2: only these. Empty: every mapped row."),
    ]  # fmt: skip


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def save_schedule(ws: Workspace, values: Values) -> tuple[Schedule, str]:
    """Add what a form means; the schedule, and a warning when a run takes too much of its pause. Raises ``UsageError``."""
    from engine.changes import Purpose
    from engine.model import Kind, Side
    from engine.pace import short_of

    push = values["kinds"] == PUSH
    if push:
        ws.push_possible(values["integration"])
    buyers = values["kinds"] == ACCOUNTS
    if buyers:
        ws.accounts_possible(values["integration"])
    fields, side = _fields(values["fields"]), Side(values["overwrite"]) if values["overwrite"] else None
    ws.schedule_possible(values["integration"], fields, side)
    made = ws.schedules.add(
        values["integration"],
        values["rhythm"],
        values["timezone"],
        fields=fields,
        kinds=[Kind.PRODUCTS]
        if push
        else [Kind.CUSTOMERS]
        if buyers
        else [Kind(word) for word in values["kinds"].split(",")],
        overwrite=side,
        ids=_words(values["ids"]),
        purpose=Purpose.PUSH if push else Purpose.ACCOUNTS if buyers else Purpose.SYNC,
    )
    return made, short_of(made.expression, ws.monitor.pace(ws.integration(made.integration)))


def change_schedule(ws: Workspace, old: Schedule, values: Values) -> tuple[Schedule, str]:
    """As ``save_schedule``, for one that exists."""
    from engine.model import Kind, Side
    from engine.pace import short_of

    fields, side = _fields(values.get("fields", "")), Side(values["overwrite"]) if values.get("overwrite") else None
    ws.schedule_possible(old.integration, fields, side)
    kinds = [Kind(word) for word in values["kinds"].split(",")] if "kinds" in values else old.kinds
    ids = _words(values.get("ids", ""))
    rhythm, timezone = values["rhythm"], values["timezone"]
    made = ws.schedules.change(old.id, rhythm, timezone, fields=fields, kinds=kinds, overwrite=side, ids=ids)
    return made, short_of(made.expression, ws.monitor.pace(ws.integration(made.integration)))


def _fields(text: str) -> list[Field]:
    from engine.errors import UsageError
    from engine.model import Field

    wanted = _words(text)
    if unknown := [word for word in wanted if word not in set(Field)]:
        raise UsageError(f"no field {', '.join(unknown)}; there is: {', '.join(Field)}; nothing was saved")
    return [Field(word) for word in wanted]


def changed_fields(old: Schedule) -> list[FormField]:
    """The form of one that exists: whose it is and what it is for stay."""
    from engine.changes import Purpose
    from engine.cron_words import to_words

    now = {
        "rhythm": to_words(old.expression),
        "timezone": old.timezone,
        "fields": ",".join(old.fields),
        "kinds": ",".join(old.kinds),
        "overwrite": str(old.overwrite or ""),
        "ids": ",".join(old.ids),
    }
    asked = {Purpose.SYNC: set(now), Purpose.PUSH: {"rhythm", "timezone", "ids"}}.get(
        old.purpose, {"rhythm", "timezone"}
    )
    form = [one for one in form_fields([old.integration], old.integration, "") if one.name in asked]
    syncs = tuple(one for one in KINDS if one[0] not in {PUSH, ACCOUNTS})
    return [replace(one, value=now[one.name], choices=syncs if one.name == "kinds" else one.choices) for one in form]


def paces(ws: Workspace) -> dict[str, Pace]:
    """The recommended pause of each integration."""
    return {one.name: ws.monitor.pace(one) for one in ws.integrations()}


async def _add(context: Context) -> None:
    found = await ask(context.screen, paces)
    if not found:
        context.console.say("Set up an integration first.", "Automatic sync", warning=True)
        return
    here = _line(context)
    current = context.integration if here is None or context.integration in found else here.integration
    others = [name for name in found if name != current]
    lines = (
        "What would need a person (a guard, a first sync) is never done by an automatic run.",
        *(f"{name}: {found[name]}." for name in (current, *others)[:2]),
    )

    async def save(values: Values) -> tuple[Schedule, str]:
        return await ask(context.screen, lambda ws: save_schedule(ws, values))

    fields = form_fields(list(found), current, found[current].words)
    saved = await context.console.push_screen_wait(FormDialog("Automatic sync", fields, save, lines=lines))
    if saved is not None:
        made, warning = saved
        text = f"{made.integration}: {made.expression} {made.timezone}"
        context.console.say(f"{text}. {warning}" if warning else text, "Automatic sync added", warning=bool(warning))


async def _change(context: Context) -> None:
    old = _schedule(context)
    if old is None:
        return

    async def save(values: Values) -> tuple[Schedule, str]:
        return await ask(context.screen, lambda ws: change_schedule(ws, old, values))

    lines = (f"{old.integration}: its runs and its record stay.",)
    dialog = FormDialog("Change the automatic sync", changed_fields(old), save, lines=lines)
    saved = await context.console.push_screen_wait(dialog)
    if saved is not None:
        made, warning = saved
        text = f"{made.integration}: {made.expression} {made.timezone}"
        context.console.say(f"{text}. {warning}" if warning else text, "Automatic sync changed", warning=bool(warning))


async def _pause(context: Context) -> None:
    schedule = _schedule(context)
    if schedule is not None:
        await ask(context.screen, lambda ws: _turn(ws, schedule.id))


def _turn(ws: Workspace, schedule_id: str) -> Schedule:
    """Pause what goes on, continue what is paused: as it is by now, for the line may be a moment late."""
    return ws.schedules.enable(schedule_id, enabled=not ws.schedules.get(schedule_id).enabled)


async def _run_now(context: Context) -> None:
    schedule = _schedule(context)
    if schedule is None:
        return
    context.console.say("It runs as it would by itself.", "Automatic sync started")
    await ask_long(context.screen, lambda ws: ws.scheduler().run_once(schedule))
    done = await ask(context.screen, lambda ws: ws.schedules.get(schedule.id))
    context.console.say(done.last_result, "Automatic sync", warning=done.failing)


async def _remove(context: Context) -> None:
    line = _line(context)
    if line is None or line.schedule is None:
        return
    schedule = line.schedule
    question = Confirm("Remove the automatic sync?", [f"{line.integration}: {line.words}"], yes="Remove")
    if await context.console.push_screen_wait(question):
        await ask(context.screen, lambda ws: ws.schedules.remove(schedule.id))


ACTIONS = (
    Action(
        "schedule.add", "plus", "Add an automatic sync…", "Every 15 minutes to every 24 hours.", _add, short="Automatic"
    ),
    Action(
        "schedule.change",
        "e",
        "Change the automatic sync…",
        "Its rhythm, fields, rows and direction; its record stays.",
        _change,
        _schedule_here,
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
