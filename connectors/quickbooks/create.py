"""Adding one item, and finding it again when it is not known whether that worked.

The marker goes to the end of the item's PurchaseDesc: the one text of an item that no customer sees and every edition has. It
is found by the item's name, which is unique in QuickBooks, so no search that lags behind is needed. Stock starts at zero;
a quantity follows by an adjustment, which books its value to the adjustment account and can be undone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from connectors.quickbooks.accounts import Accounts
from connectors.quickbooks.api import Api, Row
from connectors.quickbooks.faults import DUPLICATE_NAME
from connectors.quickbooks.query import quoted
from connectors.quickbooks.records import COST, PRICE, QUANTITY
from connectors.quickbooks.sending import Sent, request_id, send
from connectors.quickbooks.settings import Settings
from connectors.values import text
from engine.model import Kind
from engine.ports import Draft, DraftField, Result, WriteOutcome

ITEM = "Item"
LONGEST_NAME = 100
_LONGEST_DESCRIPTION = 4000
_LONGEST_PURCHASE = 1000
NOT_IN_A_NAME = "\t\n\r:"
_TYPES = (("inventory", "inventory, stock is counted"), ("non-inventory", "non-inventory"))


def draft_fields(settings: Settings) -> tuple[DraftField, ...]:
    """What an item has beside the usual; the connection's own accounts and date are what is offered first."""
    return (
        DraftField("type", "Type", "Inventory cannot be turned off again.", choices=_TYPES, default="non-inventory",
                   counted="inventory"),
        DraftField("start_date", "Inventory start date", "YYYY-MM-DD; empty: the day it is created.", "date",
                   default=settings.start_date.isoformat() if settings.start_date else "", stocked=True),
        DraftField("income_account", "Income account", "Where its sales are booked.", choices_of="income accounts",
                   default=settings.income_account, required="always"),
        DraftField("asset_account", "Asset account", "Where its stock is booked.", choices_of="asset accounts",
                   default=settings.asset_account, required="stocked", stocked=True),
        DraftField("expense_account", "Expense account", "Cost of goods sold; inventory needs one.",
                   choices_of="expense accounts", default=settings.expense_account, required="stocked"),
    )  # fmt: skip


class ItemCreator:
    """Creates items of one company. ``today`` is the start date of stock where none is set."""

    def __init__(self, api: Api, accounts: Accounts, today: Callable[[], date]) -> None:
        self._api, self._accounts, self._today = api, accounts, today

    async def create(self, draft: Draft) -> WriteOutcome:
        """One POST. ``unknown`` when it may have been carried out; it is never sent again."""
        body, problem = await self._body(draft)
        if problem:
            why = f"{draft.name}: {problem}; nothing was sent"
            return WriteOutcome(draft.key, None, Result.REJECTED, why, "incomplete")
        sent = await send(self._api, ITEM, body, request_id("create", draft.key))
        if sent.code == DUPLICATE_NAME:
            sent = await self._named(draft, sent)
        return WriteOutcome(draft.key, None, sent.result, sent.message, sent.code, sent.request_id, id=sent.id)

    async def find(self, marker: str, name: str) -> list[Row]:
        """Items of this name whose PurchaseDesc holds the marker."""
        if not marker or not name:
            return []
        rows = await self._api.rows(ITEM, f"Name = {quoted(name)}")
        return [row for row in rows if marker in text(row.get("PurchaseDesc"))]

    async def _named(self, draft: Draft, sent: Sent) -> Sent:
        """A refusal for the name, with the item that has it."""
        rows = await self._api.rows(ITEM, f"Name = {quoted(draft.name)}")
        told = "; ".join(
            f"item {row['Id']} has it{'' if row.get('Active') is not False else ' and is inactive'}" for row in rows
        )
        return Sent(sent.result, f"{sent.message}. {told}" if told else sent.message, sent.code, sent.request_id)

    async def _body(self, draft: Draft) -> tuple[dict[str, Any], str]:
        """The body of the POST, or what is wrong with the draft."""
        problem = _wrong(draft)
        if problem:
            return {}, problem
        settings = self._api.settings

        def chosen(name: str) -> str:
            """Of the draft, where it was made by this system's own fields (what was left blank stays so), else as set."""
            return draft.detail(name) if draft.details else str(getattr(settings, name))

        expense = chosen("expense_account")
        wanted = {"IncomeAccountRef": ("income_account", chosen("income_account"))}
        if draft.maintain_stock or expense:
            wanted["ExpenseAccountRef"] = ("expense_account", expense)
        if draft.maintain_stock:
            wanted["AssetAccountRef"] = ("asset_account", chosen("asset_account"))
        refs: dict[str, Any] = {}
        for column, (option, name) in wanted.items():
            if not name:
                return (
                    {},
                    f"give the {option}, or set the option {option} of the connection to the account of new items",
                )
            id = await self._accounts.id_of(name)
            if id is None:
                return {}, f'QuickBooks has no active account named "{name}" (option {option})'
            refs[column] = {"value": id}
        if draft.category:
            category = await self._accounts.category_id(draft.category)
            if category is None:
                return {}, f'QuickBooks has no category "{draft.category}"'
            refs |= {"SubItem": True, "ParentRef": {"value": category}}
        description = draft.description or draft.name
        body = {
            "Name": draft.name,
            "Sku": draft.sku.value if draft.sku else None,
            "Description": description[:_LONGEST_DESCRIPTION],
            "Active": True,
            "Taxable": draft.taxable,
            PRICE: draft.price,
            COST: draft.cost,
            "PurchaseDesc": _with_marker(description, draft.marker),
            "Type": "Inventory" if draft.maintain_stock else "NonInventory",
            **refs,
        }
        if draft.maintain_stock:
            day = self._today() if draft.details or settings.start_date is None else settings.start_date
            start = draft.detail("start_date") or day.isoformat()
            body |= {"TrackQtyOnHand": True, QUANTITY: 0, "InvStartDate": start}
        return {name: value for name, value in body.items() if value is not None}, ""


def _wrong(draft: Draft) -> str:
    if draft.kind is not Kind.PRODUCTS:
        return "only products can be created in QuickBooks"
    if not draft.name.strip():
        return "a name is required"
    if len(draft.name) > LONGEST_NAME:
        return f"a name in QuickBooks has at most {LONGEST_NAME} characters, this one has {len(draft.name)}"
    if any(letter in draft.name for letter in NOT_IN_A_NAME):
        return "a name in QuickBooks has no colon, tab or line break"
    if draft.sku is not None and len(draft.sku.value) > LONGEST_NAME:
        return f"an SKU in QuickBooks has at most {LONGEST_NAME} characters"
    return ""


def _with_marker(description: str, marker: str) -> str:
    if not marker:
        return description[:_LONGEST_PURCHASE]
    return f"{description[: _LONGEST_PURCHASE - len(marker) - 3]} [{marker}]"
