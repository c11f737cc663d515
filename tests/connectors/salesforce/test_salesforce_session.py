"""Sessions: three grants, a new one after a 401, versions, the daily limit, and secrets that stay secret."""

from __future__ import annotations

import asyncio
import json
import logging
import stat
import sys

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.salesforce import CONNECTOR
from engine.errors import AuthenticationError, Parked, PermissionMissing, Rejected, UsageError
from engine.model import Kind
from engine.ports import ConnectionContext, Result

TOKEN = "/services/oauth2/token"
DATA = "/services/data/v67.0"


def tokens(served) -> int:
    return sum(entry.path == TOKEN for entry in served.requests)


@pytest.fixture(scope="session")
def key_pair() -> tuple[str, bytes]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public


@pytest.fixture
def by_jwt(org, connect, key_pair):
    def start(**options: str):
        served = org()
        served.app.oauth.public_key = key_pair[1]
        given = {"auth": "jwt", "username": "integration@acme.example", **options}
        return served, connect(served, secrets={"private_key": key_pair[0]}, **given)

    return start


@pytest.fixture
def by_refresh(org, connect):
    def start(secrets=None, **options: str):
        served = org()
        known = secrets or {**served.credentials, "refresh_token": served.app.oauth.first}
        return served, lambda **more: connect(served, secrets=known, auth="refresh_token", **options, **more)

    return start


class TestClientCredentials:
    async def test_one_sign_in_serves_many_at_once_and_a_401_is_replayed(self, org, connect, everything) -> None:
        served = org()
        connector = connect(served)
        first = await asyncio.gather(*(everything(connector) for _ in range(4)))
        assert tokens(served) == 1
        served.app.oauth.expire()
        again = await asyncio.gather(*(everything(connector) for _ in range(4)))
        assert first == again
        assert tokens(served) == 2

    async def test_a_write_is_replayed_after_a_401_exactly_once(self, org, connect, row_of, write_of, entry_of) -> None:
        served = org()
        connector = connect(served)
        row = row_of(served)
        await connector.read_some(Kind.PRODUCTS, [row["Id"]])
        writes = [write_of(served, row, price="12.34")]
        served.app.oauth.expire()
        (outcome,) = await connector.write(writes)
        assert outcome.result == "applied"
        assert entry_of(served, row["Id"])["UnitPrice"] == 12.34

    async def test_a_refused_app_is_told_with_advice(self, org, connect, everything) -> None:
        served = org()
        with pytest.raises(AuthenticationError, match=r"invalid client credentials.*Check client_id and client_secret"):
            await everything(connect(served, secrets={"client_secret": "wrong"}))
        assert tokens(served) == len(served.requests) == 1
        report = await connect(served, secrets={"client_secret": "wrong"}).check()
        assert not report.ok

    async def test_an_instance_that_is_not_encrypted_is_refused(self, org, connect, everything, monkeypatch) -> None:
        served = org()
        plain = served.app.oauth._session

        def elsewhere(call, more=None):
            reply = plain(call, more)
            body = {**json.loads(reply.body), "instance_url": "http://evil.example"}
            return type(reply)(200, json.dumps(body).encode(), reply.headers)

        monkeypatch.setattr(served.app.oauth, "_session", elsewhere)
        with pytest.raises(Exception, match=r"instance_url is no good.*https"):
            await everything(connect(served))


class TestJwt:
    async def test_a_signed_assertion_opens_a_session(self, by_jwt, everything) -> None:
        _, connector = by_jwt()
        assert await everything(connector)

    async def test_what_is_wrong_with_an_assertion_is_told(self, by_jwt, everything) -> None:
        for options, words in (
            ({"username": "other@acme.example"}, "user hasn't approved this consumer.*pre-authorized"),
            ({"audience": "https://test.salesforce.com"}, "audience is invalid"),
        ):
            _, connector = by_jwt(**options)
            with pytest.raises(AuthenticationError, match=words):
                await everything(connector)

    async def test_a_key_that_is_none_is_refused_without_quoting_it(self, org, connect, everything) -> None:
        served = org()
        secrets = {"private_key": "-----BEGIN RSA PRIVATE KEY----- nonsense"}
        connector = connect(served, secrets=secrets, auth="jwt", username="integration@acme.example")
        with pytest.raises(AuthenticationError, match="no RSA private key in PEM") as caught:
            await everything(connector)
        assert "nonsense" not in str(caught.value)
        assert served.requests == []

    async def test_without_the_extra_the_message_says_what_to_install(self, by_jwt, everything, monkeypatch) -> None:
        served, connector = by_jwt()
        monkeypatch.setitem(sys.modules, "jwt", None)
        with pytest.raises(AuthenticationError, match=r"pip install 'crosswalk\[salesforce\]'"):
            await everything(connector)
        assert served.requests == []

    def test_the_base_install_loads_without_it(self, monkeypatch) -> None:
        monkeypatch.setitem(sys.modules, "jwt", None)
        options = {"base_url": "https://acme.my.salesforce.com", "client_id": "c", "client_secret": "env:S"}
        assert CONNECTOR.open(ConnectionContext("crm", options, str)).capabilities.pushes_products

    def test_the_audience_follows_the_address(self) -> None:
        from connectors.salesforce.settings import settings_of

        for base, audience in (
            ("https://acme.my.salesforce.com", "https://login.salesforce.com"),
            ("https://acme--uat.sandbox.my.salesforce.com", "https://test.salesforce.com"),
            ("https://test.salesforce.com", "https://test.salesforce.com"),
        ):
            options = {"base_url": base, "client_id": "c", "auth": "jwt", "username": "u", "private_key": "env:K"}
            assert settings_of(ConnectionContext("crm", options, str)).audience == audience


