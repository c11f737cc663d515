"""The objects of an org and their fields, as a describe tells them; names and lengths are Salesforce's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["COUNTRIES", "CURRENCY", "PREFIXES", "STATES", "Column", "Entity", "entities"]

PREFIXES = {
    "Account": "001",
    "Contact": "003",
    "Opportunity": "006",
    "OpportunityLineItem": "00k",
    "RecordType": "012",
    "Pricebook2": "01s",
    "Product2": "01t",
    "PricebookEntry": "01u",
    "Order_Detail__c": "a01",
}
ADDRESS = (("Street", 255), ("City", 40), ("State", 80), ("PostalCode", 20), ("Country", 80))

#: What an org with picklists of states and countries knows, by code.
COUNTRIES = {"US": "United States", "CA": "Canada"}
STATES = {"CA": "California", "TX": "Texas", "NY": "New York", "WA": "Washington", "BC": "British Columbia"}


@dataclass(frozen=True, slots=True)
class Column:
    """One field. ``edit`` is a mix of ``c`` (createable) and ``u`` (updateable); ``refs`` name objects of a lookup."""

    name: str
    type: str = "string"
    length: int = 0
    edit: str = "cu"
    nillable: bool = True
    defaulted: bool = False
    precision: int = 0
    scale: int = 0
    unique: bool = False
    external: bool = False
    picklist: tuple[str, ...] = ()
    restricted: bool = False
    refs: tuple[str, ...] = ()
    filterable: bool = True

    @property
    def custom(self) -> bool:
        return self.name.endswith(("__c", "__pc"))

    @property
    def relationship(self) -> str | None:
        """What a query writes before the dot: ``Account`` of ``AccountId``, ``Opportunity__r`` of ``Opportunity__c``."""
        if not self.refs:
            return None
        return f"{self.name[:-1]}r" if self.custom else self.name.removesuffix("Id")

    @property
    def required(self) -> bool:
        return "c" in self.edit and not self.nillable and not self.defaulted


@dataclass(frozen=True, slots=True)
class Entity:
    """One object."""

    name: str
    label: str
    columns: dict[str, Column] = field(default_factory=dict)
    queryable: bool = True
    setting: bool = False  # a custom setting, which is no object to map

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")


CURRENCY = Column("CurrencyIsoCode", "picklist", 3, "c", nillable=False, defaulted=True, picklist=("USD", "EUR"), restricted=True)  # fmt: skip
_SYSTEM = (
    Column("Id", "id", 18, "", nillable=False),
    Column("IsDeleted", "boolean", edit="", nillable=False),
    Column("CreatedDate", "datetime", edit="", nillable=False),
    Column("CreatedById", "reference", 18, "", nillable=False, refs=("User",)),
    Column("LastModifiedDate", "datetime", edit="", nillable=False),
    Column("SystemModstamp", "datetime", edit="", nillable=False),
)
_PRODUCT = (
    Column("Name", length=255, nillable=False),
    Column("ProductCode", length=255),
    Column("Description", "textarea", 4000, filterable=False),
    Column("IsActive", "boolean", nillable=False, defaulted=True),
    Column("IsArchived", "boolean", edit="", nillable=False),
    Column("Family", "picklist", 255, picklist=("None", "Kitchen", "Office", "Garden")),
    Column("StockKeepingUnit", length=180),
    Column("QuantityUnitOfMeasure", "picklist", 255, picklist=("Each", "Box")),
    Column("DisplayUrl", "url", 1000),
    Column("ExternalId", length=255),
    Column("LastViewedDate", "datetime", edit=""),
    Column("UC_Item_Id__c", length=40, unique=True, external=True),
    Column("UC_Cost__c", "currency", precision=16, scale=2),
    Column("UC_Barcode__c", length=30),
    Column("UC_Material__c", "picklist", 255, picklist=("Oak", "Steel", "Linen"), restricted=True),
    Column("UC_Stock__c", "double", precision=10, scale=0),
    Column("UC_Text__c", "textarea", 32768, filterable=False),
    Column("Margin__c", "percent", edit="", precision=5, scale=2),
)
_ENTRY = (
    Column("Name", length=255, edit=""),
    Column("Pricebook2Id", "reference", 18, "c", nillable=False, refs=("Pricebook2",)),
    Column("Product2Id", "reference", 18, "c", nillable=False, refs=("Product2",)),
    Column("UnitPrice", "currency", nillable=False, precision=18, scale=2),
    Column("IsActive", "boolean", nillable=False, defaulted=True),
    Column("IsArchived", "boolean", edit="", nillable=False),
    Column("UseStandardPrice", "boolean", nillable=False, defaulted=True),
    Column("ProductCode", length=255, edit=""),
)
_BOOK = (
    Column("Name", length=255, nillable=False),
    Column("IsActive", "boolean", nillable=False, defaulted=True),
    Column("IsStandard", "boolean", edit="", nillable=False),
    Column("IsArchived", "boolean", edit="", nillable=False),
    Column("Description", length=255),
)
_OPPORTUNITY = (
    Column("Name", length=120, nillable=False),
    Column("AccountId", "reference", 18, refs=("Account",)),
    Column("StageName", "picklist", 255, nillable=False, picklist=("Prospecting", "Closed Won", "Closed Lost")),
    Column("CloseDate", "date", nillable=False),
    Column("Amount", "currency", precision=18, scale=2),
    Column("Probability", "percent", precision=3, scale=0),
    Column("Pricebook2Id", "reference", 18, refs=("Pricebook2",)),
    Column("UC_Order_Id__c", length=30, unique=True, external=True),
)
_LINE = (
    Column("OpportunityId", "reference", 18, "c", nillable=False, refs=("Opportunity",)),
    Column("PricebookEntryId", "reference", 18, "c", nillable=False, refs=("PricebookEntry",)),
    Column("Quantity", "double", nillable=False, precision=10, scale=2),
    Column("UnitPrice", "currency", precision=18, scale=2),
)
_RECORD_TYPE = (
    Column("Name", length=80),
    Column("DeveloperName", length=80),
    Column("SobjectType", "picklist", 40),
    Column("IsActive", "boolean", nillable=False),
    Column("IsPersonType", "boolean", nillable=False),
)
_DETAIL = (
    Column("Name", length=80, edit="", nillable=False),
    Column("Opportunity__c", "reference", 18, refs=("Opportunity",)),
    Column("Gift_Note__c", "textarea", 1000, filterable=False),
    Column("Coupon__c", length=40),
)


def _address(prefix: str) -> tuple[Column, ...]:
    parts = [Column(f"{prefix}{name}", "textarea" if name == "Street" else "string", n) for name, n in ADDRESS]
    return (*parts, Column(f"{prefix}Address", "address", edit="", filterable=False))


def _codes(address: str) -> tuple[Column, ...]:
    """The companions of an address's state and country where these are picklists."""
    prefix = address.removesuffix("Address")
    return (
        Column(f"{prefix}StateCode", "picklist", 10, picklist=tuple(STATES), restricted=True),
        Column(f"{prefix}CountryCode", "picklist", 10, picklist=tuple(COUNTRIES), restricted=True),
    )


