"""The store's orders and customers. An order that is paid for, or waits for its money, has taken its units."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from connectors.sandbox.wire import Call, Json, Reply, Route, as_json
from connectors.sandbox.woocommerce_goods import take
from connectors.sandbox.woocommerce_seed import REDUCED, TAKEN, money, order_row, reduced
from connectors.sandbox.woocommerce_shapes import Shop, by_dates, fields_of, invalid, page_of, refuse, split

STATUSES = (
    "any",
    "trash",
    "pending",
    "processing",
    "on-hold",
    "completed",
    "cancelled",
    "refunded",
    "failed",
    "checkout-draft",
)


class Orders:
    """The resources below ``/orders`` and ``/customers``."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def routes(self) -> Sequence[Route]:
        return (
            Route("GET", "/orders", self._list, "read"),
            Route("POST", "/orders", self._create, "write"),
            Route("GET", "/orders/{id}", self._get, "read"),
            *(Route(method, "/orders/{id}", self._update, "write") for method in ("PUT", "PATCH", "POST")),
            Route("GET", "/orders/{order_id}/refunds", self._refunds, "read"),
            Route("POST", "/orders/{order_id}/refunds", self._refund, "write"),
            Route("GET", "/customers", self._customers, "read"),
            Route("GET", "/customers/{id}", self._customer, "read"),
        )

    def place(self, lines: Sequence[Json], status: str = "processing", customer: int = 0) -> Json:
        """A new order of ``{"product_id", "variation_id", "quantity"}``; its units leave the stock as the status says."""
        id = self._shop.state.next_id("posts")
        made = [self._line(id * 10 + number, line) for number, line in enumerate(lines)]
        row = order_row(id, str(id), status, self._shop.now(), customer, made)
        if status in TAKEN:
            row = self._move(row, taken=True)
        return self._shop.state.put("orders", str(id), row)

    def _line(self, id: int, line: Json) -> Json:
        """Raises the store's error for a product it does not have."""
        product, variation = int(line.get("product_id") or 0), int(line.get("variation_id") or 0)
        goods = self._shop.state.get("variations", str(variation or product))
        if goods is not None:
            product, variation = goods["parent_id"], goods["id"]
        row = goods or self._shop.state.get("products", str(product))
        if row is None:
            raise refuse("woocommerce_rest_invalid_product_id", "Product ID provided is invalid.", 400)
        units, price = int(line.get("quantity", 1)), Decimal(row["price"] or 0)
        return {
            "id": id,
            "name": row["name"],
            "product_id": product,
            "variation_id": variation,
            "quantity": units,
            "subtotal": money(price * units),
            "total": money(price * units),
            "sku": row["sku"],
            "price": float(price),
            "meta_data": [],
        }

    def _move(self, row: Json, *, taken: bool) -> Json:
        """The order with its units taken out of the stock, or all put back that are out of it."""
        lines = []
        for line in row["line_items"]:
            out = _out(line)
            take(self._shop, line["product_id"], line["variation_id"], line["quantity"] - out if taken else -out)
            lines.append(reduced(line, line["quantity"] if taken else 0))
        return {**row, "line_items": lines}

    def _list(self, call: Call) -> Reply:
        wanted = split(call, "status") or ["any"]
        known = self._shop.statuses
        if unknown := set(wanted) - set(known):
            raise invalid("status", f"status[0] is not one of {', '.join(known)}: {', '.join(sorted(unknown))}.")
        rows = self._shop.state.rows("orders")
        hidden = {"trash", "checkout-draft"}
        rows = [row for row in rows if row["status"] in wanted or ("any" in wanted and row["status"] not in hidden)]
        if customer := call.arg("customer"):
            rows = [row for row in rows if str(row["customer_id"]) == customer]
        return page_of(
            call, by_dates(call, rows), lambda row: row, ("date", "id", "include", "title", "slug", "modified")
        )

    def _get(self, call: Call) -> Reply:
        return as_json(fields_of(call, self._order(call)))

    def _create(self, call: Call) -> Reply:
        body = call.json()
        status = "processing" if body.get("set_paid") else str(body.get("status", "pending"))
        return as_json(self.place(body.get("line_items", []), status, int(body.get("customer_id", 0))), 201)

    def _update(self, call: Call) -> Reply:
        row, status = self._order(call), call.json().get("status")
        if status and status != row["status"]:
            if (status in TAKEN) != (row["status"] in TAKEN):
                row = self._move(row, taken=status in TAKEN)
            row = self._shop.state.put(
                "orders", str(row["id"]), {**row, "status": status, "date_modified_gmt": self._shop.now()}
            )
        return as_json(row)

    def _refunds(self, call: Call) -> Reply:
        return page_of(call, self._order(call)["refunds"], lambda row: row, ("date", "id", "include"))

    def _refund(self, call: Call) -> Reply:
        """Units of some lines; they are put back into the stock unless ``api_restock`` is false."""
        row, body = self._order(call), call.json()
        units = {int(one["id"]): int(one.get("quantity", 0)) for one in body.get("line_items", [])}
        if unknown := units.keys() - {line["id"] for line in row["line_items"]}:
            raise refuse(
                "woocommerce_rest_invalid_item_id",
                f"Order item ID provided is not associated with order: {min(unknown)}",
                400,
            )
        lines, total = [], Decimal(0)
        for line in row["line_items"]:
            back = min(units.get(line["id"], 0), _out(line))
            total += Decimal(str(line["price"])) * units.get(line["id"], 0)
            if body.get("api_restock", True) and back:
                take(self._shop, line["product_id"], line["variation_id"], -back)
                line = reduced(line, _out(line) - back)  # noqa: PLW2901 - as it is now
            lines.append(line)
        made = {
            "id": self._shop.state.next_id("posts"),
            "reason": str(body.get("reason", "")),
            "total": f"-{money(total)}",
        }
        now = {"line_items": lines, "refunds": [*row["refunds"], made], "date_modified_gmt": self._shop.now()}
        self._shop.state.put("orders", str(row["id"]), {**row, **now})
        return as_json(made, 201)

    def _order(self, call: Call) -> Json:
        found = self._shop.state.get("orders", call.params.get("id") or call.params["order_id"])
        if found is None:
            raise refuse("woocommerce_rest_shop_order_invalid_id", "Invalid ID.", 404)
        return found

    def _customers(self, call: Call) -> Reply:
        rows = self._shop.state.rows("customers")
        role = call.arg("role", "customer")
        if role != "all":
            rows = [row for row in rows if row["role"] == role]
        if email := call.arg("email"):
            rows = [row for row in rows if row["email"] == email]
        return page_of(call, rows, lambda row: row, ("name", "id", "include", "registered_date"))

    def _customer(self, call: Call) -> Reply:
        found = self._shop.state.get("customers", call.params["id"])
        if found is None:
            raise refuse("woocommerce_rest_invalid_id", "Invalid resource ID.", 404)
        return as_json(fields_of(call, found))


def _out(line: Json) -> int:
    """Units of a line that are out of the stock now."""
    return next((int(one["value"]) for one in line["meta_data"] if one["key"] == REDUCED), 0)
