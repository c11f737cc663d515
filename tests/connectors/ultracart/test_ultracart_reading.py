"""Reading an UltraCart account over real HTTP: items, customers, orders, changes, pages that do not add up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import stamina

from connectors.http import LeakyPace
from connectors.ultracart import CONNECTOR, items, people
from connectors.ultracart.schema import objects
from connectors.ultracart.settings import settings_of
from engine.crm import SchemaField
from engine.errors import AuthenticationError, IncompleteRead, PermissionMissing, RateLimited, Rejected, UsageError
from engine.model import Kind
from engine.ports import ConnectionContext

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("nulls", [True, False])
async def test_every_item_is_read_with_its_prices_costs_stock_and_links(account, connect, gather, crm_world, nulls):
    products = {one.id: one for one in await gather(connect(account(nulls=nulls), page_size="7"))}

    assert products.keys() == {str(item.oid) for item in crm_world.items}
    for item in crm_world.items:
        one = products[str(item.oid)]
        prices = {price.type: price for price in one.prices}
        assert (prices["recurring"].amount, prices["recurring"].currency, prices["recurring"].model) == (
            item.price, "USD", "FLAT",
        )  # fmt: skip
        assert one.costs[0].amount == item.cogs
        assert prices.get("sale") is None if item.sale_price is None else prices["sale"].amount == item.sale_price
        assert prices.get("msrp") is None if item.msrp is None else prices["msrp"].amount == item.msrp
        tiers = {type.removeprefix("tier:"): price.amount for type, price in prices.items() if "tier:" in type}
        assert tiers == dict(item.tiers)
        assert (one.name, one.description, one.skus[0].value) == (item.description, item.description, item.code)
        assert (one.active, one.external_id, one.upc, one.mpn) == (
            item.active, item.product_id, item.barcode, item.manufacturer_sku,
        )  # fmt: skip
        assert one.quantity == (None if item.quantity is None else Decimal(item.quantity))
        custom = dict(one.custom)
        assert {name: custom.get(f"properties.{name}") for name, _ in item.properties} == dict(item.properties)
        assert custom["content.extended_description"] == item.long_text
        assert custom["physical.weight.value"] == "1.5"
        assert Decimal(custom["pricing.cost"]) == item.price


async def test_items_lead_to_the_stores_page_or_to_the_admins_own(account, connect, gather):
    served = account()
    shown = {one.id: one.url for one in await gather(connect(served))}
    assert shown == {oid: f"https://demo.example/item/{oid}" for oid in shown}

    pages = {"product_page": "https://secure.example/items/{id}", "customer_page": "https://secure.example/people/{id}"}
    connector = connect(served, **pages)
    assert {one.url for one in await gather(connector)} == {f"https://secure.example/items/{oid}" for oid in shown}
    customers = await gather(connector, Kind.CUSTOMERS)
    assert [one.url for one in customers] == [f"https://secure.example/people/{one.id}" for one in customers]


async def test_the_stock_of_all_centers_is_summed_and_one_is_chosen_by_option(account, connect, row_of):
    served = account()
    row = row_of(served)
    center = row["shipping"]["distribution_centers"][0]
    east = {**center, "distribution_center_oid": 2, "distribution_center_code": "EAST", "inventory_level": 1000}
    id = str(row["merchant_item_oid"])
    served.state.put("items", id, {**row, "shipping": {**row["shipping"], "distribution_centers": [center, east]}})

    both = (await connect(served, distribution_center="").read_some(Kind.PRODUCTS, [id]))[id]
    one = (await connect(served, distribution_center="EAST").read_some(Kind.PRODUCTS, [id]))[id]

    assert both.quantity == center["inventory_level"] + 1000
    assert one.quantity == 1000


async def test_every_request_names_the_version_and_one_is_under_way_at_a_time(account, connect, gather):
    served = account(latency_ms=5)
    connector = connect(served, page_size="5")

    await gather(connector)
    import asyncio

    await asyncio.gather(*(connector.read_some(Kind.PRODUCTS, [str(800_001 + at)]) for at in range(8)))

    assert {entry.status for entry in served.requests} == {200}
    assert served.app.most_in_flight == 1


async def test_customers_have_their_billing_address_and_the_rest_as_custom_fields(account, connect, gather, crm_world):
    customers = {one.id: one for one in await gather(connect(account()), Kind.CUSTOMERS)}

    assert customers.keys() == {str(one.oid) for one in crm_world.customers}
    for known in crm_world.customers:
        one, address = customers[str(known.oid)], known.billing
        assert (one.first_name, one.last_name, one.company, one.email) == (
            address.first_name, address.last_name, address.company, known.email,
        )  # fmt: skip
        assert (one.street, one.city, one.region, one.postal_code, one.phone) == (
            address.street, address.city, address.region, address.postal_code, address.phone,
        )  # fmt: skip
        assert one.name
        custom = dict(one.custom)
        assert custom["shipping.city"] == address.city
        assert custom.get("business_notes", "") == known.notes
        assert {f"properties.{name}": value for name, value in known.properties}.items() <= custom.items()


async def test_orders_say_who_bought_what_and_whether_it_is_paid(account, connect, crm_world):
    connector = connect(account())
    orders = {one.id: one async for page in connector.read_orders(LONG_AGO) for one in page}
    oids = {item.code: str(item.oid) for item in crm_world.items}

    assert orders.keys() == {one.id for one in crm_world.orders}
    for known in crm_world.orders:
        one = orders[known.id]
        assert (one.paid, one.at, one.customer_id) == (known.paid, known.at, str(known.customer or ""))
        assert [(line.product_id, line.quantity, line.sku) for line in one.lines] == [
            (oids[line.code], line.quantity, line.code) for line in known.lines
        ]
        assert (one.customer.email, one.customer.company, one.customer.street) == (
            known.email, known.billing.company, known.billing.street,
        )  # fmt: skip


async def test_orders_are_asked_for_by_date_and_only_some_stages_count(account, connect, crm_world):
    served = account()
    since = crm_world.orders[3].at
    first = served.state.rows("orders")[4]
    served.state.put("orders", first["order_id"], {**first, "current_stage": "Rejected"})

    found = [one.id async for page in connect(served).read_orders(since) for one in page]

    assert found == [one.id for one in crm_world.orders[3:] if one.id != first["order_id"]]
    assert "/order/orders/query" in {entry.path for entry in served.requests}


async def test_changes_since_a_moment_are_read_with_an_overlap(account, connect, row_of):
    served = account()
    row = row_of(served)
    now = datetime.now(UTC)
    served.state.put(
        "items", str(row["merchant_item_oid"]), {**row, "last_modified_dts": (now - timedelta(minutes=1)).isoformat()}
    )

    pages = [page async for page in connect(served).read_changes(Kind.PRODUCTS, now)]

    assert [one.id for page in pages for one in page.records] == [str(row["merchant_item_oid"])]


async def test_without_totals_the_list_is_read_to_its_end(account, connect, gather, crm_world):
    products = await gather(connect(account(totals=False), page_size="10"))

    assert len(products) == len(crm_world.items)


@pytest.mark.parametrize("totals", [True, False])
@pytest.mark.parametrize("kind", ["repeat_page", "short_page"])
async def test_pages_that_do_not_add_up_make_the_read_incomplete(account, connect, gather, kind, totals):
    served = account(totals=totals)
    served.app.faults.add(kind, path="/item/items", skip=1)

    with pytest.raises(IncompleteRead):
        await gather(connect(served, page_size="10"))


async def test_fresh_copies_leave_out_what_is_gone(account, connect, crm_world):
    for mild in (False, True):
        ids = [str(crm_world.items[0].oid), "12345", str(crm_world.items[1].oid)]
        found = await connect(account(mild=mild)).read_some(Kind.PRODUCTS, ids)
        assert list(found) == [ids[0], ids[2]]


async def test_many_fresh_copies_take_the_list_where_that_is_cheaper(account, connect, gather, crm_world):
    served = account()
    connector = connect(served, page_size="20")
    await gather(connector)
    served.app.log.clear()

    found = await connector.read_some(Kind.PRODUCTS, [str(item.oid) for item in crm_world.items[:30]])

    assert len(found) == 30
    assert len(served.requests) == 2


async def test_the_check_names_what_works_and_what_is_missing(account, connect):
    served = account()
    good = await connect(served).check()
    assert good.ok
    assert good.account == "DEMO"
    assert [item.name for item in good.items] == [
        "Read items", "Read customers", "Read orders", "Write items", "Distribution center",
    ]  # fmt: skip

    served.app.permissions -= {"item_write"}
    poor = await connect(served, distribution_center="EAST").check()
    failed = {item.name: item.message for item in poor.items if not item.ok}
    assert "item_write" in failed["Write items"]
    assert "WEST" in failed["Distribution center"]


async def test_a_wrong_key_is_asked_for_again_and_then_refused(account, connect, gather):
    with pytest.raises(AuthenticationError, match="Invalid credentials"):
        await gather(connect(account(), simple_key="wrong"))


async def test_a_missing_permission_is_named(account, connect, gather):
    served = account()
    served.app.permissions -= {"item_read"}

    with pytest.raises(PermissionMissing) as caught:
        await gather(connect(served))
    assert caught.value.permission == "item_read"


async def test_a_disabled_application_is_no_missing_record(account, connect):
    served = account()
    served.app.faults.add("error", status=410, times=0)

    with pytest.raises(AuthenticationError, match="disabled"):
        await connect(served).read_some(Kind.PRODUCTS, ["800001"])


async def test_too_many_requests_are_backed_off_from_without_retry_after(account, connect, gather, crm_world):
    served = account()
    served.app.faults.add("rate_limit", times=2)
    connector = connect(served)

    assert len(await gather(connector)) == len(crm_world.items)
    assert connector.budget().throttled == 2


async def test_every_429_doubles_the_wait(account, connect, gather, monkeypatch):
    served = account()
    served.app.faults.add("rate_limit", times=3)
    connector = connect(served, backoff_seconds="0.02")
    pace, waits = connector._api.client._pace, []
    pause = pace.pause
    monkeypatch.setattr(pace, "pause", lambda wait, note: (waits.append(wait), pause(wait, note)))

    with stamina.set_testing(True, attempts=4, cap=True):
        assert await gather(connector)

    least = [0.02, 0.04, 0.08]
    assert [few <= wait <= 1.25 * few for few, wait in zip(least, waits, strict=True)] == [True] * 3, waits


def test_by_itself_it_waits_a_minute_after_a_429():
    options = {option.name: option.default for option in CONNECTOR.options}
    assert options["backoff_seconds"] == "60"
    assert (options["requests_per_hour"], options["requests_per_day"]) == ("950", "9500")


async def test_the_hours_and_the_days_budget_are_told(account, connect, gather):
    connector = connect(account(rate=1, limit=1000), page_size="10", requests_per_hour="950", requests_per_day="9500")

    await gather(connector)

    hour = connector.budget()
    (day,) = hour.also
    assert (hour.limit, hour.window, hour.used) == (900, 900 / 950 * 3600, 4)
    assert (day.limit, day.window, day.used) == (9000, 9000 / 9500 * 86400, 4)


async def test_a_day_that_is_used_up_makes_requests_wait_though_the_hour_is_free():
    now, slept = [0.0], []

    async def sleep(seconds):
        slept.append(seconds)
        now[0] += seconds

    pace = LeakyPace(((100, 3600), (3, 86400)), clock=lambda: now[0], sleep=sleep)
    for _ in range(4):
        await pace.turn()

    assert slept == [pytest.approx(86400 / 3)]
    assert pace.budget().limit == 100


@pytest.mark.parametrize("status", [200, 400])
async def test_an_error_in_the_header_alone_is_an_error(account, connect, monkeypatch, crm_world, status):
    """With a good status and a whole body, too."""
    served = account()
    altered = [
        replace(route, handler=lambda call, of=route.handler: _with_error(of(call), status))
        if route.path == "/item/items/{oid}" and route.method == "GET"
        else route
        for route in served.app.routes
    ]
    monkeypatch.setattr(served.app, "routes", altered)

    with pytest.raises(Rejected, match="The store is closed"):
        await connect(served).read_some(Kind.PRODUCTS, [str(crm_world.items[0].oid)])


def _with_error(reply, status):
    body = reply.body if status == 200 else b""
    return replace(reply, status=status, body=body, headers=(*reply.headers, ("UC-REST-ERROR", "The store is closed.")))


async def test_a_limit_that_stays_reached_ends_the_read_in_the_systems_words(account, connect, gather):
    served = account()
    served.app.faults.add("rate_limit", times=0)

    with pytest.raises(RateLimited, match="rate of 1000 per 3600"):
        await gather(connect(served))


async def test_a_scaled_limit_is_kept_by_our_own_pace(account, connect, gather):
    served = account(rate=7200, limit=20)  # twenty at once, then one every 25 milliseconds
    connector = connect(served, page_size="1")

    assert len(await gather(connector)) == 40
    assert {entry.status for entry in served.requests} == {200}
    assert connector.budget().limit == 18


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "simple_key"),
        ({"client_id": "a", "currency": "dollars"}, "ISO 4217"),
        ({"client_id": "a", "mirror_links": "maybe"}, "mirror_links"),
        ({"client_id": "a", "page_size": "2001"}, "page_size"),
        ({"client_id": "a", "batch_size": "21"}, "batch_size"),
    ],
)
def test_wrong_options_are_named(options, words):
    from connectors.ultracart.settings import settings_of

    with pytest.raises(UsageError, match=words):
        settings_of(ConnectionContext("uc", options, str))


def test_every_field_that_can_be_mapped_is_read() -> None:
    options = {"base_url": "http://127.0.0.1/rest/v2", "simple_key": "env:KEY"}
    settings = settings_of(ConnectionContext("uc", options, lambda reference: ""))
    kinds = {"boolean": True, "number": 5}

    def row(fields: Iterable[SchemaField]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for field in fields:
            *parts, last = field.name.split(".")
            place = made
            for part in parts:
                place = place.setdefault(part, {})
            place[last] = kinds.get(field.type, "text")
        return made

    item, customer = objects(settings)
    product = items.product(row(item.fields) | {"merchant_item_oid": 1}, settings)
    assert {field.name for field in item.fields} - {name for name, _ in product.custom} == set()
    filled = row(customer.fields)
    addresses = {name: [filled[name]] for name in ("billing", "shipping")}
    person = people.customer(filled | addresses | {"customer_profile_oid": 1})
    assert {field.name for field in customer.fields} - {name for name, _ in person.custom} == set()
