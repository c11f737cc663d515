"""The rotating grant: one refresh at a time, its successor kept before use, and a clear word when it is lost."""

from __future__ import annotations

import asyncio
import json
import logging
import stat
from pathlib import Path
from typing import Any

import pytest

from connectors.http import GrantFile
from connectors.quickbooks import CONNECTOR
from connectors.sandbox.quickbooks_oauth import TOKEN_PATH
from engine.errors import AuthenticationError, UsageError
from engine.model import Kind
from engine.ports import ConnectionContext


def token_requests(served: Any) -> int:
    return sum(entry.path == TOKEN_PATH for entry in served.requests)


def api_requests(served: Any) -> int:
    return sum(entry.path.startswith("/v3/") for entry in served.requests)


def kept(tmp_path: Path) -> dict[str, Any]:
    return json.loads((tmp_path / "tokens" / "books.json").read_text())


class TestRotation:
    async def test_the_seed_is_used_once_and_its_successor_kept_for_its_owner_only(
        self, company, connect, everything, tmp_path
    ) -> None:
        served = company()
        await everything(connect(served), Kind.CUSTOMERS)
        file = tmp_path / "tokens" / "books.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert kept(tmp_path)["refresh_token"] == served.app.oauth.refresh_token != served.app.oauth.first
        assert [path.name for path in file.parent.iterdir()] == ["books.json"]

    async def test_the_next_process_needs_no_seed_and_no_new_token(self, company, connect, everything) -> None:
        served = company()
        await everything(connect(served), Kind.CUSTOMERS)
        secrets = {"client_secret": served.credentials["client_secret"]}
        assert await everything(connect(served, secrets=secrets), Kind.CUSTOMERS)
        assert served.app.oauth.refreshed == 1

    async def test_every_refresh_takes_the_successor_of_the_last(self, company, connect, everything, tmp_path) -> None:
        served = company()
        connector = connect(served)
        for turn in range(1, 5):
            served.app.oauth.expire()
            await everything(connector, Kind.CUSTOMERS)
            assert served.app.oauth.refreshed == turn
            assert kept(tmp_path)["refresh_token"] == served.app.oauth.refresh_token

    async def test_many_requests_at_once_refresh_once(self, company, connect, everything) -> None:
        served = company()
        connector = connect(served)
        await asyncio.gather(*(everything(connector, Kind.CUSTOMERS) for _ in range(8)))
        assert served.app.oauth.refreshed == 1
        served.app.oauth.expire()
        await asyncio.gather(*(everything(connector, Kind.CUSTOMERS) for _ in range(8)))
        assert served.app.oauth.refreshed == 2

    async def test_a_token_that_was_refreshed_elsewhere_is_taken_over(self, company, connect, everything) -> None:
        served = company()
        ours, theirs = connect(served), connect(served)
        await everything(ours, Kind.CUSTOMERS)
        served.app.oauth.expire()
        await everything(theirs, Kind.CUSTOMERS)
        await everything(ours, Kind.CUSTOMERS)
        assert served.app.oauth.refreshed == 2

    async def test_an_answer_that_is_lost_once_is_asked_for_again(self, company, connect, everything) -> None:
        served = company()
        served.app.faults.add("error", path=TOKEN_PATH)
        assert await everything(connect(served), Kind.CUSTOMERS)
        assert token_requests(served) == 2


class TestKeeping:
    async def test_no_token_is_used_up_when_its_successor_could_not_be_kept(
        self, company, connect, everything, monkeypatch
    ) -> None:
        served = company()

        def full(_self: GrantFile) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(GrantFile, "prove", full)
        connector = connect(served)
        with pytest.raises(
            AuthenticationError, match=r"could not be kept \(No space left on device\), so none was asked for"
        ):
            await everything(connector, Kind.CUSTOMERS)
        assert served.requests == []

    async def test_a_successor_that_cannot_be_saved_is_not_used_until_it_is(
        self, company, connect, everything, monkeypatch, tmp_path
    ) -> None:
        served = company()
        connector = connect(served)
        save, fail = GrantFile.save, [True]

        def sometimes(self: GrantFile, grant: Any) -> None:
            if fail:
                raise OSError(28, "No space left on device")
            save(self, grant)

        monkeypatch.setattr(GrantFile, "save", sometimes)
        for _ in range(2):
            with pytest.raises(AuthenticationError, match=r"No space left on device.*held by this process only"):
                await everything(connector, Kind.CUSTOMERS)
        assert (token_requests(served), api_requests(served)) == (1, 0)
        fail.clear()
        assert await everything(connector, Kind.CUSTOMERS)
        assert token_requests(served) == 1
        assert kept(tmp_path)["refresh_token"] == served.app.oauth.refresh_token

    async def test_without_a_file_the_grant_is_refused_with_the_reason(self, company, everything) -> None:
        served = company()
        options = {**served.options, "client_secret": "env:S", "refresh_token": "env:R"}
        connector = CONNECTOR.open(ConnectionContext("books", options, lambda reference: "secret"))
        with pytest.raises(AuthenticationError, match=r"rotates.*read-only reference .env:, command:. cannot hold it"):
            await everything(connector, Kind.CUSTOMERS)
        await connector.close()
        assert served.requests == []

    async def test_a_file_that_others_can_read_is_refused(self, company, connect, everything, tmp_path) -> None:
        served = company()
        await everything(connect(served), Kind.CUSTOMERS)
        (tmp_path / "tokens" / "books.json").chmod(0o644)
        with pytest.raises(AuthenticationError, match=r"can be read by others .*chmod 600"):
            await everything(connect(served), Kind.CUSTOMERS)

    async def test_a_damaged_file_falls_back_to_the_seed(self, company, connect, everything, tmp_path) -> None:
        served = company()
        file = tmp_path / "tokens" / "books.json"
        file.parent.mkdir()
        file.write_text('{"realm": ')
        file.chmod(0o600)
        assert await everything(connect(served), Kind.CUSTOMERS)
        assert kept(tmp_path)["realm"] == served.app.realm


