"""The marketplace connector against its sandbox: reading, creating, external ids, tokens and refusals."""

from __future__ import annotations

import asyncio
import logging
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.marketplace import CONNECTOR
from connectors.marketplace.api import explain
from engine.errors import AuthenticationError, ConnectorError, PermissionMissing, RateLimited, UsageError
from engine.model import Customer, Field, Kind, PriceOption
from engine.ports import ConnectionContext, Draft, FieldWrite, RecordWrite, Result

NEW = Customer(
    id="21461",
    name="Blue Harbor Dental",
    email="ana@blueharbor.example",
    phone="+1 484 555 0100",
    first_name="Ana",
    last_name="Lind",
    street="1 Main St",
    city="Reading",
    postal_code="19601",
    region="PA",
    country="US",
    language="en",
)


def draft(customer: Customer = NEW, marker: str = "21461") -> Draft:
    return Draft(
        "k1", Kind.CUSTOMERS, customer.id, customer.name, marker=marker, external_id="21461", customer=customer
    )


class TestReading:
    async def test_customers_are_read_thin_and_completed_one_by_one(self, sandbox, connect, gather, world) -> None:
        connector = connect(sandbox("marketplace", world), page_size="25")
        customers = await gather(connector, Kind.CUSTOMERS)
        assert [one.id for one in customers] == [row["id"] for row in world.marketplace_customers]
        assert not any(one.complete for one in customers)
        row = next(row for row in world.marketplace_customers if row["address"].get("state"))
        found = await connector.read_some(Kind.CUSTOMERS, [row["id"], "no-such-id"])
        assert list(found) == [row["id"]]
        one = found[row["id"]]
        assert one.complete
        assert (one.city, one.region, one.country) == tuple(
            row["address"][name] for name in ("city", "state", "countryCode")
        )
        assert one.email == row["contactPersons"][0]["email"]

    async def test_customers_who_cannot_buy_any_more_are_inactive(self, sandbox, connect, gather, world) -> None:
        customers = await gather(connect(sandbox("marketplace", world)), Kind.CUSTOMERS)
        status = {row["id"]: row["status"] for row in world.marketplace_customers}
        assert {one.id for one in customers if not one.active} == {
            id for id, text in status.items() if text in {"adminHold", "cancelled", "error"}
        }

    async def test_every_price_keeps_its_digits_type_model_currency_and_tier(
        self, sandbox, connect, gather, world
    ) -> None:
        products = await gather(connect(sandbox("marketplace", world), page_size="100"), Kind.PRODUCTS)
        assert len(products) == len(world.marketplace_products)
        for product, row in zip(products, world.marketplace_products, strict=True):
            assert product.id == row["id"]
            assert (product.mpn, product.brand, product.name) == (row["mpn"], row["vendor"], row["name"])
            expected = [
                PriceOption(
                    Decimal(price["amount"]),
                    price["currency"],
                    price["type"],
                    price.get("model", "FLAT"),
                    Decimal(str(price.get("lowerLimit", 0))),
                )
                for price in row["prices"]
            ]
            assert list(product.prices) == expected
            assert [str(price.amount) for price in product.prices] == [price["amount"] for price in row["prices"]]

    async def test_some_products_are_found_by_mpn_without_reading_all(self, sandbox, connect, gather, world) -> None:
        served = sandbox("marketplace", world)
        connector = connect(served, page_size="50")
        ids = [one.id for one in await gather(connector, Kind.PRODUCTS)]
        before = len(served.requests)
        found = await connector.read_some(Kind.PRODUCTS, [ids[3]])
        assert list(found) == [ids[3]]
        assert len(served.requests) == before + 1
        assert "mpn" in str(served.requests[-1])

    async def test_products_nobody_has_read_yet_are_found_in_the_list(self, sandbox, connect, world) -> None:
        connector = connect(sandbox("marketplace", world))
        wanted = [world.marketplace_products[0]["id"], "gone", world.marketplace_products[-1]["id"]]
        assert list(await connector.read_some(Kind.PRODUCTS, wanted)) == [wanted[0], wanted[2]]

    async def test_fees_are_not_a_list_of_the_marketplace(self, sandbox, connect, gather, tiny) -> None:
        with pytest.raises(UsageError, match="no list of fees"):
            await gather(connect(sandbox("marketplace", tiny)), Kind.FEES)


