"""The control endpoint: a test (or a person with curl) looks into a sandbox and changes it, outside the vendor's API.

All below ``/_control``, with the header ``X-Control-Token``; never logged, never rate limited, never struck by a fault::

    GET    /_control                      name, table counts, number of requests, settings, permissions
    GET    /_control/tables/{table}       {"data": [...]}; ?offset= &limit=                  DELETE empties it
    GET    /_control/tables/{table}/{id}  PUT replaces or adds, PATCH merges, DELETE removes
    GET    /_control/log                  {"data": [...], "count": n}; ?since=number        DELETE clears
    GET    /_control/faults               POST adds one or a list, DELETE clears
    GET    /_control/permissions          PUT a list
    GET    /_control/truth                which records correspond (ground truth of the seed)
    PATCH  /_control/settings             latency_ms, rate, limit
    POST   /_control/expire               sessions and tokens handed out end now
    POST   /_control/release              held requests go on
    POST   /_control/reset                as started

A system may add operations of its own (``Sandbox.control_routes``).
"""

from __future__ import annotations

import hmac
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from connectors.sandbox.faults import Fault
from connectors.sandbox.limits import RateLimit
from connectors.sandbox.wire import Call, Json, Refused, Reply, Route, as_json, find

if TYPE_CHECKING:
    from connectors.sandbox.base import Sandbox

PREFIX = "/_control"
TOKEN_HEADER = "x-control-token"  # noqa: S105 - a header's name


def refuse(status: HTTPStatus, message: str) -> Refused:
    return Refused(as_json({"error": message}, status))


