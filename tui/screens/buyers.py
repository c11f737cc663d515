"""Buyers of paid orders: who they are in the CRM, policies for those it does not have, and what waits for a person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tui.actions import Action, Context
from tui.screens.page import Page
from tui.widgets.access import ask, ask_long
from tui.widgets.buyer_lines import COLUMNS, counts_text, policy_text, shown
from tui.widgets.dialogs import Answer, ChooseOne, Confirm, Phrase
from tui.widgets.explain import error_dialog
from tui.widgets.form_dialogs import FormDialog, Values
from tui.widgets.forms import FormField
from tui.widgets.lines import LineTable
from tui.widgets.plan_lines import many
from tui.widgets.text import content

if TYPE_CHECKING:
    from engine.account_work import Accounts
    from engine.accounts import Buyer
    from engine.settings import AccountSettings

POLICIES = (
    ("ask", "ask a person"),
    ("person_account", "make a person account"),
    ("account_and_contact", "make an account and a contact"),
    ("skip", "skip"),
)
#: Why a buyer is made or skipped, where a person said so.
BY_HAND = frozenset({"chosen by hand", "skipped by hand"})
LAST_NAMES = (("ask", "ask a person"), ("company", "the company"), ("email", "the e-mail's first part"))


class BuyersPage(Page[None]):
    """What would become of every paid order's buyer; simulated policies stay on the page until they are saved."""

    HEADING = "Buyers"
    AUTO_FOCUS = "LineTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "s", "start", "Run", tooltip="Link, make and queue what is listed, after one question", id="buyers.start"
        ),
        Binding("p", "policies", "Policies", tooltip="Try other policies over past orders", id="buyers.policies"),
        Binding("w", "save", "Save policies", tooltip="Use the simulated policies from now on", id="buyers.save"),
        Binding("r", "look", "Look again", tooltip="Read orders and people again", id="buyers.look"),
    ]

    def __init__(self, integration: str) -> None:
        super().__init__()
        self.integration = integration
        self.seen: Accounts | None = None
        self.tried: AccountSettings | None = None  # policies that are simulated; None: those that are set
        self.busy = "it is being read"

    def body(self) -> Iterable[Widget]:
        yield Static(content("Reading orders and people…"), classes="page--lines")
        yield LineTable(COLUMNS, lambda one: one.key, empty="Every buyer of a paid order is known.")
        yield Static("", classes="page--problem")

    @property
    def table(self) -> LineTable[Buyer]:
        return self.query_one(LineTable)

    def on_mount(self) -> None:
        self.title_is(f"Buyers · {self.integration}")
        self.action_look()

    def why_not(self, action: str) -> str:
        if action in {"start", "policies", "save", "look"} and self.busy:
            return self.busy
        if action == "save" and self.tried is None:
            return "nothing is simulated: p tries other policies"
        if action == "start" and self.tried is not None:
            return "these policies are only simulated: w saves them first, r goes back"
        if action == "start" and (self.seen is None or not _to_do(self.seen)):
            return "there is nobody to link or to make"
        return ""

    # -------------------------------------------------------------------------------- looking
    @work(exclusive=True, group="buyers", exit_on_error=False)
    async def action_look(self) -> None:
        self.tried = None
        await self._look()

    async def _look(self) -> None:
        self._now("it is being read", "Reading orders and people…")
        tried = self.tried
        try:
            self.seen = await ask_long(self, lambda ws: ws.look_at_buyers(self.integration, tried))
        except Exception as error:  # noqa: BLE001 - shown; the page goes on
            self._now("", "")
            await self.app.push_screen_wait(error_dialog("Look at buyers", error))
            return
        self.table.show(shown(self.seen))
        self._now("")

    def _now(self, busy: str, text: str | None = None) -> None:
        self.busy = busy
        self.refresh_bindings()
        if text is not None:
            self.query_one(".page--lines", Static).update(content(text))
        elif self.seen is not None:
            self._say()

    @on(LineTable.Moved)
    def _say(self) -> None:
        if self.seen is None or self.busy:
            return
        tried = self.tried is not None
        what = "Simulated, nothing is saved (w saves, r goes back)" if tried else "Nothing is written yet"
        self.title_is(f"Buyers · {self.integration} · {what}")
        lines = [f"{counts_text(self.seen)}.", policy_text(self.seen)]
        row = self.table.row
        if row is not None:
            hits = "; ".join(f"{hit.name} {hit.id} ({hit.why})" for hit in row.hits)
            enter = " · Enter decides" if row.step.value == "waits" else ""
            lines.append(f"{row.order.number}: {row.why}{f': {hits}' if hits else ''}{enter}")
        self.query_one(".page--lines", Static).update(Content("\n").join([content(line) for line in lines]))

    # -------------------------------------------------------------------------------- policies
    @work(exclusive=True, group="buyers", exit_on_error=False)
    async def action_policies(self) -> None:
        assert self.seen is not None
        settings, org = self.seen.settings, self.seen.org
        types = [("", "none chosen"), *((one.name, one.name) for one in org.record_types)]
        if settings.record_type and settings.record_type not in dict(types):
            types.append((settings.record_type, f"{settings.record_type} (not offered any more)"))
        fields = [
            FormField("with_profile", "Orders with a profile", "choice", settings.with_profile.value, choices=POLICIES),
            FormField("without_profile", "Orders without one", "choice", settings.without_profile.value, choices=POLICIES),
            FormField("record_type", "Record type", "choice", settings.record_type, choices=tuple(types),
                      help="The active person-account record types of the org."),
            FormField("no_last_name", "Last name missing", "choice", settings.no_last_name.value, choices=LAST_NAMES),
            FormField("days", "Days back", value=str(settings.days), required=True, help="1 to 365."),
        ]  # fmt: skip
        lines = ["They are tried over past orders first; nothing is saved by that."]
        if not org.enabled:
            lines.append("! This org has no person accounts.")

        async def submit(values: Values) -> AccountSettings:
            return _settings(values)

        tried = await self.app.push_screen_wait(FormDialog("Policies", fields, submit, lines=lines, save="Simulate"))
        if tried is not None:
            self.tried = tried
            await self._look()

    @work(exclusive=True, group="buyers", exit_on_error=False)
    async def action_save(self) -> None:
        assert self.tried is not None
        values = {f"accounts.{name}": str(value) for name, value in self.tried.model_dump(mode="json").items()}
        await ask(self, lambda ws: ws.set_integration(self.integration, values))
        self.tried = None
        await self._look()

    # -------------------------------------------------------------------------------- carrying out
    @work(exclusive=True, group="buyers", exit_on_error=False)
    async def action_start(self) -> None:
        seen = self.seen
        assert seen is not None
        todo = _to_do(seen)
        made = [one for one in todo if one.step.value == "create"]
        question = Confirm(
            f"Keep {many(len(todo), 'buyer')}",
            [f"{len(made):,} to make in the CRM, {len(todo) - len(made):,} to link. Everything is read again first."],
            names=[one.name for one in todo],
            count=len(todo),
            yes="Run now",
            no="Not now",
        )
        if await self.app.push_screen_wait(question):
            await self._run(seen, ())

    async def _run(self, seen: Accounts, allow: tuple[str, ...]) -> None:
        from engine.errors import Blocked

        self._now("it is being carried out", "Linking and making buyers… the status line shows how far it is.")
        try:
            done = await ask_long(self, lambda ws: ws.keep_buyers(self.integration, seen, allow=allow))
        except Blocked as error:
            self._now("")
            phrases = [Phrase(guard, f"Guard {guard}: {error}") for guard in error.guards]
            again = Confirm("Stopped by a guard", ["Buyers that were found are linked; nobody was made."], phrases=phrases,
                            yes="Make them", no="Leave it")  # fmt: skip
            if await self.app.push_screen_wait(again):
                await self._run(seen, (*allow, *error.guards))
            return
        except Exception as error:  # noqa: BLE001 - shown; the page goes on
            self._now("")
            await self.app.push_screen_wait(error_dialog("Keep buyers", error))
            return
        applied = 0 if done.run is None else done.run.totals.applied
        text = f"{len(done.linked):,} linked, {applied:,} made, {len(done.waiting):,} waiting"
        bad = 0 if done.run is None else done.run.totals.planned - applied - done.run.totals.unchanged
        text += f", {bad:,} not made (see the Activity tab)" if bad else ""
        text += f", {len(done.moved):,} changed meanwhile and were left alone" if done.moved else ""
        from tui.widgets.access import console_of

        console_of(self).say(f"{text}.", "Buyers", warning=bool(bad or done.moved))
        await self._look()

    @on(LineTable.Chosen)
    def _decide(self, event: LineTable.Chosen) -> None:
        event.stop()
        row = self.table.row
        if row is not None and not self.busy:
            self._answer(row)

    @work(exclusive=True, group="buyers", exit_on_error=False)
    async def _answer(self, row: Buyer) -> None:
        from engine import accounts
        from engine.crm import AccountForm

        if row.why in BY_HAND:
            lines = [f"{row.name}: {row.why}. Asked again, they wait once more."]
            if await self.app.push_screen_wait(Confirm("Ask again?", lines, yes="Ask again", no="Leave it")):
                await ask_long(self, lambda ws: ws.answer_buyer(self.integration, row.key, None))
                await self._look()
            return
        if row.step.value != "waits":
            self.app.bell()
            self.notify(f"{row.name} does not wait for anybody: {row.why}", title=row.order.number)
            return
        assert self.seen is not None
        blocked = accounts.record_type_problem(self.seen.org, self.seen.settings)
        answers = [
            *(Answer(f"use:{hit.id}", hit.name, f"{hit.email} {hit.id}: {hit.why}") for hit in row.hits),
            Answer("form:person_account", "Make a person account", "by the next run", blocked),
            Answer("form:account_and_contact", "Make an account and a contact", "by the next run"),
            Answer("skip", "Skip", "no record is kept of this buyer"),
        ]
        lines = [f"{row.name} {row.customer.email}", row.why]
        chosen = await self.app.push_screen_wait(ChooseOne(f"Who is the buyer of {row.order.number}?", lines, answers))
        if chosen is None:
            return
        kind, _, value = chosen.partition(":")
        given = accounts.Answer(value if kind == "use" else "", AccountForm(value) if kind == "form" else None)
        try:
            await ask_long(self, lambda ws: ws.answer_buyer(self.integration, row.key, given, seen=self.seen))
        except Exception as error:  # noqa: BLE001 - shown; the page goes on
            await self.app.push_screen_wait(error_dialog("Decide about a buyer", error))
            return
        await self._look()