class TestIdentity:
    @pytest.fixture
    def products(self, script, say, tmp_path):
        """Opens a connector whose product list is exactly these rows."""

        def opened(rows):
            def answer(seen):
                if seen.path == "/token":
                    return say({"token": "ey.J.x", "expiresInSeconds": 1500})
                return say({"data": rows, "pagination": {"offset": 0, "limit": 200, "total": len(rows)}})

            script.fallback = answer
            options = {
                "base_url": script.url,
                "username": "u",
                "password": "p",
                "subscription_key": "k",
                "marketplace": "us",
            }
            return CONNECTOR.open(ConnectionContext("shop", options, lambda reference: f"secret-{reference}"))

        return opened

    async def test_one_mpn_under_several_periods_is_several_products(self, products, gather) -> None:
        base = {"mpn": "CFQ7-0001", "vendor": "Contoso", "name": "Seat", "prices": [], "costs": None}
        month, year = {"type": "month", "duration": 1}, {"type": "year", "duration": 1}
        rows = [
            {**base, "billingPeriod": month, "subscriptionPeriod": month},
            {**base, "billingPeriod": month, "subscriptionPeriod": year},
            {**base, "billingPeriod": {"type": "year", "duration": 3}, "subscriptionPeriod": {"type": "unknown"}},
            {**base, "id": "77"},
        ]
        connector = products(rows)
        found = await gather(connector, Kind.PRODUCTS)
        await connector.close()
        assert [one.id for one in found] == [
            "CFQ7-0001:Contoso:1-month:1-month",
            "CFQ7-0001:Contoso:1-month:1-year",
            "CFQ7-0001:Contoso:3-years:",
            "77",
        ]
        assert [one.period for one in found] == ["1 month", "1 month, 1 year term", "3 years", ""]

    @pytest.mark.parametrize("amount", ["12,50", "NaN", "", None, True, "Infinity"])
    async def test_an_amount_that_is_none_stops_the_read(self, products, gather, amount) -> None:
        connector = products([{"id": "5", "prices": [{"amount": amount, "currency": "USD"}]}])
        with pytest.raises(ConnectorError, match="product 5 cannot be read"):
            await gather(connector, Kind.PRODUCTS)
        await connector.close()

    async def test_a_record_nobody_can_name_stops_the_read(self, products, gather) -> None:
        connector = products([{"name": "Seat"}])
        with pytest.raises(ConnectorError, match="a record in the list of products has no id"):
            await gather(connector, Kind.PRODUCTS)
        await connector.close()


