"""``crosswalk fees``: the fee list of an integration. A fee is mapped with ``crosswalk map fees`` and synced like a product."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from engine.errors import UsageError
from tui.cli import values
from tui.cli.options import IntegrationOption
from tui.cli.verbs import Work, verb

app = typer.Typer(name="fees", help="The fee list of an integration.", no_args_is_help=True)

FeeWord = Literal["cancellation", "setup", "recurring", "upgrade", "overuse", "other"]
AmountOption = Annotated[
    str | None, typer.Option("--amount", metavar="AMOUNT", help="The amount, such as 25 or 12.50.")
]
CurrencyOption = Annotated[str | None, typer.Option("--currency", help="Three letters; empty: the integration's.")]
ProductOption = Annotated[
    str | None, typer.Option("--product", metavar="ID", help="Read the amount from this storefront product's prices.")
]
FeeArgument = Annotated[
    str, typer.Argument(metavar="FEE", help="The fee's id; see `crosswalk fees list`.", show_default=False)
]


@app.command("list")
@verb()
async def list_all(work: Work, integration: IntegrationOption = None) -> None:
    """List the fees with amount, counterpart and status."""
    from engine.model import Kind

    found = work.ws.fees(integration)
    rows = {row.id: row for row in work.ws.snapshot(integration, Kind.FEES).rows}
    if work.out.json:
        work.out.document(
            {
                "fees": [
                    {"fee": fee, "counterpart": rows[fee.id].right_id, "status": rows[fee.id].status} for fee in found
                ]
            }
        )
        return
    lines = [
        (f.id, f.name, f.type, f.amount, f.currency, rows[f.id].right or "", rows[f.id].status, rows[f.id].reason)
        for f in found
    ]
    work.out.table(("FEE", "NAME", "TYPE", "AMOUNT", "CURRENCY", "COUNTERPART", "STATUS", "WHY"), lines)


@app.command("add")
@verb()
async def add(
    work: Work,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the fee is called.", show_default=False)],
    type_name: Annotated[FeeWord, typer.Option("--type", help="Which kind of fee it is.")] = "other",
    amount: AmountOption = None,
    currency: CurrencyOption = None,
    product: ProductOption = None,
    integration: IntegrationOption = None,
) -> None:
    """Add a fee; its amount is entered, or read from a storefront product's price of the fee's type."""
    number = None if amount is None else values.amount(amount, "--amount")
    fee = work.ws.add_fee(integration, name, type_name, number, currency or "", product or "")
    work.out.result({"fee": fee}, f"{fee.id} added. Map it before it can be synced: crosswalk map fees {fee.id} ID")


@app.command("set")
@verb()
async def set_fee(
    work: Work,
    fee_id: FeeArgument,
    name: Annotated[str | None, typer.Option("--name", help="A new name.")] = None,
    type_name: Annotated[FeeWord | None, typer.Option("--type", help="Which kind of fee it is.")] = None,
    amount: AmountOption = None,
    currency: CurrencyOption = None,
    product: ProductOption = None,
    integration: IntegrationOption = None,
) -> None:
    """Change a fee. `--amount ""` empties the amount, `--product ""` stops reading it from a product."""
    given: dict[str, Any] = {"name": name, "type": type_name, "currency": currency, "source_product_id": product}
    changes = {key: value for key, value in given.items() if value is not None}
    if amount is not None:
        changes["amount"] = values.amount(amount, "--amount") if amount else None
    if not changes:
        raise UsageError("nothing to change: give --name, --type, --amount, --currency or --product")
    fee = work.ws.set_fee(integration, fee_id, **changes)
    work.out.result({"fee": fee}, f"{fee.id} changed")


@app.command("remove")
@verb()
async def remove(work: Work, fee_id: FeeArgument, integration: IntegrationOption = None) -> None:
    """Remove a fee with its mapping; the Cancellation Fee stays."""
    work.ws.remove_fee(integration, fee_id)
    work.out.result({"removed": fee_id}, f"{fee_id} removed")
