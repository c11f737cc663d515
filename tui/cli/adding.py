"""``crosswalk add products``: create back-office products from storefront products; each is mapped by that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

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
    drafts, problems = work.ws.draft_products(integration, list(dict.fromkeys(ids)), values.assignments(template))
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


def draft_lines(drafts: tuple[Draft, ...]) -> list[str]:
    """What would be created, one line each."""
    rows = [
        (d.source_id, d.name, d.price, d.cost, d.sku.value if d.sku else "", d.upc, d.category, d.description)
        for d in drafts
    ]
    return aligned(("FROM", "NAME", "PRICE", "COST", "SKU", "UPC", "CATEGORY", "DESCRIPTION"), rows) if rows else []
