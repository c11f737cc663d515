"""The store's operations: one GraphQL document each, within the store's points, and lists read to their end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from connectors.http import Client, ReadLedger, Redactor, Reply, RetryPolicy
from connectors.shopify.auth import sign_in
from connectors.shopify.errors import DIALECT, TOO_COSTLY, is_throttled, problem
from connectors.shopify.operations import Operation
from connectors.shopify.pace import CostPace, cost_of
from connectors.shopify.settings import Settings
from engine.errors import ConnectorError, ProtocolError, RateLimited, Rejected, Unreachable
from engine.ports import ConnectionContext

Row = dict[str, Any]
_PATH = "/graphql.json"
_ATTEMPTS = 6  # of one request that the store throttles, or of a read that fails inside Shopify
_SAFE_SHARE = 0.9  # of the points one query may cost, for a page
_DEAREST = 1000.0  # points of one query, whatever the plan (shopify.dev, "GraphQL Admin API rate limits")
#: Shopify pages through 25,000 records of a list at most: after so many the list goes on from the last id.
WINDOW = 20_000


class Api:
    """The requests of one connection."""

    def __init__(self, context: ConnectionContext, settings: Settings) -> None:
        redactor = Redactor()
        self.pace = CostPace()
        self.settings = settings
        self.client = Client(context.name, settings.where, DIALECT, self.pace, redactor, RetryPolicy(throttle=1.0))
        self.client.auth, self._others = sign_in(context, settings, redactor)
        self._costs: dict[tuple[str, Any], float] = {}
        self._sizes: dict[str, int] = {}

    async def close(self) -> None:
        for client in (self.client, *self._others):
            await client.close()

    async def run(self, operation: Operation, variables: Mapping[str, Any]) -> tuple[Any, Reply]:
        """What the operation's root field answers. Raises the ``ConnectorError`` that a top-level error means.

        A throttled request was not carried out: it is sent again when the store has the points for it.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            reply = await self._send(operation, variables)
            if isinstance(reply.data, Mapping) and is_throttled(reply.data):
                cost = self._expected(operation, variables)
                if not self.pace.holds(cost):
                    raise self._too_costly(operation, reply.request_id, cost)
                seconds = self.pace.throttled(cost, attempt)
                if attempt == _ATTEMPTS:
                    raise self._throttled(operation, reply.request_id, seconds)
                continue
            found = problem(
                operation,
                reply.data,
                connection=self.client.connection,
                request_id=reply.request_id,
                redactor=self.client.redactor,
            )
            if found is None:
                return reply.data["data"][operation.field], reply
            if not isinstance(found, Unreachable) or operation.writes or attempt == _ATTEMPTS:
                raise found
            self.pace.pause(0.25 * 2**attempt, "Shopify failed inside and is asked again")
        raise AssertionError("the last attempt returns or raises")  # pragma: no cover

    async def pages(
        self, operation: Operation, what: str, query: str = "", variables: Mapping[str, Any] | None = None
    ) -> AsyncIterator[list[Row]]:
        """All records of a list by id, every one once; complete or ``IncompleteRead``. ``query`` is Shopify's search."""
        ledger = ReadLedger(self.client.connection, what)
        after, search, since = None, query, 0
        while True:
            asked = {**(variables or {}), "after": after, "query": search or None}
            connection, reply = await self._page(operation, asked)
            rows, more, cursor = self._read(operation, connection, reply)
            ledger.page([str(row["id"]) for row in rows], None)
            yield rows
            if not more:
                ledger.finish()
                return
            if not rows or not cursor or cursor == after:
                raise ledger.incomplete("it says that there are more and does not go on")
            after, since = cursor, since + len(rows)
            if since >= WINDOW:
                last = int(str(rows[-1]["id"]).rpartition("/")[2])
                after, since, search = None, 0, f"{query} id:>={last + 1}".strip()

    def nodes(self, operation: Operation, connection: Any, request_id: str) -> list[Row]:
        """The records of a connection object. Raises ``ProtocolError`` for anything else."""
        rows = connection.get("nodes") if isinstance(connection, Mapping) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) and row.get("id") for row in rows):
            raise self.client.protocol_error(f"the answer to {operation.field} is no list of records", request_id)
        return rows

    def unreadable(self, what: str, error: Exception) -> ProtocolError:
        return self.client.protocol_error(f"{what} cannot be read: {error}")

    def typical_cost(self) -> float | None:
        """Points of the dearest kind of request so far, or None before the first."""
        return max(self._costs.values(), default=None)

    async def _page(self, operation: Operation, variables: Mapping[str, Any]) -> tuple[Any, Reply]:
        """One page, as large as one query may cost; what the store calls too costly is halved."""
        while True:
            size = self._sizes.setdefault(operation.name, self._first_size(operation))
            try:
                return await self.run(operation, {**variables, "first": size})
            except Rejected as error:
                if error.code != TOO_COSTLY or size == 1:
                    raise
                self._sizes[operation.name] = max(1, size // 2)

    def _first_size(self, operation: Operation) -> int:
        return max(1, min(self.settings.page_size, int(_DEAREST * _SAFE_SHARE / operation.cost)))

    def _read(self, operation: Operation, connection: Any, reply: Reply) -> tuple[list[Row], bool, str]:
        rows = self.nodes(operation, connection, reply.request_id)
        info = connection.get("pageInfo")
        if not isinstance(info, Mapping) or not isinstance(info.get("hasNextPage"), bool):
            raise self.client.protocol_error(f"the answer to {operation.field} has no pageInfo", reply.request_id)
        return rows, info["hasNextPage"], str(info.get("endCursor") or "")

    async def _send(self, operation: Operation, variables: Mapping[str, Any]) -> Reply:
        body = {"query": operation.text, "variables": dict(variables), "operationName": operation.name}
        async with self.pace.spend(self._expected(operation, variables)):
            reply = await self.client.request("POST", _PATH, body=body, safe=not operation.writes)
            told = cost_of(reply.data) if isinstance(reply.data, Mapping) else None
            if told is not None:
                self.pace.learn(told)
                if told.requested:
                    self._costs[operation.name, variables.get("first")] = told.requested
        return reply

    def _expected(self, operation: Operation, variables: Mapping[str, Any]) -> float:
        first = variables.get("first")
        return self._costs.get((operation.name, first)) or operation.cost * (first or 1)

    def _too_costly(self, operation: Operation, request_id: str, cost: float) -> Rejected:
        return Rejected(
            f"{operation.field} costs {cost:g} points, more than the store ever gives (request {request_id}). It was not "
            "carried out",
            connection=self.client.connection,
            request_id=request_id,
            code=TOO_COSTLY,
            status=200,
        )

    def _throttled(self, operation: Operation, request_id: str, seconds: float) -> ConnectorError:
        error = RateLimited(
            f"{operation.field} was throttled {_ATTEMPTS} times (request {request_id}): something else uses up the app's "
            "points in this store. It was not carried out",
            connection=self.client.connection,
            request_id=request_id,
            code="THROTTLED",
            status=200,
        )
        error.retry_after = seconds
        return error
