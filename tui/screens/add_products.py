"""Add products to the back office: a form for one, a template with a preview for many. Each is mapped by that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from tui.screens.page import Page
from tui.screens.run import RunScreen
from tui.widgets.access import ask, ask_long
from tui.widgets.columns import Column
from tui.widgets.dialogs import Confirm
from tui.widgets.form_dialogs import FormDialog, Values
from tui.widgets.lines import LineTable
from tui.widgets.plan_lines import amount_text, many
from tui.widgets.product_form import FormChoices, one_fields, template_fields, template_of, whole_draft
from tui.widgets.text import content

if TYPE_CHECKING:
    from textual.app import App

    from engine.ports import Draft
    from engine.views import DraftProblem
    from engine.workspace import Workspace


async def form_choices(app: App[Any], integration: str) -> FormChoices:
    """What the forms offer: the back office's own fields, and its vendors and categories as far as it tells them."""
    from engine.errors import CrosswalkError
    from engine.model import Side

    able = await ask(app, lambda ws: ws.capabilities(integration, Side.BACKOFFICE))
    names: dict[str, tuple[str, ...]] = {"vendors": (), "categories": ()}
    problem = ""
    wanted = [what for what, field in (("vendors", "vendor"), ("categories", "category")) if field in able.product_form]
    wanted += [field.choices_of for field in able.draft_fields if field.choices_of]

    async def read(what: str) -> tuple[str, ...]:
        return tuple(await ask_long(app, lambda ws: ws.choices(integration, Side.BACKOFFICE, what)))

    for what in dict.fromkeys(wanted):
        try:
            names[what] = await read(what)
        except CrosswalkError as error:
            problem = f"{what} could not be read ({error}); type the name"
    return FormChoices(
        frozenset(able.product_form), names["vendors"], names["categories"], problem, able, names,
    )  # fmt: skip


async def add_products(app: App[Any], integration: str, ids: Sequence[str]) -> bool:
    """Lead through adding these storefront products; True when something was created. Call from a worker.

    Raises ``CrosswalkError`` when nothing can be drafted at all.
    """
    drafts, problems = await ask(app, lambda ws: ws.draft_products(integration, ids))
    app.notify("Reading the names to choose from…", timeout=2, markup=False)
    choices = await form_choices(app, integration)
    if len(drafts) == 1:
        draft = await _ask_one(app, integration, drafts[0], problems, choices)
        chosen: Sequence[Draft] = () if draft is None else (draft,)
    else:
        batch = BatchPage(integration, ids, drafts, problems, choices)
        chosen = await app.push_screen_wait(batch) or ()
    if not chosen:
        return False
    begin = RunScreen(
        begin=lambda ws, allow: ws.add_products(integration, chosen, allow=allow), integration=integration
    )
    run = await app.push_screen_wait(begin)
    return bool(run is not None and run.totals.applied)


async def _ask_one(
    app: App[Any], integration: str, draft: Draft, problems: Sequence[DraftProblem], choices: FormChoices
) -> Draft | None:
    mapped = [problem.message for problem in problems if not problem.field]
    if mapped:
        raise _usage(f"{draft.name} {mapped[0]}; nothing was created")

    async def check(values: Values) -> Draft:
        wanted, _ = whole_draft(draft, values, choices)
        template = template_of(values)
        _, found = await ask(app, lambda ws: ws.draft_products(integration, [draft.source_id], template))
        twins = [problem.message for problem in found if problem.field in {"name", "sku", "upc"}]
        if twins and not await app.push_screen_wait(_twin_question(wanted, twins)):
            raise _usage(f"{twins[0]}; nothing was created. Map it instead, or change the name or code")
        return wanted

    lines = [f"! {problem.field}: {problem.message}" for problem in problems]
    lines += [text for text in (draft.quantity_words, choices.problem) if text]
    return await app.push_screen_wait(
        FormDialog(f"Add to the back office: {draft.name}", one_fields(draft, choices), check, lines=lines,
                   save="Create", check=lambda values: whole_draft(draft, values, choices)[1])
    )  # fmt: skip


def _twin_question(draft: Draft, twins: Sequence[str]) -> Confirm:
    return Confirm("It may exist already", [*twins, f"Create {draft.name} all the same?"], yes="Create", danger=True)


def _usage(message: str) -> Exception:
    from engine.errors import UsageError

    return UsageError(message)


def stock_text(draft: Draft) -> str:
    """The first quantity; ``later`` when it waits for orders to be posted."""
    if draft.quantity is None:
        return ""
    return "later" if draft.waits else f"{draft.quantity:f}"


def _own_columns() -> tuple[Column[Draft], ...]:
    """Stock and the system's own fields: what a batch without them does not show."""
    return (
        Column("quantity", "Stock", stock_text, 6, drop=2, right=True),
        Column("own", "Details", lambda draft: ", ".join(value for _, value in draft.details), 12, weight=2, drop=4),
    )  # fmt: skip


