"""The settings of an integration: which value counts, which side is master, and what stops a run."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, field_validator, model_validator
from pydantic import Field as Setting

from engine.model import Field, Side

STRICT = ConfigDict(extra="forbid", frozen=True)


class PriceChoice(BaseModel):
    """Which of a product's prices (and costs) counts; none or several that qualify is *Needs choice*, never the first."""

    model_config = STRICT
    type: str = "recurring"
    model: str = "FLAT"


class SkuChoice(BaseModel):
    """Which storefront value is the SKU, and where it lives in the back office.

    Where it lives in the UPC, ``keep_barcodes`` leaves a real barcode alone until somebody resolves the row.
    """

    model_config = STRICT
    storefront: Literal["sku", "mpn", "id", "upc"] = "mpn"
    backoffice: Literal["sku", "upc", "vendor", "mpn"] = "sku"
    backoffice_vendor: str = ""
    keep_barcodes: bool = True


class Guards(BaseModel):
    """What stops a change or a run. A limit of None switches that guard off; percentages are 0..100 and above."""

    model_config = STRICT
    zero_price: bool = True
    below_cost: bool = True
    max_change_percent: Decimal | None = Setting(default=Decimal(50), ge=0)
    max_rows: int | None = Setting(default=500, ge=1)
    max_percent_of_catalogue: Decimal | None = Setting(default=Decimal(50), ge=0, le=100)
    max_shrink_percent: Decimal | None = Setting(default=Decimal(30), ge=0, le=100)
    everything_changed: bool = True


PRODUCT_KEYS = ("sku", "name", "mpn", "upc", "id", "external_id")
CUSTOMER_KEYS = ("name", "person", "company", "email", "phone", "id", "external_id")
NORMALISATIONS = ("exact", "trim", "case", "trim,case")


class _Keys(BaseModel):
    """A primary and a secondary match key: ``STOREFRONT_KEY:BACKOFFICE_KEY``; empty: none is set."""

    model_config = STRICT
    known: ClassVar[tuple[str, ...]] = ()
    primary: str = ""
    secondary: str = ""

    @field_validator("primary", "secondary")
    @classmethod
    def _known(cls, value: str) -> str:
        left, colon, right = (part.strip().lower() for part in value.partition(":"))
        if not value.strip():
            return ""
        if not colon or left not in cls.known or right not in cls.known:
            raise ValueError(f"a match key is STOREFRONT:BACKOFFICE, such as name:name; keys: {', '.join(cls.known)}")
        return f"{left}:{right}"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.secondary and not self.primary:
            raise ValueError("a secondary key needs a primary one")
        return self


class ProductKeys(_Keys):
    """What of a product is its match key."""

    known = PRODUCT_KEYS


class CustomerKeys(_Keys):
    """What of a customer is its match key; ``person`` is first and last name."""

    known = CUSTOMER_KEYS


class Match(BaseModel):
    """Which identical keys are a match, and how they are compared; see ``engine.matching.keys``."""

    model_config = STRICT
    products: ProductKeys = ProductKeys()
    customers: CustomerKeys = CustomerKeys()
    normalise: str = "exact"

    @field_validator("normalise")
    @classmethod
    def _stated(cls, value: str) -> str:
        ways = sorted({part.strip().lower() for part in value.split(",") if part.strip()}, reverse=True)
        if (stated := ",".join(ways) or "exact") not in NORMALISATIONS:
            raise ValueError(f"the normalisation is one of: {'; '.join(NORMALISATIONS)}")
        return stated


class Reads(BaseModel):
    """How an automatic sync reads: only what changed where a system can say so, and everything at least this often.

    0 reads everything in every run. A sync by hand always reads everything it plans over.
    """

    model_config = STRICT
    full_every_hours: int = Setting(default=24, ge=0, le=7 * 24)


class CustomerDefaults(BaseModel):
    """What a customer made in the storefront gets where the back office has no such field (Syncro has neither)."""

    model_config = STRICT
    country: str = ""
    language: str = "en"


