"""``crosswalk add products``: create back-office products from storefront products; each is mapped by that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.errors import UsageError
from tui.cli import failures, values
from tui.cli.confirm import confirmed, need_confirmation
from tui.cli.options import AllowOption, DryRunOption, IdsArgument, IntegrationOption, YesOption
from tui.cli.output import aligned, counted
from tui.cli.syncing import finish, running
from tui.cli.verbs import Work, verb

if TYPE_CHECKING:
    from engine.ports import Draft

app = typer.Typer(name="add", help="Create back-office records from storefront records.", no_args_is_help=True)


@app.command("products")
@verb(networked=True)
async def products(
    work: Work,
    ids: IdsArgument,
    template: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="A value for all of them, such as category=Licences."),
    ] = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    allow: AllowOption = None,
    integration: IntegrationOption = None,
) -> int:
    """Create products in the back office, prefilled from the storefront; duplicates are named and not created."""
    if not dry_run:
        need_confirmation(yes=yes, command="add products ID... --dry-run")
    given = values.assignments(template)
    drafts, problems = work.ws.draft_products(integration, list(dict.fromkeys(ids)), given)
    await _check_names(work, integration, given)
    for problem in problems:
        work.out.say(f"{problem.source_id}: {problem.field}: {problem.message}")
    refused = {problem.source_id for problem in problems}
    drafts = tuple(draft for draft in drafts if draft.source_id not in refused)
    document = {"dry_run": dry_run, "drafts": drafts, "problems": problems}
    if dry_run or not drafts:
        work.out.result(document, *draft_lines(drafts))
        work.out.say(f"{counted(len(drafts), 'product')} could be created; nothing was created")
        return failures.DONE if drafts else failures.FAILED
    question = f"Create {counted(len(drafts), 'product')}?"
    if not confirmed(work.out, [] if yes and work.out.json else draft_lines(drafts), question, yes=yes):
        work.out.say("Not confirmed: nothing was created")
        return failures.FAILED
    code = finish(work, await running(work, work.ws.add_products(integration, drafts, allow=allow or ())))
    return failures.PARTIAL if problems and code == failures.DONE else code


async def _check_names(work: Work, integration: str | None, given: dict[str, str]) -> None:
    """Names that the system is to know, such as accounts, are looked up before anything is created."""
    from engine.model import Side

    for field in work.ws.capabilities(integration, Side.BACKOFFICE).draft_fields:
        value = given.get(field.name, "").strip()
        if not field.choices_of or not value:
            continue
        names = await work.ws.choices(integration, Side.BACKOFFICE, field.choices_of)
        leaves = [name.rpartition(":")[2].casefold() for name in names]
        if value.casefold() not in {name.casefold() for name in names} and leaves.count(value.casefold()) != 1:
            known = ", ".join(names) or "none"
            raise UsageError(f"{field.name}: {value!r} is none of the {field.choices_of}: {known}; nothing was created")


def draft_lines(drafts: tuple[Draft, ...]) -> list[str]:
    """What would be created, one line each."""
    rows = [
        (d.source_id, d.name, d.price, d.cost, d.sku.value if d.sku else "", d.upc, d.category, d.quantity,
         ", ".join(f"{name}={value}" for name, value in d.details), d.description)
        for d in drafts
    ]  # fmt: skip
    headers = ("FROM", "NAME", "PRICE", "COST", "SKU", "UPC", "CATEGORY", "STOCK", "DETAILS", "DESCRIPTION")
    waiting = [f"{d.source_id}: {d.quantity_words}" for d in drafts if d.quantity_words]
    return [*aligned(headers, rows), *waiting] if rows else []
