"""QuickBooks Online, Accounting API v3: one company, as Intuit's pages and public clients have it.

Names and types are those of Intuit's own schema (``quickbooks_Finance.xsd``); the contract tests hold this module to it, and two
community clients drive it. What no document settles is an argument: ``touches`` (whether a sale changes its item's SyncToken
and time), ``by_number`` (whether adjustments can be asked for by DocNumber), ``adjusts`` (whether the edition has
them) and ``mild`` (faults come with status 200).

Faithful oddities: ``*`` leaves the SKU out; inactive records are hidden unless asked for; an empty result has no key;
a 401 is spelled in lower case; 429 has no Retry-After; the entries of a batch fail one by one inside status 200; the same
``requestid`` gets the first answer again.

A control operation of its own::

    POST  /_control/sell          {"item": "12", "quantity": 2, "number": "1001"}: an invoice of a bookkeeper takes units
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from connectors.sandbox import quickbooks_query as queries
from connectors.sandbox import quickbooks_seed as seed
from connectors.sandbox.base import Sandbox
from connectors.sandbox.faults import Fault
from connectors.sandbox.limits import RateLimit
from connectors.sandbox.log import LogEntry
from connectors.sandbox.quickbooks_oauth import TOKEN_PATH, OAuth
from connectors.sandbox.quickbooks_objects import BY_TABLE, Objects
from connectors.sandbox.quickbooks_shapes import (
    SYSTEM,
    Faulted,
    answer,
    as_xml,
    fault,
    refused,
    unauthorized,
    wrong_company,
)
from connectors.sandbox.store_world import StoreWorld
from connectors.sandbox.wire import Call, Json, Refused, Reply, Route, as_json
from connectors.sandbox.world import World

__all__ = ["PERMISSIONS", "QuickBooks"]

PERMISSIONS = frozenset({"com.intuit.quickbooks.accounting"})
COMPANY = "/v3/company/{realm}"
A_SECOND, BATCHES = 10, 40
LARGEST_BATCH, MOST_CHANGES = 30, 1000
SECONDS_IN_A_MINUTE = 60


class QuickBooks(Sandbox):
    """One company of one app. Takes a store world, or a reseller's world of the same seed and size."""

    name: ClassVar[str] = "quickbooks"
    prefix: ClassVar[str] = ""
    vendor_limit: ClassVar[int] = 500
    all_permissions: ClassVar[frozenset[str]] = PERMISSIONS

    def __init__(
        self,
        world: World | StoreWorld,
        *,
        realm: str = "4620816365001234",
        client_id: str = "ABsandboxClientId",
        token_seconds: float = 3600,
        touches: bool = False,
        by_number: bool = True,
        adjusts: bool = True,
        mild: bool = False,
        **settings: Any,
    ) -> None:
        self.realm, self.by_number, self.mild, self.adjusts = realm, by_number, mild, adjusts
        self.oauth = OAuth(client_id, token_seconds)
        stores = StoreWorld.of(world)
        super().__init__(seed.tables(stores), truth=stores.truth(), **settings)
        self.objects = Objects(self.state, touches=touches, adjusts=adjusts)
        self._narrow: dict[float, tuple[RateLimit, RateLimit]] = {}

    def make_routes(self) -> Sequence[Route]:
        scope = "com.intuit.quickbooks.accounting"
        return (
            *self.oauth.routes(),
            Route("GET", f"{COMPANY}/query", self._query, scope),
            Route("POST", f"{COMPANY}/query", self._query, scope),
            Route("GET", f"{COMPANY}/cdc", self._cdc, scope),
            Route("POST", f"{COMPANY}/batch", self._batch, scope),
            Route("GET", f"{COMPANY}/companyinfo/{{id}}", self._company, scope),
            Route("GET", f"{COMPANY}/{{table}}/{{id}}", self._read, scope),
            Route("POST", f"{COMPANY}/{{table}}", self._save, scope),
        )

    def handle(self, call: Call) -> Reply:
        """As every sandbox; forms and queries sent as text are read as arguments first."""
        kind = call.headers.get("content-type", "").partition(";")[0]
        if kind == "application/text":
            call = replace(call, query=(*call.query, ("query", call.body.decode())), body=b"")
        elif kind == "application/x-www-form-urlencoded":
            call = replace(call, query=(*call.query, *parse_qsl(call.body.decode(), keep_blank_values=True)), body=b"")
        try:
            return super().handle(call)
        except Faulted as faulted:
            return self._faulted(faulted)

    # -------------------------------------------------------------------------------- reading
    def _query(self, call: Call) -> Reply:
        return answer({"QueryResponse": self._found(call.arg("query"))})

    def _found(self, text: str) -> Json:
        query = queries.parse(text)
        if query.entity.lower() not in BY_TABLE:
            raise Faulted("4001", f"Invalid context declaration: {query.entity}")
        query.entity = BY_TABLE[query.entity.lower()]
        if query.entity == "InventoryAdjustment":
            if not self.adjusts:
                raise Faulted("6000", "Business Validation Error: this edition has no inventory adjustments")
            if not self.by_number and any(name == "DocNumber" for name, _, _ in query.conditions):
                raise Faulted("4001", "Property DocNumber not found for Entity InventoryAdjustment")
        return queries.run(query, self.state.rows(query.entity.lower()))

    def _read(self, call: Call) -> Reply:
        entity = self._entity(call)
        row = self.state.get(entity.lower(), call.params["id"])
        if row is None:
            raise Faulted("610", f"Object Not Found : {entity} {call.params['id']}")
        return answer({entity: row})

    def _company(self, _call: Call) -> Reply:
        name = "Sandbox Company_US_1"
        return answer(
            {
                "CompanyInfo": {
                    "Id": "1",
                    "SyncToken": "4",
                    "CompanyName": name,
                    "LegalName": name,
                    "Country": "US",
                    **seed.ASIDE,
                }
            }
        )

    def _cdc(self, call: Call) -> Reply:
        try:
            since = queries.moment(call.arg("changedSince").replace(" ", "+"))
        except ValueError:
            raise Faulted("4001", "changedSince is no date with time") from None
        left, parts = MOST_CHANGES, []
        for name in call.arg("entities").split(","):
            entity = BY_TABLE.get(name.strip().lower(), "")
            rows = self._changed(entity, since)[:left] if entity else []
            left -= len(rows)
            hidden = queries.HIDDEN_COLUMNS.get(entity, frozenset())
            shown = [{key: value for key, value in row.items() if key not in hidden} for row in rows]
            parts.append({entity: shown, "startPosition": 1, "maxResults": len(rows)} if rows else {})
        return answer({"CDCResponse": [{"QueryResponse": parts}]})

    def _changed(self, entity: str, since: Any) -> list[Json]:
        gone = [row for key, row in self.state.tables["gone"].items() if key.startswith(f"{entity}/")]
        rows = [*self.state.rows(entity.lower()), *gone]
        return [row for row in rows if queries.moment(row["MetaData"]["LastUpdatedTime"]) >= since]

    # -------------------------------------------------------------------------------- writing
    def _save(self, call: Call) -> Reply:
        entity = self._entity(call)

        def act() -> Json:
            return {entity: self._act(entity, call.arg("operation"), call.json())}

        return self._once(call, act)

    def _act(self, entity: str, operation: str, body: Json) -> Json:
        return self.objects.delete(entity, body) if operation == "delete" else self.objects.save(entity, body)

    def _batch(self, call: Call) -> Reply:
        entries = call.json().get("BatchItemRequest") or []
        if len(entries) > LARGEST_BATCH:
            raise Faulted("4001", f"Max number of batch items is {LARGEST_BATCH}")
        return self._once(call, lambda: {"BatchItemResponse": [self._entry(entry) for entry in entries]})

    def _entry(self, entry: Json) -> Json:
        told = {"bId": entry.get("bId")}
        try:
            if "Query" in entry:
                return {**told, "QueryResponse": self._found(entry["Query"])}
            entity = next((name for name in entry if name in BY_TABLE.values()), "")
            if not entity:
                raise Faulted("2010", "an entry needs an object")
            return {**told, entity: self._act(entity, str(entry.get("operation")), entry[entity])}
        except Faulted as faulted:
            return {**told, "Fault": faulted.fault}

    def _once(self, call: Call, act: Any) -> Reply:
        """Carry a write out; the same ``requestid`` gets the first answer again. A fault is not remembered."""
        key = call.arg("requestid")
        if len(key) > 50:
            raise Faulted("2050", "requestid is longer than 50 characters", "requestid")
        known = self.state.get("request", key) if key else None
        content = known or act()
        if key and known is None:
            self.state.put("request", key, content)
        return answer(content)

    def _entity(self, call: Call) -> str:
        entity = BY_TABLE.get(call.params["table"])
        if entity is None:
            raise refused(
                HTTPStatus.BAD_REQUEST, {"Fault": fault("2010", f"Unsupported operation {call.params['table']}")}
            )
        return entity

    # -------------------------------------------------------------------------------- what happens meanwhile
    def sell(self, item: str, quantity: int, number: str = "") -> Json:
        """Somebody writes an invoice in QuickBooks; its units leave the stock."""
        customer = next(iter(self.state.tables["customer"]))
        detail = {"ItemRef": {"value": item}, "Qty": quantity}
        body = {
            "CustomerRef": {"value": customer},
            "Line": [{"DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}],
            **({"DocNumber": number} if number else {}),
        }
        return self.objects.save("Invoice", body)

    def control_routes(self) -> Sequence[Route]:
        return (Route("POST", "/sell", lambda call: as_json(self.sell(**call.json()))),)

    # -------------------------------------------------------------------------------- what a system must say
    def authenticate(self, call: Call, route: Route, /) -> None:
        if not route.path.startswith(COMPANY):
            return
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self.oauth.holds(token):
            raise unauthorized()
        if call.params["realm"] != self.realm:
            raise wrong_company()
        if "json" not in call.headers.get("accept", ""):
            raise Refused(as_xml())

    def deny(self, _call: Call, _permission: str, /) -> Reply:
        return wrong_company().reply

    def not_found(self, _call: Call, /) -> Reply:
        return answer({"Fault": fault("610", "no such address")}, 404)

    def bad_body(self, _call: Call, reason: str, /) -> Reply:
        return answer({"Fault": fault("2010", f"Request body cannot be parsed: {reason}")}, 400)

    def too_many(self, _call: Call, _wait: float, /) -> Reply:
        throttled = fault("3001", "", kind="THROTTLE")
        throttled["Error"][0]["Message"] = "message=ThrottleExceeded; errorCode=003001; statusCode=429"
        return answer({"Fault": throttled}, 429)

    def failure(self, _call: Call, status: int, /) -> Reply:
        return answer({"Fault": fault("10000", "An unexpected error occurred", kind=SYSTEM)}, status)

    def page_before(self, call: Call) -> Call:
        text = call.arg("query")
        size = re.search(r"(?i)maxresults\s+(\d+)", text)

        def earlier(found: re.Match[str]) -> str:
            return f"{found[1]}{max(1, int(found[2]) - int(size[1] if size else queries.DEFAULT))}"

        changed = re.sub(r"(?i)(startposition\s+)(\d+)", earlier, text)
        query = (*((key, value) for key, value in call.query if key != "query"), ("query", changed))
        return replace(call, query=query)

    def forget_sessions(self) -> None:
        self.oauth.expire()

    def _lose_permission(self, _fault: Fault, _call: Call) -> None:
        """There is one scope: without it the app is disconnected, and its refresh token is refused."""
        self.oauth.disconnect()

    def reset(self) -> None:
        """As started, the first refresh token included."""
        super().reset()
        self.oauth.restart()
        self._narrow.clear()

    def credentials(self) -> dict[str, str]:
        return {"client_secret": self.oauth.client_secret, "refresh_token": self.oauth.refresh_token}

    def options(self, base_url: str) -> dict[str, str]:
        rate = self.limiter.rate
        return {
            "base_url": base_url,
            "token_url": base_url + TOKEN_PATH,
            "realm_id": self.realm,
            "client_id": self.oauth.client_id,
            "adjustment_account": "Inventory Shrinkage",
            "income_account": "Sales of Product Income",
            "asset_account": "Inventory Asset",
            "expense_account": "Cost of Goods Sold",
            # below the vendor's limits by the margin that an operator would keep
            "rate_per_minute": f"{self.limiter.per_minute * 0.8:g}" if rate else "1000000",
            "batches_per_minute": f"{BATCHES * rate * 0.95:g}" if rate else "1000000",
            "backoff_seconds": f"{60 / rate:g}" if rate else "1",
        }

    def _plainly(self, call: Call, entry: LogEntry) -> Reply:
        """The limits count per company: by the minute, by the second, and batches of their own."""
        if call.path.startswith("/v3/"):
            realm = call.path.split("/")[3]
            limits = [self.limiter, *self._narrower(call)]
            for limit in limits:
                if wait := limit.wait(realm):
                    return self.too_many(call, wait)
        return self._apply(call, entry)

    def _narrower(self, call: Call) -> list[RateLimit]:
        rate = self.limiter.rate
        if rate not in self._narrow:
            # a faster clock has more requests in the same second: a window of milliseconds would count the machine's jitter
            each_second = RateLimit(max(1, int(A_SECOND * rate)), SECONDS_IN_A_MINUTE if rate else 0)
            self._narrow[rate] = each_second, RateLimit(BATCHES, rate)
        second, batches = self._narrow[rate]
        return [second, batches] if call.path.endswith("/batch") else [second]

    def _faulted(self, faulted: Faulted) -> Reply:
        return answer({"Fault": faulted.fault}, 200 if self.mild else 400)
