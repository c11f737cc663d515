"""``crosswalk import customers``: create missing storefront customers from complete back-office profiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from engine.errors import UnknownId, UsageError
from engine.views import CustomerReadiness
from tui.cli import failures
from tui.cli.confirm import confirmed, need_confirmation
from tui.cli.options import AllowOption, DryRunOption, IntegrationOption, YesOption
from tui.cli.output import aligned, counted
from tui.cli.syncing import finish, running
from tui.cli.verbs import Work, verb

app = typer.Typer(name="import", help="Create storefront records from back-office records.", no_args_is_help=True)


@app.command("customers")
@verb(networked=True)
async def customers(
    work: Work,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID...", help="Back-office ids; none shows who is ready.")
    ] = None,
    everyone: Annotated[
        bool, typer.Option("--all", help="Every customer whose profile is complete and whom nobody there looks like.")
    ] = False,
    duplicates: Annotated[
        bool, typer.Option("--duplicates", help="Also those that the storefront seems to have already.")
    ] = False,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    allow: AllowOption = None,
    integration: IntegrationOption = None,
) -> int:
    """Create customers in the storefront; they are mapped by that. Incomplete profiles say which fields are missing,
    and customers that the storefront seems to have already are left out: map these.
    """
    if ids and everyone:
        raise UsageError("give ids or --all, not both; nothing was created")
    wanted = list(dict.fromkeys(ids or ()))
    creates = (bool(wanted) or everyone) and not dry_run
    if creates:
        need_confirmation(yes=yes, command="import customers --dry-run")
    found = work.ws.customer_readiness(integration, wanted or None)
    known = {one.customer.id for one in found}
    for missing in wanted:
        if missing not in known:
            raise UnknownId(
                "unmapped back-office customer", missing, "see `crosswalk import customers`; nothing was created"
            )
    ready = [one for one in found if not one.missing and (duplicates or not one.twins)]
    lines = _table(found)
    for one in found if creates else ():
        who = f"{one.customer.id} {one.customer.name}"
        if one.missing and wanted:
            work.out.say(f"{who}: missing {', '.join(one.missing)}; not created")
        elif one.twins and not one.missing and not duplicates:
            work.out.say(f"{who}: looks like {'; '.join(one.twins)}; not created: map it, or add --duplicates")
    if not creates or not ready:
        rows = [
            {
                "id": o.customer.id,
                "name": o.customer.name,
                "ready": not o.missing and not o.twins,
                "missing": o.missing,
                "looks_like": o.twins,
            }
            for o in found
        ]
        work.out.result({"dry_run": dry_run, "ready": len(ready), "customers": rows}, *lines)
        work.out.say(f"{counted(len(ready), 'customer')} of {len(found):,} could be created; nothing was created")
        return failures.FAILED if creates and found else failures.DONE
    question = f"Create {counted(len(ready), 'customer')} in the storefront?"
    if not confirmed(work.out, [] if yes and work.out.json else lines, question, yes=yes):
        work.out.say("Not confirmed: nothing was created")
        return failures.FAILED
    chosen, alike = [one.customer.id for one in ready], [one.customer.id for one in ready if one.twins]
    run = await running(work, work.ws.import_customers(integration, chosen, duplicates=alike, allow=allow or ()))
    code = finish(work, run)
    return failures.PARTIAL if wanted and len(ready) < len(wanted) and code == failures.DONE else code


def _table(found: Sequence[CustomerReadiness]) -> list[str]:
    rows = [
        (
            one.customer.id,
            one.customer.name,
            one.customer.email,
            "no" if one.missing or one.twins else "yes",
            ", ".join(one.missing),
            "; ".join(one.twins),
        )
        for one in found
    ]
    return aligned(("ID", "NAME", "E-MAIL", "READY", "MISSING", "LOOKS LIKE"), rows)
