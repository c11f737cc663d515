"""``crosswalk push items``: storefront products made, or kept up, in the back office with their prices in price books."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from engine.errors import Blocked, UsageError
from tui.cli import failures, values
from tui.cli.confirm import confirmed, need_confirmation
from tui.cli.options import AllowOption, DryRunOption, IdsOption, IntegrationOption, YesOption
from tui.cli.output import aligned, counted, terminal_width
from tui.cli.progress import Progress
from tui.cli.syncing import finish, running
from tui.cli.verbs import Work, verb

if TYPE_CHECKING:
    from engine.changes import Plan

app = typer.Typer(name="push", help="Push storefront products into the back office.", no_args_is_help=True)


@app.command("items")
@verb(networked=True)
async def items(
    work: Work,
    everything: Annotated[bool, typer.Option("--all", help="Every product of the storefront.")] = False,
    ids: IdsOption = None,
    dry_run: DryRunOption = False,
    integration: IntegrationOption = None,
    yes: YesOption = False,
    allow: AllowOption = None,
) -> int:
    """Create, link or update a back-office product for each, with its prices and mapped fields. Never a second one."""
    from engine import plan_file

    if everything == (ids is not None):
        raise UsageError("say what to push: --all or --ids LIST; nothing was written")
    if not dry_run:
        need_confirmation(yes=yes, command="push items --dry-run")
    with Progress(work.ws.events, work.out):
        plan = await work.ws.plan_push(integration, values.ids(ids))
    lines = [*push_lines(plan), *cost_lines(work, plan)]
    if dry_run or not plan.rows:
        work.out.result(plan_file.document(plan), *lines, *([] if plan.rows else ["Nothing to push."]))
        return failures.DONE
    names = [hit.guard for hit in plan.guards if hit.guard not in (allow or ())]
    if names:
        work.out.preview(lines)
        stop = Blocked(f"stopped by: {', '.join(names)}; nothing was written", tuple(names))
        raise failures.Refused(stop, {"plan": plan_file.document(plan), "totals": plan_file.totals(plan)})
    question = f"Push {counted(plan.rows, 'product')}?"
    if not confirmed(work.out, [] if yes and work.out.json else lines, question, yes=yes):
        work.out.say("Not confirmed: nothing was written")
        return failures.FAILED
    return finish(work, await running(work, work.ws.sync(plan, allow=allow or ())), plan)


def push_lines(plan: Plan) -> list[str]:
    """The preview: what would happen with each product, and how many of each."""
    rows = [
        (p.item.source_id, p.name, "blocked" if p.blocked else p.action, p.item.product_id, p.blocked or p.reason, "; ".join(p.problems))
        for p in plan.pushes
    ]  # fmt: skip
    counts: dict[str, int] = {}
    for push in plan.pushes:
        word = "blocked" if push.blocked else push.action.value
        counts[word] = counts.get(word, 0) + 1
    hits = [f"guard {hit.guard}: {hit.message}" for hit in plan.guards]
    head = ("ID", "NAME", "WHAT", "THERE", "WHY", "FIELDS LEFT OUT")
    return [
        *(aligned(head, rows, terminal_width(sys.stdout)) if rows else []),
        ", ".join(f"{n:,} {word}" for word, n in counts.items()) or "no products",
        *hits,
    ]


def cost_lines(work: Work, plan: Plan) -> list[str]:
    """The calls of a push to both systems, and what is left of their budgets."""
    from tui.widgets.call_lines import cost_text, too_dear

    budgets = {view.name: view.budget for view in work.ws.connections()}
    told = too_dear(plan, budgets)
    return [cost_text(plan, budgets, work.ws.integration(plan.integration).connections), *([told] if told else [])]