def _to_do(seen: Accounts) -> list[Buyer]:
    return [one for one in seen.buyers if one.step.value in {"match", "create"} and not one.with_order]


def _settings(values: Values) -> AccountSettings:
    """The policies that a form means. Raises ``UsageError``."""
    from pydantic import ValidationError

    from engine.errors import UsageError
    from engine.settings import AccountSettings

    try:
        return AccountSettings.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"{first['loc'][0]}: {first['msg']}; nothing was tried") from None


def why_not(context: Context) -> str:
    """Greyed where the back office keeps no accounts of buyers."""
    overview = context.console.overview
    if overview is None or not context.integration:
        return "there is no integration yet"
    backoffice = next((one.backoffice for one in overview.integrations if one.name == context.integration), "")
    able = any(one.makes_accounts for one in overview.connections if one.name == backoffice)
    return "" if able else "no accounts of buyers there"


async def open_buyers(context: Context) -> None:
    """Open the page for the integration that is shown."""
    await context.console.push_screen_wait(BuyersPage(context.integration))


BUYERS = Action(
    "buyers",
    "B",
    "Buyers of paid orders…",
    "Who bought is found in {backoffice}, or made there by policy; several hits wait for you.",
    open_buyers,
    why_not,
    short="Buyers",
    menu=True,
)
