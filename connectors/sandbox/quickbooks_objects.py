"""What QuickBooks does with an object that is sent to it: create, full and sparse update, delete.

Entities are kept in tables by their name in lower case. A stale SyncToken, a name that exists and a broken rule end as
``Faulted``. Whether stock that moves changes its item's SyncToken and time is not documented: ``touches`` says so.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.quickbooks_shapes import Faulted, now
from connectors.sandbox.state import State
from connectors.sandbox.wire import Json

ITEM_FIELDS = frozenset(
    {
        "Id", "SyncToken", "MetaData", "CustomField", "AttachableRef", "domain", "status", "sparse", "Name", "Sku",
        "Description", "Active", "SubItem", "ParentRef", "Level", "FullyQualifiedName", "Taxable", "SalesTaxIncluded",
        "PercentBased", "UnitPrice", "RatePercent", "Type", "PaymentMethodRef", "UOMSetRef", "IncomeAccountRef",
        "PurchaseDesc", "PurchaseTaxIncluded", "PurchaseCost", "ExpenseAccountRef", "COGSAccountRef", "AssetAccountRef",
        "PrefVendorRef", "AvgCost", "TrackQtyOnHand", "QtyOnHand", "QtyOnPurchaseOrder", "QtyOnSalesOrder",
        "ReorderPoint", "ManPartNum", "DepositToAccountRef", "SalesTaxCodeRef", "PurchaseTaxCodeRef", "InvStartDate",
        "BuildPoint", "PrintGroupedItems", "SpecialItem", "SpecialItemType", "ItemGroupDetail", "ItemAssemblyDetail",
        "AbatementRate", "ReverseChargeRate", "ServiceType", "ItemCategoryType", "TaxClassificationRef", "UQCDisplayText",
        "UQCId", "ClassRef", "Source", "DeferredRevenue", "ItemEx",
    }
)  # fmt: skip
NAMES = {"Item": "Name", "Customer": "DisplayName", "Account": "Name"}
TRANSACTIONS = frozenset({"Invoice", "SalesReceipt", "InventoryAdjustment"})
ENTITIES = frozenset({*NAMES, *TRANSACTIONS})
BY_TABLE = {entity.lower(): entity for entity in ENTITIES}
#: Set by the system alone: a full update leaves them.
_KEPT = frozenset(
    {"Id", "SyncToken", "MetaData", "domain", "FullyQualifiedName", "QtyOnHand", "TrackQtyOnHand", "Balance"}
)
_LENGTHS = {"Name": 100, "Sku": 100, "Description": 4000, "PurchaseDesc": 1000, "DocNumber": 21, "PrivateNote": 4000}
_NUMBERS = frozenset({"UnitPrice", "PurchaseCost", "QtyOnHand", "ReorderPoint"})


class Objects:
    """The objects of one company."""

    def __init__(self, state: State, *, touches: bool, adjusts: bool) -> None:
        self._state, self._touches, self._adjusts = state, touches, adjusts

    def save(self, entity: str, body: Json) -> Json:
        """Create, or update when the body has an Id. Returns the whole object."""
        if entity not in ENTITIES:
            raise Faulted("2010", f"Unknown object {entity}")
        _shape(entity, body)
        if body.get("Id"):
            return self._update(entity, body)
        if entity in TRANSACTIONS:
            return self._transact(entity, body)
        self._name_is_free(entity, body, "")
        if entity == "Item":
            self._new_item(body)
        return self._put(entity, self._fresh(entity, {"Active": True, **body}))

    def delete(self, entity: str, body: Json) -> Json:
        """Transactions only: list objects are made inactive instead."""
        if entity not in TRANSACTIONS:
            raise Faulted("2010", f"Operation delete is not supported for {entity}", "operation")
        row = self._current(entity, body)
        self._move(entity, row, back=True)
        self._state.remove(entity.lower(), row["Id"])
        gone = {"domain": "QBO", "status": "Deleted", "Id": row["Id"]}
        self._state.put("gone", f"{entity}/{row['Id']}", {**gone, "MetaData": {"LastUpdatedTime": now()}})
        return gone

    # -------------------------------------------------------------------------------- updating
    def _update(self, entity: str, body: Json) -> Json:
        row = self._current(entity, body)
        if entity in NAMES and row.get("Active") is False and body.get("Active") is not True:
            raise Faulted("610", f"Object Not Found : {entity} {row['Id']} was made inactive")
        if entity in TRANSACTIONS and "Line" in body:
            raise Faulted("6000", "lines of a transaction are not changed by this simulator")
        self._name_is_free(entity, body, row["Id"])
        if body.get("sparse") is True:
            changed = {**row, **body}
        else:
            if entity in NAMES and not body.get(NAMES[entity]):
                raise Faulted("2020", f"Required parameter {NAMES[entity]} is missing in the request", NAMES[entity])
            changed = {name: value for name, value in row.items() if name in _KEPT} | body
        if entity == "Item":
            self._check_item(row, body)
        changed = {name: value for name, value in changed.items() if value is not None} | {"sparse": False}
        return self._put(entity, _newer(changed))

    def _current(self, entity: str, body: Json) -> Json:
        row = self._state.get(entity.lower(), str(body.get("Id")))
        if row is None:
            raise Faulted("610", f"Object Not Found : Something you're trying to use has been made inactive. {entity}")
        if str(body.get("SyncToken")) != row["SyncToken"]:
            who = "You and Sandbox Bookkeeper were working on this at the same time."
            raise Faulted("5010", f"Stale Object Error : {who} Sandbox Bookkeeper finished before you did")
        return row

    def _check_item(self, row: Json, body: Json) -> None:
        if body.get("Type", row["Type"]) != row["Type"]:
            raise Faulted("6000", "Business Validation Error: the type of an item cannot be changed this way")
        if body.get("TrackQtyOnHand") is False and row.get("TrackQtyOnHand"):
            raise Faulted("6000", "Business Validation Error: tracking of quantities cannot be turned off")
        if "QtyOnHand" in body and not body.get("InvStartDate"):
            raise Faulted("-10600", "We're sorry, we couldn't adjust the stock starting value of an item")

    # -------------------------------------------------------------------------------- creating
    def _new_item(self, body: Json) -> None:
        kind = body.get("Type", "Service")
        if kind not in {"Inventory", "NonInventory", "Service", "Category"}:
            raise Faulted("2500", f"an item of type {kind} cannot be created", "Type")
        needed = ["IncomeAccountRef"] if kind in {"NonInventory", "Service"} else []
        if kind == "Inventory":
            needed = ["IncomeAccountRef", "ExpenseAccountRef", "AssetAccountRef", "QtyOnHand", "InvStartDate"]
            if body.get("TrackQtyOnHand") is not True:
                raise Faulted("6000", "Business Validation Error: TrackQtyOnHand must be true for inventory items")
        for name in needed:
            if body.get(name) is None:
                raise Faulted("2020", f"Required parameter {name} is missing in the request", name)
            if name.endswith("Ref") and str(body[name].get("value")) not in self._state.tables["account"]:
                raise Faulted("2500", f"Invalid Reference Id : Accounts element id {body[name].get('value')}", name)

    def _name_is_free(self, entity: str, body: Json, own: str) -> None:
        name = body.get(NAMES.get(entity, ""), "")
        if not name:
            return
        if entity == "Item" and any(letter in name for letter in ":\t\n"):
            raise Faulted("2040", "String contains an invalid character", "Name")
        for row in self._state.rows(entity.lower()):
            if row["Id"] != own and row[NAMES[entity]].casefold() == name.casefold():
                raise Faulted("6240", f"The name supplied already exists. : Id={row['Id']}")

    # -------------------------------------------------------------------------------- transactions
    def _transact(self, entity: str, body: Json) -> Json:
        if entity == "InventoryAdjustment":
            self._check_adjustment(body)
        elif not body.get("CustomerRef"):
            raise Faulted("2020", "Required parameter CustomerRef is missing in the request", "CustomerRef")
        number = body.get("DocNumber")
        if number and any(row.get("DocNumber") == number for row in self._state.rows(entity.lower())):
            raise Faulted(
                "6210", f"Duplicate Document Number Error : You must specify a different number than {number}"
            )
        lines = [{"Id": str(at), **line} for at, line in enumerate(body.get("Line", ()), 1)]
        today = datetime.now(UTC).date().isoformat()
        row = self._fresh(entity, {"TxnDate": today, **body, "Line": lines})
        self._move(entity, row, back=False)
        return self._put(entity, row)

    def _check_adjustment(self, body: Json) -> None:
        if not self._adjusts:
            raise Faulted("6000", "Business Validation Error: this edition has no inventory adjustments")
        account = body.get("AdjustAccountRef") or {}
        if str(account.get("value")) not in self._state.tables["account"]:
            raise Faulted(
                "2500", f"Invalid Reference Id : Accounts element id {account.get('value')}", "AdjustAccountRef"
            )
        if not body.get("Line"):
            raise Faulted("2020", "Required parameter Line is missing in the request", "Line")
        for line in body["Line"]:
            detail = line.get("ItemAdjustmentLineDetail") or {}
            item = self._state.get("item", str((detail.get("ItemRef") or {}).get("value")))
            if item is None or item["Type"] != "Inventory" or not item["Active"]:
                raise Faulted("2500", "Invalid Reference Id : an adjustment needs an active inventory item", "ItemRef")
            if not isinstance(detail.get("QtyDiff"), int | float):
                raise Faulted("2020", "Required parameter QtyDiff is missing in the request", "QtyDiff")

    def _move(self, entity: str, row: Json, *, back: bool) -> None:
        """Change the stock as a transaction's lines say, or take that back."""
        for line in row.get("Line", ()):
            if entity == "InventoryAdjustment":
                detail = line["ItemAdjustmentLineDetail"]
                difference = detail["QtyDiff"]
            else:
                detail = line.get("SalesItemLineDetail") or {}
                difference = -detail.get("Qty", 0)
            item = self._state.get("item", str((detail.get("ItemRef") or {}).get("value")))
            if item is None or item["Type"] != "Inventory":
                continue
            moved = {**item, "QtyOnHand": item["QtyOnHand"] + (-difference if back else difference)}
            self._put("Item", _newer(moved) if self._touches else moved)

    def _fresh(self, entity: str, body: Json) -> Json:
        at = now()
        full = {"FullyQualifiedName": body[NAMES[entity]]} if entity in NAMES else {}
        return {
            **body,
            **full,
            "Id": str(self._state.next_id(entity.lower())),
            "SyncToken": "0",
            "domain": "QBO",
            "sparse": False,
            "MetaData": {"CreateTime": at, "LastUpdatedTime": at},
        }

    def _put(self, entity: str, row: Json) -> Json:
        return self._state.put(entity.lower(), row["Id"], row)


def _newer(row: Json) -> Json:
    created = row["MetaData"]["CreateTime"]
    return {
        **row,
        "SyncToken": str(int(row["SyncToken"]) + 1),
        "MetaData": {"CreateTime": created, "LastUpdatedTime": now()},
    }


def _shape(entity: str, body: Json) -> None:
    if entity == "Item":
        unknown = sorted(set(body) - ITEM_FIELDS)
        if unknown:
            raise Faulted("2010", f"Property Name:Can not find property {unknown[0]} in Item", unknown[0])
    for name, most in _LENGTHS.items():
        value: Any = body.get(name)
        if value is not None and (not isinstance(value, str) or len(value) > most):
            raise Faulted("2050", f"Max length of {name} is {most}", name)
    for name in _NUMBERS:
        value = body.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise Faulted("2010", f"Property Name:failed to parse {name} as a number", name)
