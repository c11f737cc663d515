"""One connection's client: paced, signed, retried where that is safe, and speaking only ``Reply`` and ``engine.errors``."""

from __future__ import annotations

import logging
import random
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import stamina

from connectors.http import failures, wire
from connectors.http.auth import Auth
from connectors.http.failures import Asked, Dialect
from connectors.http.options import Endpoint
from connectors.http.pace import Pace, retry_after
from connectors.http.pool import Lease
from connectors.http.redact import Redactor
from engine.errors import AuthenticationError, ProtocolError, RateLimited, Unreachable
from engine.ports import Budget

log = logging.getLogger("crosswalk.http")
_CONNECT_TIMEOUT = 10.0
_AGENT = "crosswalk/0.1"

Params = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long to try. ``throttle`` seconds are waited after a 429 without ``Retry-After``, doubling.

    A ``Retry-After`` longer than ``patience`` is not waited for: the error carries it, and the run can be resumed.
    """

    attempts: int = 4
    first: float = 0.5
    longest: float = 8.0
    jitter: float = 0.5
    throttle: float = 5.0
    throttle_longest: float = 60.0
    patience: float = 120.0


@dataclass(frozen=True, slots=True)
class Reply:
    """A good answer. ``data`` is its JSON with fractions as ``Decimal``, or None for an empty body."""

    status: int
    data: Any
    headers: Mapping[str, str]
    request_id: str


class Client:
    """Requests of one connection. ``request`` is safe to call from many tasks of one loop at once."""

    def __init__(
        self,
        connection: str,
        where: Endpoint,
        dialect: Dialect,
        pace: Pace,
        redactor: Redactor,
        policy: RetryPolicy | None = None,
    ) -> None:
        self.connection, self.redactor, self.dialect = connection, redactor, dialect
        self.auth: Auth | None = None
        self._where, self._pace, self._policy = where, pace, policy or RetryPolicy()
        self._lease = Lease(where.base_url, where.ca_file)
        self._timeout = httpx.Timeout(where.timeout, connect=min(_CONNECT_TIMEOUT, where.timeout), pool=None)

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Params = (),
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        signed: bool = True,
        safe: bool | None = None,
    ) -> Reply:
        """Send one request and return its good answer; raise the fitting ``ConnectorError`` otherwise.

        ``safe`` requests change nothing (GET by default; a token request is too) and are retried after any failure to
        answer. A write is sent again only when it certainly was not carried out: no connection, or 429.
        ``signed=False`` leaves the authentication out (for the request that obtains it). A ``body`` of bytes goes as it
        is (a form; name its ``Content-Type`` in ``headers``), anything else as JSON.
        """
        safe = method in failures.READS if safe is None else safe
        context = stamina.retry_context(
            on=self._backoff(),
            attempts=self._policy.attempts,
            timeout=None,
            wait_initial=self._policy.first,
            wait_max=self._policy.longest,
            wait_jitter=self._policy.jitter,
        )
        async for attempt in context:
            with attempt:
                return await self._signed(method, path, params, body, headers or {}, signed, safe)
        raise AssertionError("a retry context ends with an answer or an error")  # pragma: no cover

    def budget(self) -> Budget:
        """The rate budget as of now."""
        return self._pace.budget()

    async def close(self) -> None:
        """Give the shared client back."""
        await self._lease.release()

    def _backoff(self) -> Callable[[Exception], bool | float]:
        """Decides after each failure: False to give up, True for the usual wait, 0.0 where the pace does the waiting."""
        policy, throttled = self._policy, 0

        def decide(error: Exception) -> bool | float:
            nonlocal throttled
            if isinstance(error, RateLimited):
                wait = error.retry_after
                if wait is None:
                    wait = min(policy.throttle * 2**throttled, policy.throttle_longest)
                throttled += 1
                self._pace.pause(wait + random.uniform(0, min(policy.jitter, wait / 4)), "the system answered 429")
                return 0.0 if wait <= policy.patience else False
            return isinstance(error, Unreachable) and not error.maybe_sent

        return decide

    async def _signed(
        self, method: str, path: str, params: Params, body: Any, headers: Mapping[str, str], signed: bool, safe: bool
    ) -> Reply:
        auth = self.auth if signed else None
        if auth is None:
            return await self._send(method, path, params, body, headers, safe)
        own = await auth.headers()
        try:
            return await self._send(method, path, params, body, {**headers, **own}, safe)
        except AuthenticationError:
            # A 401 is a refusal: the request was not carried out, so sending it again once is safe, a write too.
            if not await auth.renew(own):
                raise
        return await self._send(method, path, params, body, {**headers, **await auth.headers()}, safe)

    async def _send(
        self, method: str, path: str, params: Params, body: Any, headers: Mapping[str, str], safe: bool
    ) -> Reply:
        asked = Asked(self.connection, method, path, uuid.uuid4().hex, safe)
        content = body if body is None or isinstance(body, bytes) else wire.dumps(body)
        sent = {"Accept": "application/json", "User-Agent": _AGENT, "X-Request-ID": asked.request_id, **headers}
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        try:
            pool = self._lease.pool()
        except OSError as error:  # ssl.SSLError is one
            why = f"ca_file cannot be used: {error.strerror or error}. It needs certificates in PEM. Nothing was sent"
            raise Unreachable(why, connection=self.connection) from None
        await self._pace.turn()
        started = time.monotonic()
        try:
            async with pool.gate:
                answer = await pool.http.request(
                    method,
                    self._where.base_url + path,
                    params=httpx.QueryParams(list(params)) if params else None,
                    content=content,
                    headers=sent,
                    timeout=self._timeout,
                )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            failure = failures.from_transport(error, asked, self.redactor, self._where.timeout)
            self._log(asked, str(failure), started)
            # The cause is left out: its text and its request are the transport's and not redacted.
            raise failure from None
        return self._read(answer, asked, started)

    def _read(self, answer: httpx.Response, asked: Asked, started: float) -> Reply:
        """The reply, or the error that the answer means."""
        data, readable = _document(answer)
        theirs = next((answer.headers[name] for name in self.dialect.request_ids if name in answer.headers), "")
        told = self.dialect.explain(data).request_id if answer.status_code >= 400 else ""
        asked = Asked(asked.connection, asked.method, asked.path, theirs or told or asked.request_id, asked.safe)
        self._log(asked, str(answer.status_code), started)
        self._pace.heed(answer.headers)
        if answer.status_code == 503:
            wait = retry_after(answer.headers)
            if wait is not None and wait <= self._policy.patience:
                self._pace.pause(wait, "the system asked to wait (503)")
        if not answer.is_success:
            raise failures.from_answer(answer.status_code, answer.headers, data, asked, self.dialect, self.redactor)
        if not readable:
            why = "an HTML page" if "html" in answer.headers.get("content-type", "") else ""
            raise failures.unreadable(answer.status_code, answer.headers.get("content-type", ""), asked, why)
        if self.dialect.failed(data) or self.dialect.told(answer.headers):
            raise failures.from_answer(
                self.dialect.meant(data), answer.headers, data, asked, self.dialect, self.redactor
            )
        return Reply(answer.status_code, data, answer.headers, asked.request_id)

    def _log(self, asked: Asked, result: str, started: float) -> None:
        log.debug(
            "%s %s -> %s in %.0f ms, request %s",
            asked.connection,
            asked.text,
            self.redactor.clean(result),
            (time.monotonic() - started) * 1000,
            asked.request_id,
        )

    def protocol_error(self, message: str, request_id: str = "") -> ProtocolError:
        """An answer that is JSON but not the documented shape; only for reads."""
        return ProtocolError(
            f"{self.redactor.clean(message)}. Nothing was written", connection=self.connection, request_id=request_id
        )


def _document(answer: httpx.Response) -> tuple[Any, bool]:
    """The JSON of an answer (None when it has none) and whether the answer can be read at all."""
    if not answer.content.strip():
        return None, True
    try:
        return wire.loads(answer.content), True
    except ValueError:
        return None, False