class Control:
    """Answers control calls for one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        table = "/tables/{table}/{id}"
        self._routes = (
            Route("GET", "", self._overview),
            Route("GET", "/tables/{table}", self._list),
            Route("DELETE", "/tables/{table}", self._empty),
            Route("GET", table, self._get),
            Route("PUT", table, self._put),
            Route("PATCH", table, self._patch),
            Route("DELETE", table, self._delete),
            Route("GET", "/log", self._log),
            Route("DELETE", "/log", self._clear_log),
            Route("GET", "/faults", self._faults),
            Route("POST", "/faults", self._add_faults),
            Route("DELETE", "/faults", self._clear_faults),
            Route("GET", "/permissions", self._permissions),
            Route("PUT", "/permissions", self._set_permissions),
            Route("GET", "/truth", lambda _call: as_json(self._sandbox.truth)),
            Route("PATCH", "/settings", self._settings),
            Route("POST", "/expire", self._expire),
            Route("POST", "/release", self._release),
            Route("POST", "/reset", self._reset),
            *sandbox.control_routes(),
        )

    def handle(self, call: Call) -> Reply:
        if not hmac.compare_digest(call.headers.get(TOKEN_HEADER, "").encode(), self._sandbox.control_token.encode()):
            return as_json({"error": f"the header {TOKEN_HEADER} is missing or wrong"}, HTTPStatus.UNAUTHORIZED)
        path = call.path.removeprefix(PREFIX)
        found = find(self._routes, call.method, path)
        if found is None:
            return as_json({"error": f"no control operation {call.method} {path}"}, HTTPStatus.NOT_FOUND)
        route, params = found
        try:
            return route.handler(Call(call.method, path, call.query, call.headers, call.body, call.client, params))
        except Refused as refused:
            return refused.reply
        except (ValueError, TypeError) as problem:
            return as_json({"error": str(problem)}, HTTPStatus.BAD_REQUEST)

    def _overview(self, _call: Call) -> Reply:
        box = self._sandbox
        return as_json(
            {
                "name": box.name,
                "tables": box.state.counts(),
                "requests": box.log.count,
                "latency_ms": box.latency_ms,
                "rate": box.limiter.rate,
                "limit": box.limiter.limit,
                "permissions": sorted(box.permissions),
            }
        )

    # -------------------------------------------------------------------------------- records
    def _rows(self, call: Call) -> dict[str, Json]:
        table = call.params["table"]
        tables = self._sandbox.state.tables
        if table not in tables:
            raise refuse(HTTPStatus.NOT_FOUND, f"no table {table!r}; there are {sorted(tables)}")
        return tables[table]

    def _list(self, call: Call) -> Reply:
        rows = self._rows(call)
        offset = call.number("offset", 0)
        part = slice(offset, offset + call.number("limit", len(rows)))
        return as_json({"data": list(rows.values())[part], "ids": list(rows)[part], "total": len(rows)})

    def _record(self, call: Call) -> Json:
        record = self._rows(call).get(call.params["id"])
        if record is None:
            raise refuse(HTTPStatus.NOT_FOUND, f"no {call.params['table']} {call.params['id']!r}")
        return record

    def _get(self, call: Call) -> Reply:
        return as_json(self._record(call))

    def _put(self, call: Call) -> Reply:
        self._rows(call)
        return as_json(self._sandbox.state.put(call.params["table"], call.params["id"], call.json()))

    def _patch(self, call: Call) -> Reply:
        merged = {**self._record(call), **call.json()}
        return as_json(self._sandbox.state.put(call.params["table"], call.params["id"], merged))

    def _delete(self, call: Call) -> Reply:
        record = self._record(call)
        self._sandbox.state.remove(call.params["table"], call.params["id"])
        return as_json(record)

    def _empty(self, call: Call) -> Reply:
        for id in list(self._rows(call)):
            self._sandbox.state.remove(call.params["table"], id)
        return self._list(call)

    # -------------------------------------------------------------------------------- log, faults, settings
    def _log(self, call: Call) -> Reply:
        log = self._sandbox.log
        entries = [entry.as_json() for entry in log.since(call.number("since", 0))]
        return as_json({"data": entries, "count": log.count})

    def _clear_log(self, _call: Call) -> Reply:
        self._sandbox.log.clear()
        return as_json({"count": 0})

    def _faults(self, _call: Call) -> Reply:
        return as_json({"data": [fault.as_json() for fault in self._sandbox.faults.active]})

    def _add_faults(self, call: Call) -> Reply:
        value: Any = json.loads(call.body)
        faults = [Fault.from_json(item) for item in (value if isinstance(value, list) else [value])]
        for fault in faults:
            self._sandbox.faults.add(fault)
        return self._faults(call)

    def _clear_faults(self, call: Call) -> Reply:
        self._sandbox.faults.clear()
        return self._faults(call)

    def _permissions(self, _call: Call) -> Reply:
        return as_json({"data": sorted(self._sandbox.permissions), "all": sorted(self._sandbox.all_permissions)})

    def _set_permissions(self, call: Call) -> Reply:
        wanted = set(json.loads(call.body))
        unknown = wanted - self._sandbox.all_permissions
        if unknown:
            raise ValueError(f"unknown permissions {sorted(unknown)}")
        self._sandbox.permissions = wanted
        return self._permissions(call)

    def _settings(self, call: Call) -> Reply:
        box, wanted = self._sandbox, call.json()
        unknown = set(wanted) - {"latency_ms", "rate", "limit"}
        if unknown:
            raise ValueError(f"unknown settings {sorted(unknown)}; there are latency_ms, rate, limit")
        box.latency_ms = float(wanted.get("latency_ms", box.latency_ms))
        if "rate" in wanted or "limit" in wanted:
            rate = float(wanted.get("rate", box.limiter.rate))
            box.limiter = RateLimit(int(wanted.get("limit", box.limiter.limit)), rate)
        return self._overview(call)

    def _expire(self, call: Call) -> Reply:
        self._sandbox.forget_sessions()
        return self._overview(call)

    def _release(self, call: Call) -> Reply:
        self._sandbox.release()
        return self._overview(call)

    def _reset(self, call: Call) -> Reply:
        self._sandbox.reset()
        return self._overview(call)
