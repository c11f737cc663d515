"""What a system can do, and what a new record's form asks for: screens and the engine obey it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.model import Field, Kind


@dataclass(frozen=True, slots=True)
class DraftField:
    """One further field of a record to be created, as this system has it: forms and ``add products --set`` draw on it.

    ``choices`` are (value, label); ``choices_of`` is what ``Connector.choices`` is asked for names. The value ``counted``
    (of the one field that has it) means that stock is kept, and that the record is made with a stock of zero; a ``stocked`` field is for such records only.
    """

    name: str
    label: str
    help: str = ""
    kind: Literal["text", "date"] = "text"
    choices: tuple[tuple[str, str], ...] = ()
    choices_of: str = ""
    default: str = ""
    required: Literal["no", "stocked", "always"] = "no"
    stocked: bool = False
    counted: str = ""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a system can do; screens and the engine obey it and never ask for a connector's name."""

    reads: frozenset[Kind] = frozenset()
    creates: frozenset[Kind] = frozenset()
    reads_fields: frozenset[Field] = frozenset()
    writes_fields: frozenset[Field] = frozenset()
    writes_external_id: bool = False
    compare_and_set: bool = False
    price_xor_quantity: bool = False
    delta_quantity: bool = False
    has_orders: bool = False
    has_postings: bool = False
    order_changes: bool = False
    posting_changes: bool = False
    reads_changes: bool = False
    has_schema: bool = False  # this and the next three: see engine.crm
    pushes_products: bool = False
    writes_texts: bool = False
    makes_accounts: bool = False
    push_size: int = 200
    finds_marker: bool = False  # a create can be settled by reading a marker of ours back
    batch_size: int = 1
    concurrency: int = 1  # writes the system takes at the same time
    calls_per_write: int = 1  # requests for one batch, looking, reading and verifying included: for estimates
    calls_per_parent: int = 0  # further requests for each product whose variants are written
    calls_per_record: int = 0  # further requests for each record of a batch
    record_share: float = 1.0  # of an ordinary request's part of the rate that each of those takes
    calls_per_quantity: int = 0  # further requests for each quantity, where those are written one by one
    page_size: int = 100
    rate_per_minute: float | None = None
    sku_slots: tuple[str, ...] = ()  # where an SKU may live: ("upc", "vendor") in Syncro
    storefront_sku: Literal["mpn", "sku"] = "mpn"  # which of a storefront's values is the SKU, where nobody chose
    product_form: tuple[str, ...] = ()  # fields of a new product's form beyond name, price, cost, sku
    draft_fields: tuple[DraftField, ...] = ()  # and those that only this system has
    name_limit: int = 0  # characters of a new record's name; 0: no limit is known
    name_forbids: str = ""  # characters that no name may have
