"""Salesforce REST: one org, as Salesforce's pages and public clients have it.

Names, lengths and codes are Salesforce's own; the contract tests hold this module to documented shapes, and a community client
drives it. What differs between orgs is an argument: ``people`` (person accounts), ``several_currencies``, ``address_codes``
(states and countries are picklists), ``duplicates`` (duplicate rules), ``versions``. ``hidden`` holds ``Object.Field`` without field-level security for this user.

Faithful oddities: records fail one by one inside status 200; an error of a call is ``errorCode`` and one of a record
``statusCode``; a custom price needs a standard one; archived and deleted records are in queryAll only; pages may be short; the
daily limit is a 403 and says no time; a query's address has at most 16,384 bytes with its headers.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from connectors.sandbox import salesforce_seed as seed
from connectors.sandbox.base import Sandbox
from connectors.sandbox.crm_world import CrmWorld
from connectors.sandbox.log import LogEntry
from connectors.sandbox.salesforce_composite import Together
from connectors.sandbox.salesforce_fields import entities
from connectors.sandbox.salesforce_oauth import TOKEN_PATH, OAuth
from connectors.sandbox.salesforce_query import Queries
from connectors.sandbox.salesforce_records import Records
from connectors.sandbox.salesforce_shapes import Denied, described, listed, refused
from connectors.sandbox.wire import Call, Json, Refused, Reply, Route, as_json, find
from connectors.sandbox.world import World

__all__ = ["PERMISSIONS", "Salesforce"]

OBJECTS = (
    "Account",
    "Contact",
    "Opportunity",
    "OpportunityLineItem",
    "RecordType",
    "Pricebook2",
    "Product2",
    "PricebookEntry",
    "Order_Detail__c",
    "UC_Setup__c",
)
PERMISSIONS = frozenset({"api", *OBJECTS})
DATA = "/services/data/{version}"
DAY = 86_400.0
LONGEST = 16_384
LABELS = {"66": "Spring '26", "67": "Summer '26", "68": "Winter '27"}


class Salesforce(Sandbox):
    """One org. Takes a CRM world, or a reseller's world of the same seed and size."""

    name: ClassVar[str] = "salesforce"
    prefix: ClassVar[str] = ""
    vendor_limit: ClassVar[int] = 100_000
    all_permissions: ClassVar[frozenset[str]] = PERMISSIONS

    def __init__(
        self,
        world: World | CrmWorld,
        *,
        people: bool = True,
        several_currencies: bool = False,
        address_codes: bool = False,
        duplicates: bool = True,
        versions: Sequence[str] = ("66.0", "67.0", "68.0"),
        short_pages: int = 0,
        **settings: Any,
    ) -> None:
        self.people, self.versions, self.short_pages = people, tuple(versions), short_pages
        self.entities = entities(people=people, several_currencies=several_currencies, address_codes=address_codes)
        self.hidden: set[str] = set()
        self.oauth = OAuth("integration@acme.example", "https://login.salesforce.com")
        crm = CrmWorld.of(world)
        made = seed.tables(crm, self.entities, people=people)
        super().__init__(made, counters=seed.COUNTERS, truth=crm.truth(), **settings)
        self.records = Records(self.state, self.entities, self._seen, people=people, duplicates=duplicates)
        self.queries = Queries(self.state, self.entities, self._seen)
        self.together = Together(self.records, self._inside, self.state.take_back)
        self._calls: deque[float] = deque()

    def make_routes(self) -> Sequence[Route]:
        one = f"{DATA}/sobjects/{{entity}}"
        return (
            Route("POST", TOKEN_PATH, self.oauth.token),
            Route("GET", "/services/data", self._versions),
            Route("GET", f"{DATA}/limits", self._limits, "api"),
            Route("GET", f"{DATA}/query", self._query, "api"),
            Route("GET", f"{DATA}/queryAll", self._query, "api"),
            Route("GET", f"{DATA}/query/{{locator}}", self._more, "api"),
            Route("GET", f"{DATA}/queryAll/{{locator}}", self._more, "api"),
            Route("GET", f"{DATA}/sobjects", self._objects, "api"),
            Route("GET", f"{one}/describe", self._describe, "api"),
            Route("POST", one, self._create, "api"),
            Route("GET", f"{one}/{{id}}", self._read, "api"),
            Route("PATCH", f"{one}/{{id}}", self._update, "api"),
            Route("DELETE", f"{one}/{{id}}", self._delete, "api"),
            Route("PATCH", f"{one}/{{field}}/{{value}}", self._upsert, "api"),
            Route("POST", f"{DATA}/composite", self._composite, "api"),
            Route("POST", f"{DATA}/composite/sobjects", self._create_many, "api"),
            Route("PATCH", f"{DATA}/composite/sobjects", self._update_many, "api"),
            Route(
                "PATCH",
                f"{DATA}/composite/sobjects/{{entity}}/{{field}}",
                self._upsert_many,
                "api",
            ),
        )

    def control_routes(self) -> Sequence[Route]:
        """``PUT /hidden`` (a list), ``PUT /locks`` (id -> times), ``PUT /refusing`` (object -> words of a rule)."""
        return (
            Route("PUT", "/hidden", self._set_hidden),
            Route("PUT", "/locks", self._set_locks),
            Route("PUT", "/refusing", self._set_refusing),
        )

    def handle(self, call: Call) -> Reply:
        """As every sandbox; forms are read as arguments, refusals are told in Salesforce's words, usage in a header."""
        if call.headers.get("content-type", "").partition(";")[0] == "application/x-www-form-urlencoded":
            call = replace(call, query=(*call.query, *parse_qsl(call.body.decode(), keep_blank_values=True)), body=b"")
        if len(call.path) + len(call.query_text) + sum(len(k) + len(v) for k, v in call.headers.items()) > LONGEST:
            return Reply(414, b"URI Too Long", (("content-type", "text/plain"),))
        try:
            reply = super().handle(call)
        except Denied as denied:
            reply = denied.reply()
        usage = f"api-usage={len(self._calls)}/{self.limiter.limit}"
        return replace(reply, headers=(*reply.headers, ("Sforce-Limit-Info", usage))) if _counted(call) else reply

    def _inside(self, call: Call) -> Reply:
        """One part of a composite request: not counted, not signed again."""
        found = find(self.routes, call.method, call.path)
        if found is None or found[0].path == f"{DATA}/composite":
            return self.not_found(call)
        try:
            return found[0].handler(replace(call, params=found[1]))
        except Denied as denied:
            return denied.reply()
        except Refused as no:
            return no.reply

    # -------------------------------------------------------------------------------- metadata
    def _versions(self, _call: Call) -> Reply:
        return as_json(
            [
                {
                    "label": LABELS.get(version.partition(".")[0], f"Release {version}"),
                    "url": f"/services/data/v{version}",
                    "version": version,
                }
                for version in self.versions
            ]
        )

    def _limits(self, _call: Call) -> Reply:
        left = self.limiter.limit - len(self._calls)
        return as_json({"DailyApiRequests": {"Max": self.limiter.limit, "Remaining": left}})

    def _objects(self, call: Call) -> Reply:
        seen = [listed(one, call.params["version"]) for one in self.entities.values() if self._seen(one.name)]
        return as_json({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": seen})

    def _describe(self, call: Call) -> Reply:
        name = call.params["entity"]
        if name not in self.entities or not self._seen(name):
            raise refused("NOT_FOUND", "The requested resource does not exist", 404)
        kinds = [self._record_type(row) for row in self.state.rows("RecordType")] if name == "Account" else []
        return as_json(described(self.entities[name], call.params["version"], self.hidden, kinds))

    def _record_type(self, row: Json) -> Json:
        return {
            "active": row["IsActive"],
            "available": row["IsActive"] and row["Name"] != "Club Member",
            "defaultRecordTypeMapping": row["DeveloperName"] == "PersonAccount",
            "developerName": row["DeveloperName"],
            "master": False,
            "name": row["Name"],
            "recordTypeId": row["Id"],
            "urls": {"layout": f"/services/data/v67.0/sobjects/Account/describe/layouts/{row['Id']}"},
        }

    # -------------------------------------------------------------------------------- reading
    def _query(self, call: Call) -> Reply:
        text = call.arg("q")
        if not text:
            raise refused("MALFORMED_QUERY", "SOQL statements cannot be empty or null")
        every = call.path.rstrip("/").endswith("/queryAll")
        return as_json(self.queries.run(text, call.params["version"], self._batch(call), even_deleted=every))

    def _more(self, call: Call) -> Reply:
        locator, _, start = call.params["locator"].rpartition("-")
        if not start.isdigit():
            raise refused("INVALID_QUERY_LOCATOR", "invalid query locator")
        return as_json(self.queries.page(locator, int(start), call.params["version"], self._batch(call)))

    def _batch(self, call: Call) -> int:
        asked = re.search(r"batchSize=(\d+)", call.headers.get("sforce-query-options", ""))
        size = min(2000, max(200, int(asked[1]))) if asked else 2000
        return min(size, self.short_pages) if self.short_pages else size

    def _read(self, call: Call) -> Reply:
        name = call.params["entity"]
        row = self.records.get(name, call.params["id"]) if name in self.entities and self._seen(name) else None
        if row is None:
            raise refused("NOT_FOUND", "The requested resource does not exist", 404)
        return as_json(self.records.shown(name, row, call.params["version"]))

    # -------------------------------------------------------------------------------- writing
    def _create(self, call: Call) -> Reply:
        allowed = "allowsave=true" in call.headers.get("sforce-duplicate-rule-header", "").casefold()
        id = self.records.create(call.params["entity"], call.json(), allow_duplicates=allowed)
        return as_json({"id": id, "success": True, "errors": []}, 201)

    def _update(self, call: Call) -> Reply:
        self.records.update(call.params["entity"], call.params["id"], call.json())
        return Reply(204)

    def _delete(self, call: Call) -> Reply:
        self.records.delete(call.params["entity"], call.params["id"])
        return Reply(204)

    def _upsert(self, call: Call) -> Reply:
        params = call.params
        only = call.arg("updateOnly").casefold() == "true"
        id, made = self.records.upsert(
            params["entity"], params["field"], params["value"], call.json(), update_only=only
        )
        return as_json({"id": id, "success": True, "errors": [], "created": made}, 201 if made else 200)

    def _composite(self, call: Call) -> Reply:
        return self.together.composite(call)

    def _create_many(self, call: Call) -> Reply:
        return self.together.create(call)

    def _update_many(self, call: Call) -> Reply:
        return self.together.update(call)

    def _upsert_many(self, call: Call) -> Reply:
        return self.together.upsert(call)

    # -------------------------------------------------------------------------------- what a system must say
    def authenticate(self, call: Call, route: Route, /) -> None:
        if not route.permission:
            return
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if scheme not in {"Bearer", "OAuth"} or not self.oauth.holds(token):
            raise refused("INVALID_SESSION_ID", "Session expired or invalid", 401)
        if call.params["version"].removeprefix("v") not in self.versions:
            raise refused("NOT_FOUND", "The requested resource does not exist", 404)

    def deny(self, _call: Call, _permission: str, /) -> Reply:
        return refused("API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.", 403).reply

    def not_found(self, _call: Call, /) -> Reply:
        return refused("NOT_FOUND", "The requested resource does not exist", 404).reply

    def bad_body(self, _call: Call, reason: str, /) -> Reply:
        return refused("JSON_PARSER_ERROR", reason).reply

    def too_many(self, _call: Call, _wait: float, /) -> Reply:
        reply = refused("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403).reply
        usage = f"api-usage={self.limiter.limit}/{self.limiter.limit}"
        return replace(reply, headers=(*reply.headers, ("Sforce-Limit-Info", usage)))

    def failure(self, _call: Call, status: int, /) -> Reply:
        if status == 403:  # the code of the daily limit, for what passes within seconds
            return refused("REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.", status).reply
        return refused("SERVER_UNAVAILABLE", "The server is too busy to respond.", status).reply

    def page_before(self, call: Call) -> Call:
        head, _, start = call.path.rpartition("-")
        if "/query/" not in call.path or not start.isdigit():
            return call
        return replace(call, path=f"{head}-{max(0, int(start) - self._batch(call))}")

    def forget_sessions(self) -> None:
        self.oauth.expire()

    def reset(self) -> None:
        """As started, the first refresh token included."""
        super().reset()
        self.oauth.restart()
        self.queries.clear()
        self.hidden.clear()
        self.records.locks.clear()
        self.records.refusing.clear()
        self._calls.clear()

    def credentials(self) -> dict[str, str]:
        return {"client_secret": self.oauth.client_secret}

    def options(self, base_url: str) -> dict[str, str]:
        return {
            "base_url": base_url,
            "client_id": self.oauth.client_id,
            "external_id_field": "UC_Item_Id__c",
            "backoff_seconds": "0.01",
        }

    def _plainly(self, call: Call, entry: LogEntry) -> Reply:
        """The limit counts every call of a day (of a day's share of a faster clock)."""
        if _counted(call):
            now, rate = time.monotonic(), self.limiter.rate
            while rate and self._calls and now - self._calls[0] >= DAY / rate:
                self._calls.popleft()
            if rate and len(self._calls) >= self.limiter.limit:
                return self.too_many(call, 0.0)
            self._calls.append(now)
        return self._apply(call, entry)

    def _seen(self, name: str) -> bool:
        """Whether an object, or ``Object.Field``, is visible to the integration user."""
        return name.partition(".")[0] in self.permissions and name not in self.hidden

    # -------------------------------------------------------------------------------- control
    def _set_hidden(self, call: Call) -> Reply:
        self.hidden = set(call.json().get("hidden", ()))
        return as_json(sorted(self.hidden))

    def _set_locks(self, call: Call) -> Reply:
        self.records.locks = {str(id): int(times) for id, times in call.json().items()}
        return as_json(self.records.locks)

    def _set_refusing(self, call: Call) -> Reply:
        self.records.refusing = {str(name): str(words) for name, words in call.json().items()}
        return as_json(self.records.refusing)


def _counted(call: Call) -> bool:
    return call.path.startswith("/services/data/v")
