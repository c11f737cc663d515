"""Where a record is shown to people: a system's own address of it, or a pattern that the admin took from the browser.

Not every vendor says how its screens are addressed. Whoever opens one record there sees it, and gives the address with
``{id}`` in the place of the record's id (``{code}``: its code).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import quote

from engine.errors import UsageError
from engine.model import Customer, Product
from engine.ports import ConnectionContext, Option

SCREEN_OPTIONS = (
    Option(
        "product_page",
        "Product page",
        "Address of a product on this system's screens, {id} for its id ({code}: its code): lists and reports link there",
    ),
    Option("customer_page", "Customer page", "The same for a customer"),
)
_HOLE = re.compile(r"\{(\w*)\}")

R = TypeVar("R", Product, Customer)


@dataclass(frozen=True, slots=True)
class Screens:
    """The patterns of one connection; an empty one leaves a record's own address."""

    product: str = ""
    customer: str = ""

    def of(self, record: R) -> R:
        """The record with the address of its page."""
        pattern = self.product if isinstance(record, Product) else self.customer
        if not pattern:
            return record
        code = next((sku.value for sku in record.skus), record.mpn) if isinstance(record, Product) else ""
        if not code and "{code}" in pattern:
            return record
        parts = {"id": quote(record.id, safe=""), "code": quote(code, safe="")}
        return replace(record, url=_HOLE.sub(lambda hole: parts[hole.group(1)], pattern))


def screens(context: ConnectionContext, *, product: str = "", customer: str = "") -> Screens:
    """The patterns in a connection's options, else the given ones. Raises ``UsageError`` naming the option that is wrong."""
    return Screens(_pattern(context, "product_page", product), _pattern(context, "customer_page", customer))


def _pattern(context: ConnectionContext, name: str, default: str) -> str:
    text = context.options.get(name, "").strip()
    if not text:
        return default
    holes = set(_HOLE.findall(text))
    allowed = {"id", "code"} if name == "product_page" else {"id"}
    if not text.startswith(("https://", "http://")) or not holes or not holes <= allowed:
        raise UsageError(
            f"{context.name}: option {name} is an address with {{id}} in it, such as "
            f"https://example.com/records/{{id}}, not {text!r}"
        )
    return text
