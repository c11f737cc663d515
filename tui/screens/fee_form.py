"""The form of a fee: its amount is typed, or read from a storefront product's price of the fee's type."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tui.widgets import checks
from tui.widgets.access import ask
from tui.widgets.form_dialogs import FormDialog, Values
from tui.widgets.forms import FormField
from tui.widgets.picker import Picker, PickerData

if TYPE_CHECKING:
    from textual.app import App

    from engine.model import Fee
    from engine.views import Choice
    from engine.workspace import Workspace

TYPES = ("cancellation", "setup", "recurring", "upgrade", "overuse", "other")
TYPED, READ = "typed", "read"


def fee_fields(fee: Fee | None, currency: str, source: str) -> list[FormField]:
    """The fields, filled in from ``fee``; ``source`` names the product its amount is read from."""
    by_hand = fee is None or not fee.source_product_id
    amount = f"{fee.amount:f}" if fee is not None and fee.amount is not None and by_hand else ""
    reading = f"read from {source}" if source else "read from a product's price of this type"
    return [
        FormField("name", "Name", value=fee.name if fee else "", required=True, help="As it is listed and mapped."),
        FormField("type", "Type", "choice", value=fee.type if fee else "setup", required=True,
                  choices=tuple((name, name) for name in TYPES), help="Also the type of price the amount is read from."),
        FormField("from", "Amount", "choice", value=TYPED if by_hand else READ, required=True,
                  choices=((TYPED, "typed below"), (READ, reading)),
                  help="Read: the product is asked for next; the amount then follows its price."),
        FormField("amount", "  typed amount", value=amount, check=checks.amount, help="Such as 49.90."),
        FormField("currency", "Currency", value=(fee.currency if fee else "") or currency, check=checks.currency,
                  help="Three letters, such as USD."),
    ]  # fmt: skip


async def edit_fee(app: App[Any], integration: str, fee: Fee | None) -> Fee | None:
    """Add a fee (``fee`` None) or change one; returns it as saved, or None. Call from a worker."""

    def look(ws: Workspace) -> tuple[str, Sequence[Choice]]:
        return ws.integration(integration).settings.currency, product_choices(ws, integration)

    currency, products = await ask(app, look)
    known = fee.source_product_id if fee is not None else ""
    source = next((choice.name for choice in products if choice.id == known), known)

    async def save(values: Values) -> Fee:
        product = ""
        if values["from"] == READ:
            product = known or await pick_product(app, values["type"], products)
            if not product:
                raise _usage("no product was chosen; nothing was saved")
        amount = Decimal(values["amount"]) if values["amount"] and not product else None

        def send(ws: Workspace) -> Fee:
            name, type, currency = values["name"], values["type"], values["currency"].upper()
            if fee is None:
                return ws.add_fee(integration, name, type, amount, currency, product)
            wanted = {"name": name, "type": type, "amount": amount, "currency": currency, "source_product_id": product}
            return ws.set_fee(integration, fee.id, **wanted)

        return await ask(app, send)

    title = "Add a fee" if fee is None else f"Fee: {fee.name}"
    return await app.push_screen_wait(
        FormDialog(
            title,
            fee_fields(fee, currency, source),
            save,
            lines=["A fee is mapped to a back-office product before it can be synced; its amount is the price."],
            check=_amount_needed,
        )
    )


def _amount_needed(values: Values) -> dict[str, str]:
    if values["from"] == TYPED and not values["amount"]:
        return {"amount": "needed, or choose to read it from a product"}
    return {}


def _usage(message: str) -> Exception:
    from engine.errors import UsageError

    return UsageError(message)


def product_choices(ws: Workspace, integration: str) -> list[Choice]:
    """The storefront's products as the picker lists them."""
    from engine.model import Kind
    from engine.views import Choice

    rows = ws.snapshot(integration, Kind.PRODUCTS).rows
    return [Choice(row.left_id, row.left, row.left_id, row.search, "") for row in rows if row.side == "storefront"]


async def pick_product(app: App[Any], type: str, products: Sequence[Choice]) -> str:
    """Ask whose price is read; returns its id, or an empty text."""

    async def load() -> PickerData:
        return PickerData((), products)

    picked = await app.push_screen_wait(Picker("Whose price?", f"Its {type} price becomes the fee's amount.", load))
    return picked.id if picked is not None else ""