class TestRefreshTokens:
    async def test_every_refresh_keeps_the_successor_for_its_owner_only(self, by_refresh, everything, tmp_path) -> None:
        served, connect = by_refresh()
        connector = connect()
        for turn in range(1, 4):
            await everything(connector)
            file = tmp_path / "tokens" / "crm.json"
            assert json.loads(file.read_text())["refresh_token"] == served.app.oauth.refresh_token
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            assert served.app.oauth.issued == turn
            served.app.oauth.expire()

    async def test_the_next_process_goes_on_with_the_same_session(self, by_refresh, everything) -> None:
        served, connect = by_refresh()
        await everything(connect())
        await everything(connect())
        assert served.app.oauth.issued == 1
        served.app.oauth.expire()
        await everything(connect())
        assert served.app.oauth.issued == 2

    async def test_a_revoked_token_says_reconnect_and_a_new_seed_is_found(self, by_refresh, everything, org) -> None:
        served, connect = by_refresh()
        await everything(connect())
        served.app.oauth.disconnect()
        with pytest.raises(AuthenticationError, match="Reconnect needed") as caught:
            await everything(connect())
        assert caught.value.code == "invalid_grant"

    async def test_a_new_seed_takes_over(self, org, connect, everything) -> None:
        served = org()
        secrets = {**served.credentials, "refresh_token": served.app.oauth.first}
        await everything(connect(served, secrets=secrets, auth="refresh_token"))
        served.app.oauth.disconnect()
        served.app.oauth.refresh_token = secrets["refresh_token"] = "5Aep-authorized-again"
        assert await everything(connect(served, secrets=secrets, auth="refresh_token"))

    async def test_without_a_file_and_with_an_open_one_nothing_is_sent(self, by_refresh, everything, tmp_path) -> None:
        served, connect = by_refresh()
        options = {**served.options, "auth": "refresh_token", "refresh_token": "env:R"}
        connector = CONNECTOR.open(ConnectionContext("crm", options, lambda _reference: "secret"))
        with pytest.raises(AuthenticationError, match="no file to keep the next one"):
            await everything(connector)
        await connector.close()
        assert served.requests == []
        await everything(connect())
        (tmp_path / "tokens" / "crm.json").chmod(0o644)
        with pytest.raises(AuthenticationError, match="chmod 600"):
            await everything(connect())


class TestVersions:
    async def test_a_version_that_the_org_does_not_list_is_refused_before_anything(
        self, org, connect, everything
    ) -> None:
        served = org()
        with pytest.raises(Rejected, match=r"does not offer API v61.0.*lists v66.0 to v68.0"):
            await everything(connect(served, api_version="61.0"))
        assert {entry.path for entry in served.requests} == {TOKEN, "/services/data/"}

    async def test_another_listed_version_is_used_throughout(self, org, connect, everything) -> None:
        served = org()
        await everything(connect(served, api_version="v68.0"))
        paths = {entry.path for entry in served.requests} - {TOKEN, "/services/data/"}
        assert all(path.startswith("/services/data/v68.0/") for path in paths)

    def test_options_are_checked_before_anything_is_sent(self) -> None:
        good = {"base_url": "https://acme.my.salesforce.com", "client_id": "c", "client_secret": "env:S"}
        for wrong, message in (
            ({"auth": "password"}, "auth is one of client_credentials, jwt, refresh_token"),
            ({"auth": "jwt"}, "option username is required"),
            ({"auth": "refresh_token"}, "option refresh_token is required"),
            ({"client_secret": ""}, "option client_secret is required"),
            ({"api_version": "latest"}, "api_version is a version such as v67.0"),
            ({"external_id_field": "UC Item"}, "external_id_field is a field's API name"),
            ({"page_size": "20"}, "page_size must be a whole number from 200 to 2000"),
            ({"base_url": "http://acme.my.salesforce.com"}, "base_url must be https"),
        ):
            with pytest.raises(UsageError, match=message):
                CONNECTOR.open(ConnectionContext("crm", {**good, **wrong}, str))


