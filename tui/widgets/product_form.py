"""The form of a new back-office product, for one draft and as a template for many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from tui.widgets import checks
from tui.widgets.forms import FALSE, TRUE, FormField

if TYPE_CHECKING:
    from engine.ports import Draft

KEEP = ""


@dataclass(frozen=True, slots=True)
class FormChoices:
    """Which fields the back office has (``capabilities.product_form``), and its names; empty: type them."""

    fields: frozenset[str]
    vendors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    problem: str = ""


def _named(name: str, label: str, value: str, names: tuple[str, ...], help: str) -> FormField:
    """A choice where the names are known, else a line of text."""
    if not names:
        return FormField(name, label, value=value, help=help)
    known = names if value in names or not value else (*names, value)
    return FormField(
        name, label, "choice", value=value, choices=(("", "none"), *((one, one) for one in known)), help=help
    )


def one_fields(draft: Draft, choices: FormChoices) -> list[FormField]:
    """All fields of one product, prefilled from the draft."""
    sku = draft.sku
    fields = [
        FormField("name", "Name", value=draft.name, required=True, help="As the back office lists it."),
        FormField("description", "Description", value=draft.description, required=True, help="Syncro demands one."),
        FormField("price", f"Price ({draft.currency})" if draft.currency else "Price", required=True,
                  value="" if draft.price is None else f"{draft.price:f}", check=checks.amount, help="What it is sold at."),
        FormField("cost", "Cost", value="" if draft.cost is None else f"{draft.cost:f}", check=checks.amount,
                  help="What it is bought at; may be empty."),
        FormField("sku", "SKU", value=sku.value if sku else "", help="May be empty."),
        _named("vendor", "SKU's vendor", sku.vendor if sku else "", choices.vendors, "Whose code the SKU is."),
        FormField("upc", "UPC", value=draft.upc, help="May be empty."),
        _named("category", "Category", draft.category, choices.categories, "May be empty."),
        FormField("taxable", "Taxable", "switch", value=TRUE if draft.taxable else FALSE, help="Whether tax is added."),
        FormField("maintain_stock", "Maintain stock", "switch", value=TRUE if draft.maintain_stock else FALSE,
                  help="Whether the back office counts how many there are."),
    ]  # fmt: skip
    always = {"name", "price", "cost", "sku"}
    return [field for field in fields if field.name in always | choices.fields]


def template_fields(choices: FormChoices) -> list[FormField]:
    """What many products can be given at once; an empty field leaves each its own value."""
    switch = ((KEEP, "each its own"), (TRUE, "yes"), (FALSE, "no"))
    fields = [
        FormField("name", "Name", placeholder="{name}", help="{name} stands for the product's own name."),
        FormField("description", "Description", placeholder="{name}", help="{name} stands for the product's own name."),
        FormField("price", "Price", check=checks.amount, help="The same for all of them."),
        FormField("cost", "Cost", check=checks.amount, help="The same for all of them."),
        _named("vendor", "SKU's vendor", "", choices.vendors, "Whose codes the SKUs are."),
        _named("category", "Category", "", choices.categories, "The same for all of them."),
        FormField("taxable", "Taxable", "choice", choices=switch, help="Whether tax is added."),
        FormField("maintain_stock", "Maintain stock", "choice", choices=switch, help="Whether stock is counted."),
    ]
    always = {"name", "price", "cost"}
    return [field for field in fields if field.name in always | choices.fields]


def template_of(values: Mapping[str, str]) -> dict[str, str]:
    """What ``draft_products`` takes: the fields that were given."""
    return {name: value for name, value in values.items() if value}


def errors_of(values: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the fields together."""
    if values.get("vendor") and not values.get("sku"):
        return {"sku": "needed for a vendor's SKU"}
    if values.get("sku") and not values.get("vendor", "unasked"):
        return {"vendor": "needed: whose code the SKU is"}
    return {}


def draft_of(draft: Draft, values: Mapping[str, str]) -> Draft:
    """The draft with the form's values; what the form does not show stays."""
    from engine.model import Sku

    def amount(name: str) -> Decimal | None:
        return Decimal(values[name]) if values.get(name) else None

    sku = Sku(values["sku"], values.get("vendor", draft.sku.vendor if draft.sku else "")) if values.get("sku") else None
    return replace(
        draft,
        name=values["name"],
        description=values.get("description", draft.description),
        price=amount("price"),
        cost=amount("cost"),
        sku=sku,
        upc=values.get("upc", draft.upc),
        category=values.get("category", draft.category),
        taxable=values.get("taxable", TRUE if draft.taxable else FALSE) == TRUE,
        maintain_stock=values.get("maintain_stock", TRUE if draft.maintain_stock else FALSE) == TRUE,
    )