def batch_columns(problems: dict[str, str], *, own: bool = False) -> tuple[Column[Draft], ...]:
    """The columns of a batch; ``problems`` by source id keep a row from being created."""

    def verdict(draft: Draft) -> str:
        return problems.get(draft.source_id, "ready")

    def amount(value: Decimal | None) -> str:
        return "" if value is None else amount_text(f"{value:f}")

    return (
        Column("name", "Name", lambda draft: draft.name, 16, weight=4),
        Column("price", "Price", lambda draft: amount(draft.price), 9, right=True),
        Column("cost", "Cost", lambda draft: amount(draft.cost), 9, drop=1, right=True),
        Column("sku", "SKU", lambda draft: draft.sku.value if draft.sku else draft.upc, 10, weight=1, drop=2),
        Column("category", "Category", lambda draft: draft.category, 10, weight=1, drop=3),
        *(_own_columns() if own else ()),
        Column("verdict", "Check", verdict, 16, weight=5, tone=lambda d: "warn" if d.source_id in problems else "good"),
    )


class BatchPage(Page[Any]):
    """The drafts of many products, the template they share, and what is wrong. Returns the drafts to create, or None."""

    HEADING = "Add products to the back office"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t,enter", "template", "Template", tooltip="What all of them get", id="batch.template"),
        Binding("space", "leave_out", "Leave out", id="batch.leave_out"),
        Binding("ctrl+s,s", "create", "Create", id="batch.create"),
    ]

    def __init__(
        self,
        integration: str,
        ids: Sequence[str],
        drafts: Sequence[Draft],
        problems: Sequence[DraftProblem],
        choices: FormChoices,
    ) -> None:
        super().__init__()
        self.integration, self.ids, self.choices = integration, tuple(ids), choices
        self.drafts = drafts
        self.template: Values = {}
        self.left_out: set[str] = set()
        self.problems = self._problems(problems)

    def body(self) -> Iterable[Widget]:
        yield Static("", classes="page--lines")
        yield LineTable(
            batch_columns({}, own=bool(self.choices.own)), lambda draft: draft.source_id, empty="Nothing to add."
        )

    @property
    def table(self) -> LineTable[Draft]:
        return self.query_one(LineTable)

    def on_mount(self) -> None:
        self.table.show(self.drafts)
        self.table.focus()
        self._show()

    @staticmethod
    def _problems(problems: Iterable[DraftProblem]) -> dict[str, str]:
        found: dict[str, str] = {}
        for problem in problems:
            text = f"{problem.field}: {problem.message}" if problem.field else problem.message
            found[problem.source_id] = f"{found[problem.source_id]}; {text}" if problem.source_id in found else text
        return found

    def ready(self) -> list[Draft]:
        """The drafts without a problem that were not left out."""
        return [d for d in self.drafts if d.source_id not in self.problems and d.source_id not in self.left_out]

    def _show(self) -> None:
        shown = {**dict.fromkeys(self.left_out, "left out"), **self.problems}
        self.table.set_columns(batch_columns(shown, own=bool(self.choices.own)))
        ready = len(self.ready())
        text = (
            f"{many(len(self.drafts), 'product')}: {ready:,} ready, {len(self.problems):,} with a problem (not created)"
        )
        set_ = ", ".join(f"{name}={value}" for name, value in self.template.items())
        text += f" · template: {set_ or 'none (t)'}"
        row = self.table.row
        if row is not None and row.source_id in self.problems:
            text += f" · {row.name}: {self.problems[row.source_id]}"
        text += f" · {self.choices.problem}" if self.choices.problem else ""
        self.query_one(".page--lines", Static).update(content(text))

    def on_table_moved(self) -> None:
        self._show()

    def action_leave_out(self) -> None:
        row = self.table.row
        if row is not None:
            self.left_out ^= {row.source_id}
            self.table.cursor += 1
            self._show()

    def on_table_chosen(self) -> None:
        self.action_template()

    @work(exclusive=True, group="batch", exit_on_error=False)
    async def action_template(self) -> None:
        def draft(ws: Workspace, template: Values) -> tuple[tuple[Draft, ...], tuple[DraftProblem, ...]]:
            return ws.draft_products(self.integration, self.ids, template)

        async def take(values: Values) -> Values:
            template = template_of(values)
            drafts, problems = await ask(self, lambda ws: draft(ws, template))
            self.drafts, self.problems = drafts, self._problems(problems)
            return template

        template = await self.app.push_screen_wait(
            FormDialog("Template", template_fields(self.choices), take, values=self.template, save="Use",
                       lines=["What all of them get; empty takes each product's own value."])
        )  # fmt: skip
        if template is not None:
            self.template = template
            self.table.show(self.drafts)
            self._show()

    @work(exclusive=True, group="batch", exit_on_error=False)
    async def action_create(self) -> None:
        ready = self.ready()
        if not ready:
            self.app.notify("No draft is without a problem.", severity="warning", markup=False)
            return
        question = Confirm(
            f"Create {many(len(ready), 'product')}",
            ["They are created in the back office and mapped by that. This cannot be undone from here."],
            names=[draft.name for draft in ready],
            yes="Create",
            no="Not now",
        )
        if await self.app.push_screen_wait(question):
            self.dismiss(ready)
