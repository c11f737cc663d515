"""The marketplace's customers: a thin list, full records one by one, creation, and changes such as ``externalId``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from connectors.sandbox.state import State
from connectors.sandbox.wire import Call, Json, Refused, Reply, Route

STATUSES = frozenset({"pending", "active", "creditHold", "adminHold", "cancelled", "error"})
CONTACT_TYPES = frozenset({"admin", "billing", "technical"})
REQUIRED = ("name", "address", "contactPersons", "language")
ADDRESS_REQUIRED = ("streetAddress", "postalCode", "city", "countryCode")
CONTACT_REQUIRED = ("type", "firstName", "lastName", "email", "phoneNumber")
UPDATABLE = ("externalId", "name", "taxRegId", "status", "address", "contactPersons")
CREATABLE = ("externalId", "attributes", "name", "address", "contactPersons", "language", "taxRegId")
SECRET_OF_CONTACT = frozenset({"login", "password"})  # written, never shown
RESELLER = "1000001"


class Account(Protocol):
    """What the resource needs of the account it belongs to."""

    state: State

    def ok(self, value: Any) -> Reply: ...
    def page(self, call: Call, rows: list[Json]) -> Reply: ...
    def error(self, call: Call, status: int, message: str) -> Reply: ...


class Customers:
    """The resource below ``/customers``."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> Sequence[Route]:
        return (
            Route("GET", "/customers", self._list, "customers.read"),
            Route("POST", "/customers", self._create, "customers.write"),
            Route("GET", "/customers/{id}", self._get, "customers.read"),
            Route("PATCH", "/customers/{id}", self._update, "customers.write"),
        )

    def _list(self, call: Call) -> Reply:
        rows = self._account.state.rows("customers")
        if name := call.arg("name").casefold():
            rows = [row for row in rows if name in row["name"].casefold()]
        if email := call.arg("email").casefold():
            rows = [row for row in rows if any(p["email"].casefold() == email for p in row["contactPersons"])]
        if external := call.arg("externalId"):
            rows = [row for row in rows if row["externalId"] == external]
        thin = [{name: row[name] for name in ("id", "externalId", "name", "status")} for row in rows]
        return self._account.page(call, thin)

    def _get(self, call: Call) -> Reply:
        return self._account.ok(self._customer(call))

    def _customer(self, call: Call) -> Json:
        found = self._account.state.get("customers", call.params["id"])
        if found is None:
            raise Refused(self._account.error(call, 404, f"Customer {call.params['id']} is not found"))
        return found

    def _create(self, call: Call) -> Reply:
        body = call.json()
        missing = [name for name in REQUIRED if not body.get(name)]
        self._check(call, [f"{name} must not be empty" for name in missing], body)
        id = str(self._account.state.next_id("customers"))
        known = {name: body[name] for name in CREATABLE if name in body}
        record: Json = {"id": id, "externalId": "", "attributes": {}, "status": "active", "resellerId": RESELLER}
        record |= known
        return self._account.ok(self._stored(record))

    def _update(self, call: Call) -> Reply:
        customer, body = self._customer(call), call.json()
        self._check(call, [], body)
        known = {name: body[name] for name in UPDATABLE if name in body}
        return self._account.ok(self._stored({**customer, **known}))

    def _check(self, call: Call, problems: list[str], body: Json) -> None:
        if address := body.get("address"):
            problems += [f"address.{name} must not be empty" for name in ADDRESS_REQUIRED if not address.get(name)]
        for person in body.get("contactPersons") or ():
            problems += [
                f"contactPersons.{name} must not be empty" for name in CONTACT_REQUIRED if not person.get(name)
            ]
            if person.get("type") not in CONTACT_TYPES:
                problems.append(f"contactPersons.type must be one of {sorted(CONTACT_TYPES)}")
        if body.get("status", "active") not in STATUSES:
            problems.append(f"status must be one of {sorted(STATUSES)}")
        if problems:
            raise Refused(self._account.error(call, 400, "; ".join(problems)))

    def _stored(self, record: Json) -> Json:
        people = [
            {name: value for name, value in person.items() if name not in SECRET_OF_CONTACT}
            for person in record["contactPersons"]
        ]
        record = {**record, "contactPersons": people}
        return self._account.state.put("customers", record["id"], record)
