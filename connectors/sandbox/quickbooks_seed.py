"""The accounting side of a store world as QuickBooks spells it."""

from __future__ import annotations

from datetime import date

from connectors.sandbox.quickbooks_shapes import ref
from connectors.sandbox.store_world import START, Item, Shopper, StoreOrder, StoreWorld
from connectors.sandbox.wire import Json

SINCE = date(2026, 1, 1).isoformat()
#: Id, name, type, subtype.
ACCOUNTS = (
    (1, "Checking", "Bank", "Checking"),
    (79, "Sales of Product Income", "Income", "SalesOfProductIncome"),
    (80, "Cost of Goods Sold", "Cost of Goods Sold", "SuppliesMaterialsCogs"),
    (81, "Inventory Asset", "Other Current Asset", "Inventory"),
    (82, "Undeposited Funds", "Other Current Asset", "UndepositedFunds"),
    (83, "Opening Balance Equity", "Equity", "OpeningBalanceEquity"),
    (91, "Inventory Shrinkage", "Cost of Goods Sold", "SuppliesMaterialsCogs"),
    (92, "Office Expenses", "Expense", "OfficeGeneralAdministrativeExpenses"),
)
INCOME, EXPENSE, ASSET = ref(79, "Sales of Product Income"), ref(80, "Cost of Goods Sold"), ref(81, "Inventory Asset")
ASIDE = {"domain": "QBO", "sparse": False}
_AT = START.isoformat(timespec="seconds")


def tables(world: StoreWorld) -> dict[str, dict[str, Json]]:
    """Table name (an entity in lower case) -> records by id."""
    items = {str(item.id): _item(item, world) for item in world.items}
    customers = {str(one.accounting_id): _customer(one) for one in world.shoppers if one.accounting_id}
    by_sku = {item.sku: item for item in world.items if item.sku}
    invoices: dict[str, Json] = {}
    receipts: dict[str, Json] = {}
    for order in world.orders:
        if order.posted:
            table = invoices if order.posted == "invoice" else receipts
            table[str(order.id)] = _sale(order, by_sku)
    return {
        "item": items,
        "customer": customers,
        "account": {str(id): _account(id, *rest) for id, *rest in ACCOUNTS},
        "invoice": invoices,
        "salesreceipt": receipts,
        "inventoryadjustment": {},
        "gone": {},
        "request": {},
    }


def stamps(at: str = _AT) -> Json:
    return {"MetaData": {"CreateTime": at, "LastUpdatedTime": at}}


def _item(item: Item, world: StoreWorld) -> Json:
    row: Json = {
        "Id": str(item.id),
        "SyncToken": "0",
        "Name": item.name,
        "FullyQualifiedName": item.name,
        "Active": item.active,
        "Type": item.type,
        **ASIDE,
        **stamps(),
    }
    if item.parent:
        parent = world.items[item.parent - 1]
        row |= {"SubItem": True, "ParentRef": ref(parent.id, parent.name), "Level": 1}
        row["FullyQualifiedName"] = f"{parent.name}:{item.name}"
    if item.type == "Category":
        return row
    row |= {"Description": item.description, "Taxable": True, "UnitPrice": float(item.price), "TrackQtyOnHand": False}
    if item.sku:
        row["Sku"] = item.sku
    if item.type == "Group":
        row["ItemGroupDetail"] = {"ItemGroupLine": [{"Qty": 1, "ItemRef": ref(2)}]}
        return row
    row |= {"PurchaseCost": float(item.cost), "PurchaseDesc": item.description, "IncomeAccountRef": INCOME}
    row["ExpenseAccountRef"] = EXPENSE
    if item.type == "Inventory":
        row |= {"AssetAccountRef": ASSET, "TrackQtyOnHand": True, "QtyOnHand": item.quantity, "InvStartDate": SINCE}
    if item.reorder_point is not None:
        row["ReorderPoint"] = item.reorder_point
    return row


def _customer(one: Shopper) -> Json:
    name = one.company or f"{one.first_name} {one.last_name}"
    address = {
        "Id": str(1000 + one.id),
        "Line1": one.street,
        "City": one.city,
        "CountrySubDivisionCode": one.region,
        "PostalCode": one.postal_code,
        "Country": "US",
    }
    row: Json = {
        "Id": str(one.accounting_id),
        "SyncToken": "0",
        "DisplayName": f"{name} ({one.id})",
        "FullyQualifiedName": f"{name} ({one.id})",
        "GivenName": one.first_name,
        "FamilyName": one.last_name,
        "PrimaryEmailAddr": {"Address": one.email},
        "PrimaryPhone": {"FreeFormNumber": one.phone},
        "BillAddr": address,
        "Active": one.id % 17 != 0,
        "Job": False,
        "Taxable": True,
        "Balance": 0.0,
        **ASIDE,
        **stamps(),
    }
    return row | ({"CompanyName": one.company} if one.company else {})


def _account(id: int, name: str, kind: str, subtype: str) -> Json:
    return {
        "Id": str(id),
        "SyncToken": "0",
        "Name": name,
        "FullyQualifiedName": name,
        "SubAccount": False,
        "Active": True,
        "AccountType": kind,
        "AccountSubType": subtype,
        "CurrentBalance": 0.0,
        **ASIDE,
        **stamps(),
    }


def _sale(order: StoreOrder, by_sku: dict[str, Item]) -> Json:
    lines = []
    for number, line in enumerate(order.lines, 1):
        item = by_sku.get(line.sku)
        detail: Json = {"Qty": line.quantity, "UnitPrice": float(line.price)}
        if item is not None:
            detail["ItemRef"] = ref(item.id, item.name)
        lines.append(
            {
                "Id": str(number),
                "Amount": float(line.price * line.quantity),
                "DetailType": "SalesItemLineDetail",
                "SalesItemLineDetail": detail,
            }
        )
    return {
        "Id": str(order.id),
        "SyncToken": "0",
        "DocNumber": order.number,
        "TxnDate": order.at.date().isoformat(),
        "CustomerRef": ref(order.shopper),
        "PrivateNote": f"Order {order.number}",
        "Line": lines,
        "TotalAmt": sum(line["Amount"] for line in lines),
        **ASIDE,
        **stamps(order.at.isoformat(timespec="seconds")),
    }
