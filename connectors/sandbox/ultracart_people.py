"""Customers and orders: lists, single ones, and the query for orders."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.sandbox.ultracart_items import Shop
from connectors.sandbox.ultracart_shapes import answer, expanded, moment, page_of, refuse, shown
from connectors.sandbox.wire import Call, Json, Reply, Route

__all__ = ["People"]

MOST = 200
CUSTOMER_SECTIONS = ("billing", "shipping", "properties", "tags", "pricing_tiers")
ORDER_SECTIONS = ("billing", "item", "payment", "customer_profile", "salesforce", "summary")
_DATES = {"creation_date": ("creation_dts",), "payment_date": ("payment", "payment_dts")}


class People:
    """The operations below ``/customer`` and ``/order``."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def routes(self) -> Sequence[Route]:
        return (
            Route("GET", "/customer/customers", self._customers, "customer_read"),
            Route("POST", "/customer/customers/query", self._customers, "customer_read"),
            Route("GET", "/customer/customers/{oid}", self._customer, "customer_read"),
            Route("POST", "/order/orders/query", self._query, "order_read"),
            Route("GET", "/order/orders/{id}", self._order, "order_read"),
        )

    def _customers(self, call: Call) -> Reply:
        rows = self._shop.state.rows("customers")
        if since := call.arg("_since"):
            at = moment(since)
            rows = [row for row in rows if moment(row["last_modified_dts"]) >= at]
        if email := call.arg("email"):
            rows = [row for row in rows if row["email"].lower() == email.lower()]
        expand = expanded(call, CUSTOMER_SECTIONS)
        show = lambda row: shown(row, CUSTOMER_SECTIONS, expand)  # noqa: E731 - a name for a page's view
        return page_of(call, "customers", rows, show, MOST, totals=self._shop.totals, nulls=self._shop.nulls)

    def _customer(self, call: Call) -> Reply:
        row = self._shop.state.get("customers", call.params["oid"])
        if row is None:
            raise refuse("Customer not found.", 404, object_id=call.params["oid"], mild=self._shop.mild)
        return answer(
            "customer", shown(row, CUSTOMER_SECTIONS, expanded(call, CUSTOMER_SECTIONS)), nulls=self._shop.nulls
        )

    def _query(self, call: Call) -> Reply:
        query, rows = call.json(), self._shop.state.rows("orders")
        for name, path in _DATES.items():
            rows = [row for row in rows if _within(row, path, query.get(f"{name}_begin"), query.get(f"{name}_end"))]
        for name in ("order_id", "current_stage"):
            if query.get(name):
                rows = [row for row in rows if row[name] == query[name]]
        expand = expanded(call, ORDER_SECTIONS)
        return page_of(
            call,
            "orders",
            rows,
            lambda row: _order(row, expand),
            MOST,
            totals=self._shop.totals,
            nulls=self._shop.nulls,
        )

    def _order(self, call: Call) -> Reply:
        row = self._shop.state.get("orders", call.params["id"])
        if row is None:
            raise refuse("Order not found.", 404, object_id=call.params["id"], mild=self._shop.mild)
        return answer("order", _order(row, expanded(call, ORDER_SECTIONS)), nulls=self._shop.nulls)


def _order(row: Json, expand: frozenset[str]) -> Json:
    """The lines are called ``items``, and the word that expands them ``item``."""
    out = shown(row, [name for name in ORDER_SECTIONS if name != "item"], expand)
    return out if "item" in expand else {name: value for name, value in out.items() if name != "items"}


def _within(row: Json, path: tuple[str, ...], begin: str | None, end: str | None) -> bool:
    if not begin and not end:
        return True
    value = row
    for name in path:
        value = value[name]
    if not value:
        return False
    at = moment(str(value))
    return (not begin or at >= moment(begin)) and (not end or at <= moment(end))
