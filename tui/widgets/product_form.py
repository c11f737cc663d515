"""The form of a new back-office product, for one draft and as a template for many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from tui.widgets import checks
from tui.widgets.forms import FALSE, TRUE, FormField

if TYPE_CHECKING:
    from engine.ports import Capabilities, Draft, DraftField

KEEP = ""


@dataclass(frozen=True, slots=True)
class FormChoices:
    """Which fields the back office has (``capabilities.product_form``), and its names; empty: type them.

    ``able`` says what else the system asks for, ``names`` what is offered there by ``DraftField.choices_of``.
    """

    fields: frozenset[str]
    vendors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    problem: str = ""
    able: Capabilities | None = None
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def own(self) -> tuple[DraftField, ...]:
        """The fields that only this system has."""
        return () if self.able is None else self.able.draft_fields

    @property
    def quantity(self) -> bool:
        """Whether a new product can be given its first quantity."""
        from engine.draft_fields import takes_quantity

        return self.able is not None and takes_quantity(self.able)


def own_fields(choices: FormChoices, values: Mapping[str, str], *, template: bool) -> list[FormField]:
    """The system's own fields; in a template an empty one leaves each product its own, or the default that is shown."""
    fields = []
    for one in choices.own:
        value = values.get(one.name, "" if template else one.default)
        help = f"{one.help} Only where stock is counted." if one.stocked else one.help
        if one.choices:
            offered = (("", "each its own"), *one.choices) if template else one.choices
            made = FormField(
                one.name, one.label, "choice", value=value, choices=offered, help=help, required=not template
            )
        elif one.choices_of:
            made = _named(one.name, one.label, value, choices.names.get(one.choices_of, ()), help)
        else:
            check = checks.day if one.kind == "date" else None
            made = FormField(one.name, one.label, value=value, help=help, check=check)
        if template and one.default and not one.choices:
            made = replace(made, help=f"{help} Empty: {one.default}.", placeholder=one.default)
        fields.append(made)
    if choices.quantity and not template:
        help = "Written right after it was created, where stock is counted; empty: what the storefront has."
        fields.append(
            FormField("quantity", "First quantity", value=values.get("quantity", ""), check=checks.amount, help=help)
        )
    return fields


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
        FormField("description", "Description", value=draft.description, required=True, help="Some systems demand one."),
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
    own = {name: value for name, value in draft.details if value}
    own |= {one.name: one.counted for one in choices.own if one.counted and draft.maintain_stock}
    own |= {} if draft.quantity is None else {"quantity": f"{draft.quantity:f}"}
    shown = [field for field in fields if field.name in always | choices.fields]
    return [*shown, *own_fields(choices, own, template=False)]


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
    shown = [field for field in fields if field.name in always | choices.fields]
    return [*shown, *own_fields(choices, {}, template=True)]


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


def whole_draft(draft: Draft, values: Mapping[str, str], choices: FormChoices) -> tuple[Draft, dict[str, str]]:
    """The draft with all values of the form, and what is wrong with it, by field."""
    from engine.draft_fields import completed

    made = draft_of(draft, values)
    if choices.able is None:
        return made, errors_of(values)
    made, wrong = completed(made, values, choices.able, draft.quantity)
    return made, {**errors_of(values), **dict(wrong)}


def draft_of(draft: Draft, values: Mapping[str, str]) -> Draft:
    """The draft with the form's usual values; what the form does not show stays."""
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
