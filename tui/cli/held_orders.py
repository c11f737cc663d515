"""``crosswalk orders``: products in orders of the store that accounting does not hold yet, and asking again."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.cli.options import IntegrationOption
from tui.cli.output import counted
from tui.cli.verbs import Work, verb


def register(app: typer.Typer) -> None:
    """Add ``orders`` to the command line."""
    app.command("orders")(orders)


@verb(networked=True)
async def orders(
    work: Work,
    check: Annotated[
        bool, typer.Option("--check", help="Ask the store and accounting first; what is posted by now holds nothing.")
    ] = False,
    integration: IntegrationOption = None,
) -> None:
    """List the orders that accounting does not hold yet (no invoice or sales receipt has their number)."""
    chosen = work.ws.integration(integration)
    found = await work.ws.check_orders(chosen.name) if check else work.ws.held_orders(chosen.name)
    if work.out.json:
        work.out.document(
            {
                "integration": chosen.name,
                "read_at": found.read_at,
                "products": found.products,
                "count": len(found.held),
                "orders": found.held,
            }
        )
        return
    headers = ("ORDER", "PLACED", "UNITS", "ID", "NAME")
    work.out.table(
        headers, [(one.order, f"{one.at:%Y-%m-%d %H:%M}", one.units, one.storefront_id, one.name) for one in found.held]
    )
    numbers = len({one.order for one in found.held})
    when = (
        f"as of {found.read_at:%Y-%m-%d %H:%M} UTC"
        if found.read_at
        else "orders were never read: crosswalk orders --check"
    )
    work.out.say(f"{counted(numbers, 'order')} not posted, {counted(found.products, 'product')} in them, {when}")
