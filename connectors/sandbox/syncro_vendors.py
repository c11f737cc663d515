"""Syncro's vendors: whose SKU a product's SKU is."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.sandbox.syncro_customers import now_text
from connectors.sandbox.syncro_shapes import Account, email_problems, invalid, page_of
from connectors.sandbox.wire import Call, Json, Refused, Reply, Route, as_json

PAGE = 100

#: A vendor nobody has said anything about.
BLANK: Json = {
    "id": 0,
    "name": "",
    "rep_first_name": None,
    "rep_last_name": None,
    "email": None,
    "phone": None,
    "account_number": None,
    "created_at": "",
    "updated_at": "",
    "address": None,
    "city": None,
    "state": None,
    "zip": None,
    "website": None,
    "notes": None,
}

WRITABLE = frozenset(BLANK) - {"id", "created_at", "updated_at"}


class Vendors:
    """The resource below ``/vendors``."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> Sequence[Route]:
        return (
            Route("GET", "/vendors", self._list, "Vendors - List"),
            Route("POST", "/vendors", self._create, "Vendors - New"),
            Route("GET", "/vendors/{id}", self._get, "Vendors - View Details"),
            Route("PUT", "/vendors/{id}", self._update, "Vendors - Edit"),
        )

    def _list(self, call: Call) -> Reply:
        return page_of(self._account, call, "vendors", self._account.state.rows("vendors"), PAGE)

    def _get(self, call: Call) -> Reply:
        return as_json({"vendor": self._vendor(call)})

    def _vendor(self, call: Call) -> Json:
        found = self._account.state.get("vendors", call.params["id"])
        if found is None:
            raise Refused(Reply(404))
        return found

    def _create(self, call: Call) -> Reply:
        body = call.json()
        problems = email_problems(body.get("email"))[:1]  # the example has the first message only
        if not body.get("name"):
            problems = ["Name can't be blank", *problems]
        if problems:
            raise invalid(problems, body)
        born = {**BLANK, "id": self._account.state.next_id("vendors"), "created_at": now_text()}
        return self._stored(born, body)

    def _update(self, call: Call) -> Reply:
        vendor, body = self._vendor(call), call.json()
        problems = email_problems(body.get("email"))[:1]  # the example has the first message only
        if problems:
            raise invalid(problems)
        return self._stored(vendor, body)

    def _stored(self, vendor: Json, body: Json) -> Reply:
        known = {name: value for name, value in body.items() if name in WRITABLE}
        record = {**vendor, **known, "updated_at": now_text()}
        return as_json({"vendor": self._account.state.put("vendors", str(record["id"]), record)})