class TestDailyLimit:
    async def test_the_budget_is_what_the_org_says(self, org, connect, everything) -> None:
        served = org(rate=0, limit=5000)
        connector = connect(served)
        await everything(connector)
        budget = connector.budget()
        assert (budget.limit, budget.window) == (5000, 86_400)
        assert budget.used == sum(entry.path.startswith("/services/data/v") for entry in served.requests)

    async def test_a_used_up_day_parks_and_nothing_more_is_sent(self, org, connect, everything) -> None:
        served = org(rate=1, limit=6)
        connector = connect(served)
        await everything(connector)
        with pytest.raises(Parked, match=r"parked.*resumed by the next run"):
            await everything(connector)
        sent = len(served.requests)
        assert served.requests[-1].status == 403
        with pytest.raises(Parked):
            await everything(connector)
        assert len(served.requests) == sent
        assert "parked" in connector.budget().note

    async def test_a_limit_in_the_middle_of_a_write_leaves_the_rest_unsent(
        self, org, connect, row_of, write_of, whole, changes
    ) -> None:
        served = org(rate=1, limit=6, versions=("67.0",))
        connector = connect(served)
        writes = [write_of(served, row_of(served, nth), price="9.99", sku=f"NEW-{nth}") for nth in range(3)]
        outcomes = await connector.write(writes)
        kinds = {(one.field.value, one.result.value) for one in outcomes}
        assert kinds == {("price", "applied"), ("sku", "not_sent")}, [one.message for one in outcomes]
        assert {one.code for one in outcomes if one.result == "not_sent"} == {"REQUEST_LIMIT_EXCEEDED"}
        assert not any(row["ProductCode"].startswith("NEW-") for row in served.state.rows("Product2"))

    async def test_too_many_requests_at_once_is_waited_for_and_does_not_park(
        self, org, connect, everything, row_of, write_of
    ) -> None:
        served = org()
        connector = connect(served)
        served.app.faults.add("error", path="/services/data/v67.0/query*", status=403, times=2)
        assert await everything(connector)
        served.app.faults.add(
            "error", method="PATCH", path="/services/data/v67.0/composite/sobjects", status=403, times=1
        )
        (outcome,) = await connector.write([write_of(served, row_of(served), price="9.99")])
        assert outcome.result is Result.APPLIED, outcome.message
        assert "parked" not in connector.budget().note

    async def test_our_own_share_holds_across_processes(self, org, connect, everything, tmp_path) -> None:
        served = org()
        first = connect(served, max_calls_per_day="9")
        await everything(first)
        await first.close()
        used = first.budget().used
        second = connect(served, max_calls_per_day="9")
        assert second.budget().used == used > 0
        with pytest.raises(Parked, match=r"has used its 9 calls of today \(max_calls_per_day\)"):
            await everything(second)
        assert sum(entry.path.startswith("/services/data/v") for entry in served.requests) == 9

    async def test_any_other_403_is_a_missing_permission(self, org, connect, everything) -> None:
        served = org()
        served.app.permissions.discard("api")
        with pytest.raises(PermissionMissing, match="API is not enabled"):
            await everything(connect(served))


async def test_no_secret_reaches_a_log_line_or_a_message(org, connect, everything, caplog) -> None:
    served = org()
    secrets = {**served.credentials, "refresh_token": served.app.oauth.first}
    caplog.set_level(logging.DEBUG)
    connector = connect(served, secrets=secrets, auth="refresh_token")
    await everything(connector)
    access, successor = next(iter(served.app.oauth._sessions)), served.app.oauth.refresh_token
    served.app.oauth.disconnect()
    with pytest.raises(AuthenticationError) as caught:
        await everything(connector)
    told = caplog.text + str(caught.value) + repr(connector)
    for secret in (*secrets.values(), access, successor):
        assert secret not in told


class TestCheck:
    async def test_a_good_connection_names_the_org(self, org, connect) -> None:
        served = org()
        report = await connect(served).check()
        assert report.ok
        assert all(item.ok for item in report.items)
        assert report.account.startswith("00D5g")
        assert all(entry.method == "GET" for entry in served.requests[1:])

    async def test_what_is_missing_is_named(self, org, connect) -> None:
        served = org()
        served.app.hidden = {"PricebookEntry.UnitPrice", "Product2.UC_Item_Id__c"}
        served.app.permissions.discard("Contact")
        items = {item.name: item for item in (await connect(served, price_book="None").check()).items}
        assert "cannot see UnitPrice of PricebookEntry" in items["PricebookEntry"].message
        assert "cannot see the object Contact" in items["Contact"].message
        assert "cannot see Product2.UC_Item_Id__c" in items["external id field"].message
        assert 'no price book is named "None"' in items["price book"].message