def _account(people: bool) -> tuple[Column, ...]:
    business = (
        Column("Name", length=255, nillable=False),
        Column("Phone", "phone", 40),
        Column("Description", "textarea", 32000, filterable=False),
        *_address("Billing"),
        *_address("Shipping"),
        Column("RecordTypeId", "reference", 18, refs=("RecordType",)),
        Column("UC_Customer_Id__c", length=40, unique=True, external=True),
        Column("UC_Tier__c", length=40),
    )
    person = (
        Column("IsPersonAccount", "boolean", edit="", nillable=False),
        Column("PersonContactId", "reference", 18, "", refs=("Contact",)),
        Column("FirstName", length=40),
        Column("LastName", length=80),
        Column("PersonEmail", "email", 80),
        Column("PersonTitle", length=80),
        Column("PersonMobilePhone", "phone", 40),
        *_address("PersonMailing"),
        Column("UC_Loyalty__pc", "double", precision=6, scale=0),
    )
    return (*business, *person) if people else business


def _contact(people: bool) -> tuple[Column, ...]:
    return (
        Column("AccountId", "reference", 18, refs=("Account",)),
        Column("Name", length=121, edit=""),
        Column("FirstName", length=40),
        Column("LastName", length=80, nillable=False),
        Column("Email", "email", 80),
        Column("Title", length=128),
        Column("Phone", "phone", 40),
        Column("MobilePhone", "phone", 40),
        Column("Description", "textarea", 32000, filterable=False),
        *_address("Mailing"),
        *((Column("IsPersonAccount", "boolean", edit="", nillable=False),) if people else ()),
        Column("UC_Loyalty__c", "double", precision=6, scale=0),
    )


def entities(*, people: bool, several_currencies: bool, address_codes: bool = False) -> dict[str, Entity]:
    """The org's objects by name, with or without person accounts, currencies, and picklists of states and countries."""
    money = (CURRENCY,) if several_currencies else ()

    def made(name: str, label: str, columns: Iterable[Column]) -> Entity:
        every = [*_SYSTEM, *columns]
        if address_codes:
            every += [code for column in every if column.type == "address" for code in _codes(column.name)]
        return Entity(name, label, {column.name: column for column in every})

    every = (
        made("Account", "Account", _account(people)),
        made("Contact", "Contact", _contact(people)),
        made("Opportunity", "Opportunity", (*_OPPORTUNITY, *money)),
        made("OpportunityLineItem", "Opportunity Product", (*_LINE, *money)),
        made("RecordType", "Record Type", _RECORD_TYPE),
        made("Pricebook2", "Price Book", _BOOK),
        made("Product2", "Product", (*_PRODUCT, *money)),
        made("PricebookEntry", "Price Book Entry", (*_ENTRY, *money)),
        made("Order_Detail__c", "Order Detail", _DETAIL),
        Entity("UC_Setup__c", "UltraCart Setup", {column.name: column for column in _SYSTEM}, setting=True),
    )
    return {entity.name: entity for entity in every}