class TestReconnecting:
    async def test_a_refused_grant_says_what_to_do_and_is_not_tried_again(self, company, connect, everything) -> None:
        served = company()
        connector = connect(served)
        served.app.oauth.disconnect()
        with pytest.raises(AuthenticationError, match=r"Reconnect needed.*put the new refresh token where") as caught:
            await everything(connector, Kind.CUSTOMERS)
        assert caught.value.code == "invalid_grant"
        assert (token_requests(served), api_requests(served)) == (1, 0)

    async def test_a_new_seed_is_found_after_connecting_again(self, company, connect, everything, tmp_path) -> None:
        served = company()
        secrets = dict(served.credentials)
        connector = connect(served, secrets=secrets)
        await everything(connector, Kind.CUSTOMERS)
        served.app.oauth.disconnect()
        with pytest.raises(AuthenticationError, match="Reconnect needed"):
            await everything(connector, Kind.CUSTOMERS)
        served.app.oauth.refresh_token = secrets["refresh_token"] = "RT1-connected-again"
        assert await everything(connector, Kind.CUSTOMERS)
        assert kept(tmp_path)["refresh_token"] == served.app.oauth.refresh_token

    async def test_a_wrong_client_secret_is_named(self, company, connect, everything) -> None:
        served = company()
        secrets = {**served.credentials, "client_secret": "not the secret"}
        with pytest.raises(AuthenticationError, match="client_id and client_secret were refused"):
            await everything(connect(served, secrets=secrets), Kind.CUSTOMERS)

    async def test_the_check_tells_and_tries_nothing_else(self, company, connect) -> None:
        served = company()
        served.app.oauth.disconnect()
        report = await connect(served).check()
        assert not report.ok
        assert "Reconnect needed" in report.items[0].message
        assert api_requests(served) == 0


class TestPinning:
    async def test_the_kept_grant_is_for_its_company_only(self, company, connect, everything) -> None:
        served = company()
        await everything(connect(served), Kind.CUSTOMERS)
        with pytest.raises(AuthenticationError, match="connected to company 4620816365001234, and realm_id says 99"):
            await everything(connect(served, realm_id="99"), Kind.CUSTOMERS)
        assert served.app.oauth.refreshed == 1

    async def test_tokens_of_another_company_are_refused_by_the_check(self, company, connect, tmp_path) -> None:
        served = company()
        report = await connect(served, realm_id="99", file=tmp_path / "other.json").check()
        assert not report.ok
        assert "belong to another company" in report.items[-1].message

    async def test_a_token_answer_that_names_another_company_is_refused(
        self, company, connect, everything, monkeypatch
    ) -> None:
        served = company()
        plain = served.app.oauth._token
        routes = served.app.routes

        def elsewhere(call: Any) -> Any:
            reply = plain(call)
            return type(reply)(200, json.dumps({**json.loads(reply.body), "realmId": "77"}).encode(), reply.headers)

        altered = [
            type(route)(route.method, route.path, elsewhere if route.path == TOKEN_PATH else route.handler)
            for route in routes
        ]
        monkeypatch.setattr(served.app, "routes", altered)
        with pytest.raises(AuthenticationError, match="for company 77, this connection is pinned"):
            await everything(connect(served), Kind.CUSTOMERS)
        assert api_requests(served) == 0


class TestSecrets:
    async def test_no_secret_reaches_a_log_line_a_message_or_the_repr(
        self, company, connect, everything, caplog
    ) -> None:
        served = company()
        secrets = dict(served.credentials)
        caplog.set_level(logging.DEBUG)
        connector = connect(served, secrets=secrets)
        await everything(connector, Kind.CUSTOMERS)
        second = served.app.oauth.refresh_token
        access = next(iter(served.app.oauth._access))
        served.app.oauth.disconnect()
        with pytest.raises(AuthenticationError) as caught:
            await everything(connector, Kind.CUSTOMERS)
        told = caplog.text + str(caught.value) + repr(connector)
        for secret in (*secrets.values(), second, access):
            assert secret not in told

    def test_options_are_checked_before_anything_is_sent(self) -> None:
        good = {"realm_id": "1", "client_id": "c", "client_secret": "env:S", "refresh_token": "env:R"}
        for wrong, message in (
            ({"realm_id": ""}, "option realm_id is required"),
            ({"realm_id": "company one"}, "realm_id is a number"),
            ({"refresh_token": ""}, "option refresh_token is required"),
            ({"token_url": "http://intuit.example/token"}, "token_url must be https"),
            ({"base_url": "nonsense"}, "base_url 'nonsense' needs a scheme"),
            ({"page_size": "1001"}, "page_size must be a whole number up to 1000"),
            ({"quantity_by": "magic"}, "quantity_by is adjustment or item"),
            ({"inventory_start_date": "1.1.2026"}, "inventory_start_date must be YYYY-MM-DD"),
        ):
            with pytest.raises(UsageError, match=message):
                CONNECTOR.open(ConnectionContext("books", {**good, **wrong}, str))
        assert CONNECTOR.open(ConnectionContext("books", good, str)).capabilities.price_xor_quantity
