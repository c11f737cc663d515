"""Items: lists, single ones, and updates with the vendor's documented danger.

An update replaces every section that its ``_expand`` names by what the body holds of it: what was expanded and not sent is
gone. A section that is sent without being expanded is emptied, too. So a client is only safe when it sends back all that it
read with the very same ``_expand``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Protocol

from connectors.sandbox.state import State
from connectors.sandbox.ultracart_seed import ITEM_SECTIONS
from connectors.sandbox.ultracart_shapes import answer, expanded, moment, page_of, refuse, shown, stamp
from connectors.sandbox.wire import Call, Json, Reply, Route

__all__ = ["Items"]

MOST, AT_ONCE = 2000, 20
READ, WRITE = "item_read", "item_write"
LENGTHS = {"merchant_item_id": 20, "description": 512}
_PLAIN = ("description", "inactive", "kit", "parent_category_id", "parent_category_path")
_CODE = re.compile(r"[A-Za-z0-9 ._\-/]+")


class Shop(Protocol):
    state: State
    totals: bool
    nulls: bool
    mild: bool
    links_writable: bool


class Items:
    """The operations below ``/item``."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def routes(self) -> Sequence[Route]:
        return (
            Route("GET", "/item/items", self._list, READ),
            Route("PUT", "/item/items/batch", self._batch, WRITE),
            Route("GET", "/item/items/merchant_item_id/{code}", self._by_code, READ),
            Route("GET", "/item/items/{oid}", self._get, READ),
            Route("PUT", "/item/items/{oid}", self._put, WRITE),
            Route("DELETE", "/item/items/{oid}", self._delete, WRITE),
        )

    def _list(self, call: Call) -> Reply:
        rows = self._shop.state.rows("items")
        if since := call.arg("_since"):
            at = moment(since)
            rows = [row for row in rows if moment(row["last_modified_dts"]) >= at]
        expand = expanded(call, ITEM_SECTIONS)
        return page_of(
            call,
            "items",
            rows,
            lambda row: shown(row, ITEM_SECTIONS, expand),
            MOST,
            totals=self._shop.totals,
            nulls=self._shop.nulls,
        )

    def _get(self, call: Call) -> Reply:
        return self._answer(call, self._row(call.params["oid"]))

    def _by_code(self, call: Call) -> Reply:
        code = call.params["code"]
        found = [row for row in self._shop.state.rows("items") if row["merchant_item_id"].lower() == code.lower()]
        if not found:
            raise self._missing(code)
        return self._answer(call, found[0])

    def _put(self, call: Call) -> Reply:
        row = self._row(call.params["oid"])
        self._checked(row, call.json())
        return self._answer(call, self._save(call, row, call.json()))

    def _batch(self, call: Call) -> Reply:
        bodies = call.json().get("items")
        if not isinstance(bodies, list) or not bodies:
            raise refuse("items is required.")
        if len(bodies) > AT_ONCE:
            raise refuse(f"A maximum of {AT_ONCE} items can be updated synchronously.")
        rows = [self._row(str(body.get("merchant_item_oid"))) for body in bodies]
        for row, body in zip(rows, bodies, strict=True):
            self._checked(row, body)
        expand = expanded(call, ITEM_SECTIONS)
        saved = [self._save(call, row, body) for row, body in zip(rows, bodies, strict=True)]
        return answer("items", [shown(row, ITEM_SECTIONS, expand) for row in saved], nulls=self._shop.nulls)

    def _delete(self, call: Call) -> Reply:
        row = self._row(call.params["oid"])
        self._shop.state.remove("items", str(row["merchant_item_oid"]))
        return Reply(204)

    # -------------------------------------------------------------------------------- one item
    def _row(self, oid: str) -> Json:
        row = self._shop.state.get("items", oid)
        if row is None:
            raise self._missing(oid)
        return row

    def _missing(self, id: str) -> Exception:
        return refuse("Item not found.", 404, object_id=id, mild=self._shop.mild)

    def _answer(self, call: Call, row: Json) -> Reply:
        return answer("item", shown(row, ITEM_SECTIONS, expanded(call, ITEM_SECTIONS)), nulls=self._shop.nulls)

    def _checked(self, row: Json, body: Json) -> None:
        """Raise ``Refused`` for what the store does not take; nothing is stored then."""
        oid = str(row["merchant_item_oid"])
        for name, length in LENGTHS.items():
            if len(str(body.get(name) or "")) > length:
                raise self._bad(f"{name} must be {length} characters or less.", oid)
        code = body.get("merchant_item_id", row["merchant_item_id"])
        if not _CODE.fullmatch(str(code)):
            raise self._bad("merchant_item_id contains characters that are not allowed.", oid)
        pricing = body.get("pricing") or {}
        for name in ("cost", "cogs", "sale_cost"):
            if isinstance(pricing.get(name), int | float) and pricing[name] < 0:
                raise self._bad(f"pricing.{name} must not be negative.", oid)

    def _bad(self, message: str, oid: str) -> Exception:
        return refuse(message, object_id=oid, mild=self._shop.mild)

    def _save(self, call: Call, row: Json, body: Json) -> Json:
        expand = expanded(call, ITEM_SECTIONS)
        out = {**row, **{name: body[name] for name in _PLAIN if name in body}, "last_modified_dts": stamp()}
        for name, empty in ITEM_SECTIONS.items():
            above, _, below = name.partition(".")
            sent = body.get(above)
            if below:
                sent = sent.get(below) if isinstance(sent, dict) else None
            if name in expand:
                held = out[above].get(below) if below else out[above]
                value: Any = _filled(empty, sent, held)
            elif sent is not None:
                value = empty
            else:
                continue
            if below:
                out[above] = {**out[above], below: value}
            else:
                out[above] = value | _kept(row[above], name) if isinstance(empty, dict) else value
        if not self._shop.links_writable:
            out["salesforce"] = row["salesforce"]
        return self._shop.state.put("items", str(row["merchant_item_oid"]), out)


def _filled(empty: Any, sent: Any, held: Any) -> Any:
    """A section as sent; a name that was left out is empty afterwards, a name nobody knows is not kept."""
    if isinstance(empty, dict):
        given = sent if isinstance(sent, dict) else {}
        return {name: given.get(name, None if value is None else value) for name, value in empty.items()}
    entries = [one for one in held if isinstance(one, dict)] if isinstance(held, list) else []
    nothing = {name: None for one in entries for name in one}
    return [nothing | one if isinstance(one, dict) else one for one in sent] if isinstance(sent, list) else []


def _kept(held: Json, section: str) -> Json:
    """The lists within a section: they are sections of their own."""
    below = [name.partition(".")[2] for name in ITEM_SECTIONS if name.startswith(f"{section}.")]
    return {name: held[name] for name in below if name in held}
