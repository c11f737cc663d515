"""Syncro's customers."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.syncro_shapes import Account, email_problems, invalid, keep_ids, like, ordered, page_of
from connectors.sandbox.wire import Call, Json, Refused, Reply, Route, as_json

PAGE = 25

#: A customer nobody has said anything about.
BLANK: Json = {
    "id": 0,
    "firstname": None,
    "lastname": None,
    "fullname": "",
    "business_name": None,
    "email": None,
    "phone": None,
    "mobile": None,
    "created_at": "",
    "updated_at": "",
    "pdf_url": None,
    "address": None,
    "address_2": None,
    "city": None,
    "state": None,
    "zip": None,
    "latitude": None,
    "longitude": None,
    "notes": None,
    "get_sms": False,
    "opt_out": False,
    "disabled": False,
    "no_email": False,
    "location_name": None,
    "location_id": None,
    "properties": {},
    "online_profile_url": "",
    "tax_rate_id": None,
    "notification_email": None,
    "invoice_cc_emails": None,
    "invoice_term_id": None,
    "referred_by": None,
    "ref_customer_id": None,
    "business_and_full_name": "",
    "business_then_name": "",
    "contacts": [],
}

WRITABLE = frozenset(
    {
        "firstname",
        "lastname",
        "business_name",
        "email",
        "phone",
        "mobile",
        "address",
        "address_2",
        "city",
        "state",
        "zip",
        "notes",
        "get_sms",
        "opt_out",
        "disabled",
        "no_email",
        "properties",
        "tax_rate_id",
        "notification_email",
        "invoice_cc_emails",
        "invoice_term_id",
        "referred_by",
        "ref_customer_id",
    }
)


def with_names(customer: Json) -> Json:
    """The customer with the names Syncro derives from the others."""
    full = " ".join(part for part in (customer["firstname"], customer["lastname"]) if part)
    business = customer["business_name"] or ""
    both = f"{business} - {full}" if business and full else business or full
    return {**customer, "fullname": full, "business_and_full_name": both, "business_then_name": business or full}


def now_text() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Customers:
    """The resource below ``/customers``."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> Sequence[Route]:
        return (
            Route("GET", "/customers", self._list, "Customers - List/Search"),
            Route("POST", "/customers", self._create, "Customers - Create"),
            Route("GET", "/customers/autocomplete", self._autocomplete),
            Route("GET", "/customers/{id}", self._get, "Customers - View Detail"),
            Route("PUT", "/customers/{id}", self._update, "Customers - Edit"),
            Route("DELETE", "/customers/{id}", self._delete, "Customers - Delete"),
        )

    def _list(self, call: Call) -> Reply:
        rows = keep_ids(call, self._account.state.rows("customers"), "id", "not_id")
        if call.arg("include_disabled").lower() not in {"true", "1"}:
            rows = [row for row in rows if not row["disabled"]]
        rows = like(call, rows, "firstname", "lastname", "business_name")
        if email := call.arg("email").casefold():
            rows = [row for row in rows if str(row["email"] or "").casefold() == email]
        rows = _search(rows, call.arg("query"))
        return page_of(self._account, call, "customers", ordered(call, rows), PAGE)

    def _autocomplete(self, call: Call) -> Reply:
        rows = [row for row in self._account.state.rows("customers") if not row["disabled"]]
        return as_json({"customers": _search(rows, call.arg("query"))[:PAGE]})

    def _get(self, call: Call) -> Reply:
        return as_json({"customer": self._customer(call)})

    def _customer(self, call: Call) -> Json:
        found = self._account.state.get("customers", call.params["id"])
        if found is None:
            raise Refused(Reply(404))
        return found

    def _create(self, call: Call) -> Reply:
        body = call.json()
        problems = email_problems(body.get("email"))
        if not any(body.get(name) for name in ("business_name", "firstname", "lastname")):
            problems = ["Firstname can't be blank", *problems]
        if problems:
            raise invalid(problems, body)
        id = self._account.state.next_id("customers")
        born = {
            **BLANK,
            "id": id,
            "created_at": now_text(),
            "online_profile_url": f"http://sandbox.example/my_profile/v2/index?portal_key={secrets.token_hex(10)}",
        }
        return self._stored(born, body)

    def _update(self, call: Call) -> Reply:
        customer, body = self._customer(call), call.json()
        problems = email_problems(body.get("email"))
        if problems:
            raise invalid(problems)
        return self._stored(customer, body)

    def _stored(self, customer: Json, body: Json) -> Reply:
        known: dict[str, Any] = {name: value for name, value in body.items() if name in WRITABLE}
        record = with_names({**customer, **known, "updated_at": now_text()})
        return as_json({"customer": self._account.state.put("customers", str(record["id"]), record)})

    def _delete(self, call: Call) -> Reply:
        self._account.state.remove("customers", str(self._customer(call)["id"]))
        return as_json({"message": "Customer was deleted from the system."})


def _search(rows: list[Json], text: str) -> list[Json]:
    words = text.casefold().split()
    fields = ("business_and_full_name", "email", "phone")
    if not words:
        return rows
    return [
        row
        for row in rows
        if all(word in " ".join(str(row[field] or "") for field in fields).casefold() for word in words)
    ]