class TestCreating:
    async def test_a_customer_is_created_with_its_external_id_in_one_request(self, sandbox, connect, tiny) -> None:
        served = sandbox("marketplace", tiny)
        connector = connect(served)
        outcome = await connector.create(draft())
        assert outcome.result is Result.APPLIED
        stored = served.state.get("customers", outcome.id)
        assert stored["externalId"] == "21461"
        assert stored["contactPersons"][0]["email"] == NEW.email
        assert [one.id for one in await connector.find_marker(Kind.CUSTOMERS, "21461", NEW.name)] == [outcome.id]
        assert await connector.find_marker(Kind.CUSTOMERS, "2146", NEW.name) == []

    async def test_an_incomplete_profile_names_what_is_missing_and_sends_nothing(self, sandbox, connect, tiny) -> None:
        served = sandbox("marketplace", tiny)
        outcome = await connect(served).create(draft(Customer(id="1", name="Nameless", city="Reading")))
        assert outcome.result is Result.REJECTED
        assert "street, postal code, country, first name, last name, e-mail, phone, language" in outcome.message
        assert served.requests == []

    @pytest.mark.parametrize("fault", ["timeout_after", "reset_after", "cut_after", "error_after", "html_after"])
    async def test_a_create_without_an_answer_is_unknown_and_never_doubled(self, sandbox, connect, tiny, fault) -> None:
        served = sandbox("marketplace", tiny)
        connector = connect(served, timeout_seconds="0.3")
        served.app.faults.add(fault, method="POST", path="/customers", times=0)
        outcome = await connector.create(draft())
        assert outcome.result is Result.UNKNOWN
        served.app.faults.clear()
        found = await connector.find_marker(Kind.CUSTOMERS, "21461", NEW.name)
        assert [one.name for one in found] == [NEW.name]
        assert sum(1 for entry in served.requests if entry.method == "POST" and entry.path == "/customers") == 1

    async def test_what_the_marketplace_refuses_is_told_in_its_words(self, sandbox, connect, tiny) -> None:
        served = sandbox("marketplace", tiny)
        connector = connect(served)
        served.app.faults.add("error", method="POST", path="/customers", status=400)
        outcome = await connector.create(draft())
        assert outcome.result is Result.REJECTED
        assert outcome.request_id.startswith("sbx-")
        assert "internal server error occurred" in outcome.message

    async def test_a_missing_right_stops_everything(self, sandbox, connect, tiny) -> None:
        served = sandbox("marketplace", tiny, permissions={"customers.read", "products.read"})
        with pytest.raises(PermissionMissing, match="customers: write"):
            await connect(served).create(draft())

    async def test_products_cannot_be_created_or_written(self, sandbox, connect, tiny) -> None:
        served = sandbox("marketplace", tiny)
        connector = connect(served)
        assert (await connector.create(Draft("k", Kind.PRODUCTS, "1", "x"))).result is Result.REJECTED
        write = RecordWrite(
            "k", Kind.PRODUCTS, "1", "x", (FieldWrite(Field.PRICE, "1", "2"), FieldWrite(Field.COST, "1", "2"))
        )
        outcomes = await connector.write([write])
        assert [(one.field, one.result) for one in outcomes] == [
            (Field.PRICE, Result.REJECTED),
            (Field.COST, Result.REJECTED),
        ]
        assert served.requests == []
        assert connector.capabilities.writes_fields == frozenset()


class TestExternalId:
    def with_external_id(self, world, present: bool) -> str:
        return next(row["id"] for row in world.marketplace_customers if bool(row["externalId"]) is present)

    async def test_an_empty_one_is_filled(self, sandbox, connect, world) -> None:
        served = sandbox("marketplace", world)
        id = self.with_external_id(world, present=False)
        connector = connect(served)
        assert (await connector.set_external_id(Kind.CUSTOMERS, id, "123")).result is Result.APPLIED
        assert served.state.get("customers", id)["externalId"] == "123"
        assert (await connector.set_external_id(Kind.CUSTOMERS, id, "123")).result is Result.UNCHANGED

    async def test_another_one_is_never_overwritten(self, sandbox, connect, world) -> None:
        served = sandbox("marketplace", world)
        id = self.with_external_id(world, present=True)
        before = served.state.get("customers", id)
        outcome = await connect(served).set_external_id(Kind.CUSTOMERS, id, "123")
        assert outcome.result is Result.REJECTED
        assert before["externalId"] in outcome.message
        assert served.state.get("customers", id) == before

    async def test_without_an_answer_it_is_unknown(self, sandbox, connect, world) -> None:
        served = sandbox("marketplace", world)
        connector = connect(served, timeout_seconds="0.3")
        served.app.faults.add("timeout_after", method="PATCH", times=0)
        outcome = await connector.set_external_id(Kind.CUSTOMERS, self.with_external_id(world, present=False), "123")
        assert outcome.result is Result.UNKNOWN
        assert sum(1 for entry in served.requests if entry.method == "PATCH") == 1

    async def test_a_customer_that_is_gone(self, sandbox, connect, tiny) -> None:
        outcome = await connect(sandbox("marketplace", tiny)).set_external_id(Kind.CUSTOMERS, "0", "123")
        assert outcome.result is Result.REJECTED