class OrderPolicy(StrEnum):
    """What an order that accounting does not hold yet means for the products in it."""

    BLOCK = "block"  # nothing of them is synced
    COMPENSATE = "compensate"  # accounting's quantity less the units in such orders is what counts
    IGNORE = "ignore"


class OrderSettings(BaseModel):
    """Orders of the store that are not posted yet. ``days`` is how far back they are looked for."""

    model_config = STRICT
    policy: OrderPolicy = OrderPolicy.BLOCK
    days: int = Setting(default=30, ge=1, le=365)


class Owners(BaseModel):
    """Whose name, description and activity win in a reconciliation; none: a difference is reported, never written."""

    model_config = STRICT
    name: Side | None = None
    description: Side | None = None
    active: Side | None = None


class PushSettings(BaseModel):
    """What a push does beside the product and its standard price.

    ``books`` names price books for further storefront prices, by the price's type: ``sale=Web sale; msrp=List price``.
    """

    model_config = STRICT
    books: str = ""

    @field_validator("books")
    @classmethod
    def _pairs(cls, value: str) -> str:
        parts = [part.strip() for part in value.split(";") if part.strip()]
        for part in parts:
            left, equals, right = (word.strip() for word in part.partition("="))
            if not (left and equals and right):
                raise ValueError(f"{part!r} is not TYPE=PRICE BOOK, such as sale=Web sale; several are parted by ;")
        if len({part.partition("=")[2].strip() for part in parts}) < len(parts):
            raise ValueError("one price book is named twice: it would get two prices")
        return "; ".join(parts)

    def price_books(self) -> dict[str, str]:
        """Price type -> price book (name or id)."""
        pairs = (part.partition("=") for part in self.books.split(";") if part.strip())
        return {left.strip(): right.strip() for left, _, right in pairs}


class AccountPolicy(StrEnum):
    """What becomes of a paid order's buyer whom the back office does not have."""

    PERSON_ACCOUNT = "person_account"
    ACCOUNT_AND_CONTACT = "account_and_contact"
    ASK = "ask"
    SKIP = "skip"


class LastName(StrEnum):
    """What stands for a last name that is missing: nothing (a person is asked), the company, or the e-mail's local part."""

    ASK = "ask"
    COMPANY = "company"
    EMAIL = "email"


class AccountSettings(BaseModel):
    """Buyers of paid orders in a CRM. ``record_type`` is an active person-account record type, by name or id.

    ``days`` is how far back orders are looked at.
    """

    model_config = STRICT
    with_profile: AccountPolicy = AccountPolicy.ASK
    without_profile: AccountPolicy = AccountPolicy.ASK
    record_type: str = ""
    no_last_name: LastName = LastName.ASK
    days: int = Setting(default=30, ge=1, le=365)


class IntegrationSettings(BaseModel):
    """Everything of an integration that an admin may set: ``integration set NAME --set price.type=recurring ...``."""

    model_config = STRICT
    currency: str = "USD"
    price: PriceChoice = PriceChoice()
    cost: PriceChoice = PriceChoice()
    sku: SkuChoice = SkuChoice()
    fields: tuple[Field, ...] = (Field.PRICE, Field.COST, Field.SKU)
    masters: dict[Field, Side] = {}
    many_to_one: bool = False
    match: Match = Match()
    match_is_mapping: bool = False
    write_external_id: bool = False
    customers: CustomerDefaults = CustomerDefaults()
    guards: Guards = Guards()
    reads: Reads = Reads()
    orders: OrderSettings = OrderSettings()
    owners: Owners = Owners()
    push: PushSettings = PushSettings()
    accounts: AccountSettings = AccountSettings()

    @field_validator("currency")
    @classmethod
    def _iso(cls, value: str) -> str:
        if len(value) != 3 or not value.isascii() or not value.isalpha():
            raise ValueError("a currency is three letters, such as USD")
        return value.upper()

    def master(self, field: Field) -> Side:
        """The side whose value wins; the storefront unless set otherwise."""
        return self.masters.get(field, Side.STOREFRONT)
