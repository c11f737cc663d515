"""One client over real HTTP: what is retried and what never is, how failures are told, and what is kept secret."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

import pytest

from connectors.http import BearerSecret, Client, Dialect, Explained, Pace, Redactor, RetryPolicy, SecretSource
from connectors.http import pool as pools
from connectors.http.options import Endpoint
from engine.errors import (
    AuthenticationError,
    ConnectorError,
    NotFound,
    PermissionMissing,
    ProtocolError,
    RateLimited,
    Rejected,
    Unreachable,
    UsageError,
)
from engine.ports import ConnectionContext

SECRET = "s3cret-t0ken-value"  # one that must never be seen anywhere
QUICK = RetryPolicy(attempts=3, first=0.01, longest=0.02, jitter=0.0, throttle=0.01, patience=5)


def explain(data: Any) -> Explained:
    return Explained(str(data.get("message", "")), str(data.get("code", ""))) if isinstance(data, dict) else Explained()


def vendor_permission(method: str, path: str) -> str:
    return f"{path.strip('/')} - {method}"


DIALECT = Dialect(explain=explain, permission=vendor_permission, request_ids=("x-correlation-id",))

Make = Callable[..., Client]


@pytest.fixture
async def make(script) -> AsyncIterator[Make]:
    clients: list[Client] = []

    def client(url: str = "", *, timeout: float = 5.0, secret: Callable[[str], str] = lambda _: SECRET, **more: Any):
        redactor = Redactor()
        more.setdefault("policy", QUICK)
        one = Client("shop", Endpoint(url or script.url, "", timeout), DIALECT, Pace(None), redactor, **more)
        context = ConnectionContext("shop", {"token": "env:TOKEN"}, secret)
        one.auth = BearerSecret(SecretSource(context, redactor), "token")
        clients.append(one)
        return one

    yield client
    for one in clients:
        await one.close()


class TestAnswers:
    async def test_numbers_are_decimals_and_the_vendors_request_id_is_kept(self, script, make, say) -> None:
        script.plan = [say(raw=b'{"price": 10.10}', headers={"X-Correlation-ID": "abc-1"})]
        reply = await make().request("GET", "/products", params=[("id[]", "1"), ("id[]", "2")])
        assert reply.data == {"price": Decimal("10.10")}
        assert reply.request_id == "abc-1"
        assert script.seen[0].target == "/products?id%5B%5D=1&id%5B%5D=2"
        assert script.seen[0].headers["authorization"] == f"Bearer {SECRET}"

    async def test_our_own_request_id_stands_in_for_a_missing_one(self, script, make) -> None:
        reply = await make().request("GET", "/")
        assert reply.request_id == script.seen[0].headers["x-request-id"]

    async def test_amounts_are_sent_with_exactly_their_digits(self, script, make) -> None:
        await make().request("PUT", "/products/1", body={"price": Decimal("10.10"), "stock": True})
        assert script.seen[0].body == b'{"price":10.10,"stock":true}'

    async def test_an_empty_answer_is_fine(self, script, make, say) -> None:
        script.plan = [say(status=204)]
        assert (await make().request("PUT", "/x", body={})).data is None

    async def test_cookies_are_not_kept(self, script, make, say) -> None:
        script.plan = [say({}, headers={"Set-Cookie": "session=1; Path=/"})]
        client = make()
        await client.request("GET", "/")
        await make().request("GET", "/")
        assert all("cookie" not in seen.headers for seen in script.seen)


CASES = [
    (400, Rejected),
    (401, AuthenticationError),
    (403, PermissionMissing),
    (404, NotFound),
    (409, Rejected),
    (410, NotFound),
    (422, Rejected),
    (500, Unreachable),
    (503, Unreachable),
    (302, ProtocolError),
]


class TestRefusals:
    @pytest.mark.parametrize("method", ["GET", "PUT"])
    @pytest.mark.parametrize(("status", "kind"), CASES)
    async def test_every_status_becomes_its_error(self, script, make, say, status, kind, method) -> None:
        answer = say({"message": "Name can't be blank", "code": "E7"}, status, {"X-Correlation-ID": "corr-9"})
        script.fallback = lambda seen: answer
        with pytest.raises(kind) as caught:
            await make().request(method, "/products")
        error = caught.value
        assert type(error) is kind
        assert (error.connection, error.request_id, error.status, error.code) == ("shop", "corr-9", status, "E7")
        for shown in ("Name can't be blank", "corr-9", f"{method} /products"):
            assert shown in str(error)

    async def test_a_missing_permission_is_named(self, script, make, say) -> None:
        script.plan = [say({}, 403)]
        with pytest.raises(PermissionMissing, match='permission "products - PUT" is missing') as caught:
            await make().request("PUT", "/products", body={})
        assert caught.value.permission == "products - PUT"

    @pytest.mark.parametrize("method", ["GET", "POST"])
    async def test_a_web_page_with_status_200_is_no_answer(self, script, make, say, method) -> None:
        script.plan = [say(raw=b"<html>Sign in</html>", content_type="text/html; charset=utf-8")]
        with pytest.raises(ProtocolError, match="an HTML page instead of JSON") as caught:
            await make().request(method, "/products")
        assert caught.value.maybe_sent is (method == "POST")
        assert len(script.seen) == 1

    async def test_a_redirect_is_not_followed(self, script, make, say) -> None:
        script.plan = [say(status=302, headers={"Location": "https://elsewhere.example/login?token=abc"})]
        with pytest.raises(ProtocolError, match=r"redirects to https://elsewhere\.example/login\. Check base_url"):
            await make().request("GET", "/")

    async def test_a_failure_dressed_as_a_success(self, script, make, say) -> None:
        dialect = Dialect(explain=explain, failed=lambda data: data.get("success") is False)
        client = make()
        client.dialect = dialect
        script.plan = [say({"success": False, "message": "no"})]
        with pytest.raises(Rejected, match="no"):
            await client.request("PUT", "/x", body={})


class TestRetries:
    @pytest.mark.parametrize("how", ["reset", "cut"])
    async def test_a_read_is_tried_again(self, script, make, say, how) -> None:
        script.plan = [say({"a": "b" * 50}, how=how), say({"ok": 1})]
        assert (await make().request("GET", "/")).data == {"ok": 1}

    async def test_a_read_survives_errors_of_the_server(self, script, make, say) -> None:
        script.plan = [say({}, 503), say({}, 500), say({"ok": 1})]
        assert (await make().request("GET", "/")).data == {"ok": 1}

    async def test_reads_are_not_tried_for_ever(self, script, make, say) -> None:
        script.fallback = lambda seen: say({}, 503)
        with pytest.raises(Unreachable, match="Nothing was written"):
            await make().request("GET", "/")
        assert len(script.seen) == 3

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
    @pytest.mark.parametrize("how", ["reset", "cut", "hang", 500, 502, 503, 408])
    async def test_a_write_that_may_have_arrived_is_sent_once(self, script, make, say, method, how) -> None:
        answer = say({"x": "y" * 50}, status=how) if isinstance(how, int) else say({"x": "y" * 50}, how=how)
        script.fallback = lambda seen: answer
        with pytest.raises(Unreachable, match="It may have been carried out") as caught:
            await make(timeout=0.2).request(method, "/products", body={"name": "x"})
        assert caught.value.maybe_sent
        assert len(script.seen) == 1

    async def test_nobody_at_the_address_is_told_with_the_address(self, make) -> None:
        with pytest.raises(Unreachable, match=r"cannot connect to http://127\.0\.0\.1:\d+ .*check base_url") as caught:
            await make("http://127.0.0.1:9/some-path").request("GET", "/things")
        assert "some-path" not in str(caught.value)

    async def test_a_write_that_met_no_server_was_not_sent(self, make) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}"
            with pytest.raises(Unreachable, match="It was not carried out") as caught:
                await make(url).request("POST", "/products", body={})
        assert not caught.value.maybe_sent

    @pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
    async def test_429_means_not_carried_out_so_even_a_write_may_be_sent_again(self, script, make, say, method) -> None:
        script.plan = [say({}, 429, {"Retry-After": "0.05"}), say({"ok": 1})]
        client = make()
        assert (await client.request(method, "/")).data == {"ok": 1}
        assert client.budget().throttled == 1

    async def test_retry_after_is_waited_for(self, script, make, say) -> None:
        script.plan = [say({}, 429, {"Retry-After": "0.3"})]
        loop = asyncio.get_running_loop()
        started = loop.time()
        await make().request("GET", "/")
        assert loop.time() - started >= 0.3

    async def test_a_429_holds_back_the_whole_connection(self, script, make, say) -> None:
        script.plan = [say({}, 429, {"Retry-After": "0.3"})]
        client, loop = make(), asyncio.get_running_loop()
        paused, pause = asyncio.Event(), client._pace.pause

        def pause_and_tell(seconds: float, note: str = "") -> None:
            pause(seconds, note)
            paused.set()

        client._pace.pause = pause_and_tell
        started = loop.time()
        first = asyncio.create_task(client.request("GET", "/first"))
        await paused.wait()
        await client.request("GET", "/second")
        assert loop.time() - started >= 0.3
        await first

    async def test_a_long_retry_after_is_reported_and_not_waited_for(self, script, make, say) -> None:
        script.plan = [say({}, 429, {"Retry-After": "3600"})]
        with pytest.raises(RateLimited, match="It was not carried out") as caught:
            await make().request("PUT", "/x", body={})
        assert caught.value.retry_after == 3600
        assert len(script.seen) == 1

    async def test_429_without_end(self, script, make, say) -> None:
        script.fallback = lambda seen: say({}, 429)
        with pytest.raises(RateLimited):
            await make().request("PUT", "/x", body={})
        assert len(script.seen) == 3


class TestCredentials:
    async def test_a_replaced_secret_is_picked_up_after_a_401(self, script, make, say) -> None:
        secrets = ["old-secret", "new-secret"]
        script.plan = [say({}, 401)]
        await make(secret=lambda _: secrets.pop(0)).request("PUT", "/x", body={"a": 1})
        assert [seen.headers["authorization"] for seen in script.seen] == ["Bearer old-secret", "Bearer new-secret"]

    async def test_the_same_secret_is_not_tried_twice(self, script, make, say) -> None:
        script.fallback = lambda seen: say({}, 401)
        with pytest.raises(AuthenticationError):
            await make().request("GET", "/")
        assert len(script.seen) == 1

    async def test_a_reference_that_leads_nowhere(self, script, make) -> None:
        def gone(reference: str) -> str:
            raise UsageError("environment variable TOKEN is not set")

        with pytest.raises(AuthenticationError, match=r"TOKEN is not set\. Nothing was sent"):
            await make(secret=gone).request("GET", "/")
        assert script.seen == []


class TestSecrecy:
    @pytest.mark.parametrize("method", ["GET", "POST"])
    @pytest.mark.parametrize(
        "how", ["hang", "reset", "cut", "html", "refused", 200, 301, 400, 401, 403, 404, 422, 429, 500]
    )
    async def test_the_secret_is_in_no_log_line_and_no_error(self, script, make, say, caplog, how, method) -> None:
        """Even a server that repeats the secret in each of its answers does not get it onto a screen."""
        caplog.set_level(logging.DEBUG)
        parrot = {"message": f"you sent Bearer {SECRET}", "code": "x"}
        headers = {"Location": f"https://x.example/?token={SECRET}", "Retry-After": "0.01"}
        answer = say(parrot, how, headers) if isinstance(how, int) else say(parrot, how=how)
        if how == "html":
            answer = say(raw=f"<html>{SECRET}</html>".encode(), content_type="text/html")
        script.fallback = lambda seen: answer
        client = make("http://127.0.0.1:9" if how == "refused" else "", timeout=0.2)
        try:
            await client.request(method, "/products", body=None if method == "GET" else {"a": 1})
        except ConnectorError as error:
            shown = f"{error} {error!r} {error.__cause__!r} {vars(error)}"
            assert SECRET not in shown
        else:
            assert how == 200
        ours = [record.getMessage() for record in caplog.records if record.name.startswith(("crosswalk", "stamina"))]
        assert ours
        assert SECRET not in caplog.text


class TestSharing:
    async def test_connections_of_a_loop_share_one_client_and_the_last_closes_it(self, script, make) -> None:
        one, other = make(), make()
        await one.request("GET", "/")
        await other.request("GET", "/")
        pool = one._lease.pool()
        assert pool is other._lease.pool()
        await one.close()
        assert not pool.http.is_closed
        await other.close()
        assert pool.http.is_closed
        await make().request("GET", "/")

    async def test_at_most_ten_requests_are_in_flight(self, script, make) -> None:
        script.gate = asyncio.Event()
        clients = [make(), make()]
        tasks = [asyncio.create_task(clients[n % 2].request("GET", f"/{n}")) for n in range(30)]
        async with script.arrived:
            await script.arrived.wait_for(lambda: script.in_flight == 10)
        script.gate.set()
        await asyncio.gather(*tasks)
        assert script.most_in_flight == 10
        assert len(script.seen) == 30

    def test_a_connection_outlives_its_loop(self, make_loops) -> None:
        assert make_loops() == [{}, {}]

    async def test_a_proxy_variable_does_not_capture_loopback(self, script, make, monkeypatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
        await make().request("GET", "/")
        assert len(script.seen) == 1

    def test_tls_is_verified(self) -> None:
        assert pools._authorities("").verify_mode is ssl.CERT_REQUIRED
        assert pools._authorities("").check_hostname

    @pytest.mark.parametrize(
        ("host", "loopback"),
        [
            ("127.0.0.1", True),
            ("::1", True),
            ("localhost", True),
            ("a.localhost", True),
            ("10.0.0.1", False),
            ("example.com", False),
        ],
    )
    def test_what_counts_as_loopback(self, host: str, loopback: bool) -> None:
        assert pools.is_loopback(host) is loopback


@pytest.fixture
def make_loops() -> Callable[[], list[Any]]:
    """The same client used in two event loops, one after the other, as several short commands would."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
        )
        await writer.drain()
        writer.close()

    def both() -> list[Any]:
        client: Client | None = None
        answers: list[Any] = []

        async def once() -> None:
            nonlocal client
            server = await asyncio.start_server(answer, "127.0.0.1", port)
            if client is None:
                client = Client("shop", Endpoint(url, "", 5.0), DIALECT, Pace(None), Redactor(), QUICK)
            answers.append((await client.request("GET", "/")).data)
            await client.close()
            server.close()

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        asyncio.run(once())
        asyncio.run(once())
        return answers

    return both