def tokens_of(served) -> int:
    return sum(1 for entry in served.requests if entry.path == "/token")


class TestTokens:
    async def test_many_requests_at_once_fetch_one_token(self, sandbox, connect, tiny) -> None:
        served = sandbox("marketplace", tiny, latency_ms=20)
        connector = connect(served)
        ids = [row["id"] for row in tiny.marketplace_customers]
        await asyncio.gather(*(connector.read_some(Kind.CUSTOMERS, ids) for _ in range(5)))
        assert tokens_of(served) == 1

    async def test_a_revoked_token_is_replaced_once_for_all_and_nothing_fails(self, sandbox, connect, tiny) -> None:
        served = sandbox("marketplace", tiny, latency_ms=20)
        connector = connect(served)
        ids = [row["id"] for row in tiny.marketplace_customers]
        await connector.read_some(Kind.CUSTOMERS, ids)
        served.app.forget_sessions()
        found = await asyncio.gather(*(connector.read_some(Kind.CUSTOMERS, ids) for _ in range(5)))
        assert all(len(one) == len(ids) for one in found)
        assert tokens_of(served) == 2

    async def test_a_write_met_by_a_revoked_token_is_carried_out_once(self, sandbox, connect, tiny) -> None:
        served = sandbox("marketplace", tiny)
        connector = connect(served)
        await connector.read_some(Kind.CUSTOMERS, ["1"])
        served.app.forget_sessions()
        assert (await connector.create(draft())).result is Result.APPLIED
        assert len(await connector.find_marker(Kind.CUSTOMERS, "21461", "")) == 1

    async def test_a_token_is_renewed_before_it_ends(self, sandbox, connect, tiny) -> None:
        served = sandbox("marketplace", tiny, token_seconds=1)
        connector = connect(served)
        await connector.check()
        later = connector._api.auth._wall() + 0.9
        connector._api.auth._wall = lambda: later
        await connector.read_some(Kind.CUSTOMERS, ["1"])
        assert tokens_of(served) == 2
        assert all(entry.status != 401 for entry in served.requests)

    async def test_another_process_uses_the_same_token(self, sandbox, tiny, tmp_path: Path) -> None:
        served = sandbox("marketplace", tiny)
        for _ in range(2):
            options = {**served.options, "password": "password", "subscription_key": "subscription_key"}
            context = ConnectionContext("shop", options, served.credentials.__getitem__, tmp_path / "shop.token")
            connector = CONNECTOR.open(context)
            assert (await connector.check()).ok
            await connector.close()
        assert tokens_of(served) == 1
        assert (tmp_path / "shop.token").stat().st_mode & 0o777 == 0o600

    async def test_wrong_credentials(self, sandbox, connect, gather, tiny) -> None:
        served = sandbox("marketplace", tiny)
        connector = connect(served, username="somebody@else.example")
        with pytest.raises(AuthenticationError, match="POST /token answered 401: Bad credentials"):
            await gather(connector, Kind.CUSTOMERS)
        report = await connector.check()
        assert not report.ok
        assert [item.name for item in report.items] == ["token"]


class TestCheck:
    async def test_all_is_well(self, sandbox, connect, tiny) -> None:
        report = await connect(sandbox("marketplace", tiny)).check()
        assert report.ok
        assert report.account == "reseller@sandbox.example at us"
        assert [item.name for item in report.items] == ["token", "customers: read", "products: read"]

    async def test_a_missing_right_is_named(self, sandbox, connect, tiny) -> None:
        served = sandbox("marketplace", tiny, permissions={"customers.read"})
        report = await connect(served).check()
        assert [item.ok for item in report.items] == [True, True, False]
        assert 'permission "products: read" is missing' in report.items[2].message

    async def test_nobody_answers(self, sandbox, connect, tiny) -> None:
        report = await connect(sandbox("marketplace", tiny), base_url="http://127.0.0.1:9/marketplace").check()
        assert not report.ok
        assert "POST /token" in report.items[0].message


class TestLimits:
    async def test_the_vendors_limit_is_never_met(self, sandbox, connect, gather, tiny) -> None:
        """Its own pace keeps it under a limit of 300 a minute, here with a minute of half a second."""
        served = sandbox("marketplace", tiny, rate=120)
        connector = connect(served, page_size="1")
        for _ in range(25):
            await gather(connector, Kind.PRODUCTS)
        assert len(served.requests) > 300
        assert all(entry.status == 200 for entry in served.requests)
        assert connector.budget().throttled == 0

    async def test_a_429_is_waited_out(self, sandbox, connect, gather, tiny) -> None:
        served = sandbox("marketplace", tiny)
        served.app.faults.add("rate_limit", path="/products")
        connector = connect(served)
        assert len(await gather(connector, Kind.PRODUCTS)) == len(tiny.marketplace_products)
        assert connector.budget().throttled == 1

    async def test_a_429_for_ever(self, script, say, gather) -> None:
        script.fallback = lambda seen: say({"statusCode": 429, "message": "Quota"}, 429, {"Retry-After": "900"})
        options = {
            "base_url": script.url,
            "username": "u",
            "password": "p",
            "subscription_key": "k",
            "marketplace": "us",
        }
        connector = CONNECTOR.open(ConnectionContext("shop", options, lambda reference: f"secret-{reference}"))
        with pytest.raises(RateLimited, match="Quota") as caught:
            await gather(connector, Kind.PRODUCTS)
        assert caught.value.retry_after == 900
        await connector.close()


class TestErrors:
    @pytest.mark.parametrize("errors", ["1.1", "2025"])
    async def test_both_spellings_of_an_error_are_read(self, sandbox, connect, gather, tiny, errors) -> None:
        served = sandbox("marketplace", tiny, errors=errors)
        connector = connect(served, page_size="5000")
        with pytest.raises(ConnectorError, match="limit must be 1 to 1000") as caught:
            await gather(connector, Kind.PRODUCTS)
        assert caught.value.request_id.startswith("sbx-")
        assert caught.value.request_id in str(caught.value)
        assert caught.value.code == "400"

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (None, ""),
            ("plain", "plain"),
            ([1], ""),
            ({"message": ["a", "b"]}, "a; b"),
            ({"error": "e", "message": None}, "e"),
        ],
    )
    def test_any_document_can_be_explained(self, data, message) -> None:
        assert explain(data).message == message

    @pytest.mark.parametrize("fault", ["html", "error", "reset", "timeout", "rate_limit", "permission", "repeat_page"])
    async def test_no_secret_is_logged_or_told(self, sandbox, connect, gather, tiny, caplog, fault) -> None:
        caplog.set_level(logging.DEBUG)
        served = sandbox("marketplace", tiny)
        connector = connect(served, timeout_seconds="0.2", page_size="5")
        token = ""
        served.app.faults.add(fault, path="/products", skip=1, times=1)
        try:
            await gather(connector, Kind.PRODUCTS)
        except ConnectorError as error:
            caplog.handler.stream.write(f"{error!r} {error}")
        token = connector._api.auth._token.value
        for secret in (*served.credentials.values(), token):
            assert secret not in caplog.text

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"page_size": "1.5"}, "whole number"),
            ({"marketplace": ""}, "marketplace is required"),
            ({"password": " "}, "password"),
        ],
    )
    def test_wrong_options_are_named(self, options, words) -> None:
        good = {
            "base_url": "https://api.example",
            "username": "u",
            "password": "p",
            "subscription_key": "k",
            "marketplace": "us",
        }
        with pytest.raises(UsageError, match=words):
            CONNECTOR.open(ConnectionContext("shop", {**good, **options}, str))
