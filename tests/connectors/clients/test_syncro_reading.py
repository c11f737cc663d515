"""Reading Syncro: lists with and without totals, what a page loop looks like, fresh copies of a few records."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.syncro import CONNECTOR
from engine.errors import AuthenticationError, IncompleteRead, PermissionMissing, ProtocolError, UsageError
from engine.model import Kind
from engine.ports import ConnectionContext


class TestRecords:
    @pytest.mark.parametrize("meta", ["documented", "always", "never"])
    async def test_everything_is_read_with_or_without_totals(self, sandbox, connect, gather, world, meta) -> None:
        connector = connect(sandbox("syncro", world, meta=meta))
        customers = await gather(connector, Kind.CUSTOMERS)
        products = await gather(connector, Kind.PRODUCTS)
        assert sorted(int(one.id) for one in customers) == sorted(row["id"] for row in world.syncro_customers)
        assert sorted(int(one.id) for one in products) == sorted(row["id"] for row in world.syncro_products)

    async def test_a_product_is_what_syncro_says(self, sandbox, connect, gather, world) -> None:
        by_id = {one.id: one for one in await gather(connect(sandbox("syncro", world)), Kind.PRODUCTS)}
        for row in world.syncro_products:
            product = by_id[str(row["id"])]
            assert product.name == row["name"]
            assert product.active is not row["disabled"]
            assert product.prices[0].amount == Decimal(str(row["price_retail"]))
            assert product.costs[0].amount == Decimal(str(row["price_cost"]))
            assert product.prices[0].currency is None
            assert [(sku.vendor, sku.value, sku.id) for sku in product.skus] == [
                (sku["vendor_name"], sku["sku"], str(sku["id"])) for sku in row["product_skus"]
            ]
            assert product.upc == (row["upc_code"] or "")
            assert product.url.endswith(f"/products/{row['id']}")

    async def test_disabled_customers_are_there_and_inactive(self, sandbox, connect, gather, world) -> None:
        customers = await gather(connect(sandbox("syncro", world)), Kind.CUSTOMERS)
        disabled = {str(row["id"]) for row in world.syncro_customers if row["disabled"]}
        assert disabled
        assert {one.id for one in customers if not one.active} == disabled
        assert all(one.name and one.complete for one in customers)

    async def test_a_customer_without_a_business_is_known_by_its_person(self, script, say, syncro, gather) -> None:
        rows = [
            {
                "id": 1,
                "business_name": None,
                "business_then_name": "Ana Lind",
                "fullname": "Ana Lind",
                "disabled": False,
            },
            {"id": 2, "business_name": None, "fullname": "Bo Ek", "phone": "", "mobile": "+1 2"},
        ]
        script.fallback = lambda seen: say(
            {"customers": rows, "meta": {"total_pages": 1, "total_entries": 2, "page": 1}}
        )
        found = await gather(syncro(), Kind.CUSTOMERS)
        assert [(one.name, one.phone, one.active) for one in found] == [("Ana Lind", "", True), ("Bo Ek", "+1 2", True)]

    async def test_names_to_pick_from(self, sandbox, connect, world) -> None:
        connector = connect(sandbox("syncro", world))
        assert await connector.choices("vendors") == sorted(row["name"] for row in world.syncro_vendors)
        assert len(await connector.choices("categories")) == len(world.syncro_categories)
        assert await connector.choices("colours") == []

    async def test_fees_are_not_a_list_of_syncro(self, sandbox, connect, gather, tiny) -> None:
        with pytest.raises(UsageError, match="a fee's counterpart is a product"):
            await gather(connect(sandbox("syncro", tiny)), Kind.FEES)


class TestSome:
    @pytest.mark.parametrize("kind", [Kind.CUSTOMERS, Kind.PRODUCTS])
    async def test_many_come_in_lists_and_the_missing_are_gone(self, sandbox, connect, world, kind) -> None:
        served = sandbox("syncro", world)
        rows = world.syncro_customers if kind is Kind.CUSTOMERS else world.syncro_products
        ids = [str(row["id"]) for row in rows[:40]]
        found = await connect(served).read_some(kind, [*ids[:20], "999999", *ids[20:]])
        assert list(found) == ids
        assert len(served.requests) == 3  # two lists, and one look whether 999999 is really gone

    async def test_one_record_is_asked_for_by_its_id(self, sandbox, connect, tiny) -> None:
        served = sandbox("syncro", tiny)
        id = str(tiny.syncro_products[0]["id"])
        assert list(await connect(served).read_some(Kind.PRODUCTS, [id])) == [id]
        assert [entry.path for entry in served.requests] == [f"/products/{id}"]

    async def test_a_server_that_ignores_the_ids_hides_nothing(self, script, say, syncro) -> None:
        known = {str(id): {"id": id, "name": f"P{id}", "product_skus": []} for id in range(1, 101)}

        def answer(seen):
            id = seen.path.rpartition("/")[2]
            if id == "products":
                return say({"products": list(known.values())[:25]})
            return say({"product": known[id]}) if id in known else say(status=404)

        script.fallback = answer
        found = await syncro().read_some(Kind.PRODUCTS, ["3", "60", "70", "500"])
        assert list(found) == ["3", "60", "70"]

    async def test_a_list_without_skus_is_not_trusted(self, script, say, syncro) -> None:
        full = {"id": 1, "name": "P", "product_skus": [{"id": 9, "vendor_name": "V", "sku": "S"}]}

        def answer(seen):
            if seen.path.endswith("/products"):
                return say({"products": [{"id": id, "name": "P"} for id in (1, 2, 3)]})
            return say({"product": {**full, "id": int(seen.path.rpartition("/")[2])}})

        script.fallback = answer
        found = await syncro().read_some(Kind.PRODUCTS, ["1", "2", "3"])
        assert [one.skus[0].value for one in found.values()] == ["S", "S", "S"]

    async def test_the_answer_must_be_the_record_asked_for(self, script, say, syncro) -> None:
        script.fallback = lambda seen: say({"product": {"id": 2}})
        with pytest.raises(ProtocolError, match="the answer for product 1 is not that product"):
            await syncro().read_some(Kind.PRODUCTS, ["1"])


@pytest.fixture
async def syncro(script):
    """A connector to the scripted server."""
    opened = []

    def open_one(**options: str):
        known = {
            "base_url": script.url,
            "token": "ref",
            "rate_per_minute": "100000",
            "backoff_seconds": "0.05",
            **options,
        }
        connector = CONNECTOR.open(ConnectionContext("psa", known, lambda reference: "a-secret-token"))
        opened.append(connector)
        return connector

    yield open_one
    for connector in opened:
        await connector.close()


Bend = Callable[[int, int, dict[str, Any]], Any]


@pytest.fixture
def bent(script, say, gather, syncro):
    """Reads products, two a page, from a list whose answers are bent by a function of (nth request, page, answer)."""

    def read(records: list[int], bend: Bend, *, meta: bool):
        asked = 0

        def answer(seen):
            nonlocal asked
            asked += 1
            page = int(parse_qs(urlsplit(seen.target).query)["page"][0])
            body: dict[str, Any] = {
                "products": [{"id": id, "name": f"P{id}"} for id in records[page * 2 - 2 : page * 2]]
            }
            if meta:
                pages = max(1, -(-len(records) // 2))
                body["meta"] = {"total_pages": pages, "total_entries": len(records), "per_page": 2, "page": page}
            return say(bend(asked, page, body))

        script.fallback = answer
        return gather(syncro(), Kind.PRODUCTS)

    return read


def untouched(_asked: int, _page: int, body: dict[str, Any]) -> dict[str, Any]:
    return body


def show(page_shown: int, of: list[int]) -> dict[str, Any]:
    return {"products": [{"id": id, "name": f"P{id}"} for id in of[page_shown * 2 - 2 : page_shown * 2]]}


class TestPaging:
    @pytest.mark.parametrize("meta", [True, False])
    @pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
    async def test_every_number_of_records(self, bent, count, meta) -> None:
        ids = list(range(1, count + 1))
        assert [int(one.id) for one in await bent(ids, untouched, meta=meta)] == ids

    async def test_a_server_that_ignores_the_page(self, bent) -> None:
        ids = [1, 2, 3, 4]
        assert len(await bent(ids, lambda asked, page, body: show(1, ids), meta=False)) == 2

    async def test_a_server_that_repeats_its_last_page_for_ever(self, bent) -> None:
        ids = [1, 2, 3, 4, 5]
        assert len(await bent(ids, lambda asked, page, body: show(min(page, 3), ids), meta=False)) == 5

    @pytest.mark.parametrize("hole", [2, 3])
    async def test_a_page_repeated_in_the_middle(self, bent, hole) -> None:
        ids = [1, 2, 3, 4, 5]
        with pytest.raises(IncompleteRead, match=f"page {hole} was repeated, page {hole + 1} is not"):
            await bent(ids, lambda asked, page, body: show(page - (page == hole), ids), meta=False)

    async def test_an_empty_page_in_the_middle(self, bent) -> None:
        with pytest.raises(IncompleteRead, match="page 2 was empty, page 3 is not"):
            await bent([1, 2, 3, 4, 5], lambda asked, page, body: {"products": []} if page == 2 else body, meta=False)

    async def test_a_page_that_overlaps_the_one_before_hides_nothing(self, bent) -> None:
        def overlap(asked: int, page: int, body: dict[str, Any]) -> dict[str, Any]:
            return {"products": [{"id": 2, "name": "P2"}, *body["products"]]} if page == 2 else body

        assert [int(one.id) for one in await bent([1, 2, 3, 4], overlap, meta=False)] == [1, 2, 3, 4]

    @pytest.mark.parametrize(
        ("bend", "words"),
        [
            (lambda asked, page, body: {**body, "products": []} if page == 2 else body, "page 2 of 3 is empty"),
            (lambda asked, page, body: {**body, **show(1, [1, 2])} if page == 2 else body, "record 1 came twice"),
            (
                lambda asked, page, body: {**body, "meta": {**body["meta"], "page": 1}},
                "asked for page 2, it sent page 1",
            ),
            (
                lambda asked, page, body: show(2, [1, 2, 3, 4]) if page == 2 else body,
                "without the totals that page 1 had",
            ),
            (lambda asked, page, body: {**body, "products": []} if page == 3 else body, "it sent 4 of 5"),
            (lambda asked, page, body: {**body, "meta": {**body["meta"], "total_entries": 5 + asked}}, "changed again"),
            (lambda asked, page, body: {**body, "meta": {"total_pages": 2, "total_entries": 5}}, "it sent 4 of 5"),
            (
                lambda asked, page, body: {**body, "meta": {"total_pages": 3, "total_entries": 4}},
                "more records than its total",
            ),
        ],
    )
    async def test_totals_must_add_up(self, bent, bend, words) -> None:
        with pytest.raises(IncompleteRead, match=words):
            await bent([1, 2, 3, 4, 5], bend, meta=True)

    async def test_a_product_added_while_reading(self, bent) -> None:
        ids = [1, 2, 3, 4, 5]

        def bend(asked: int, page: int, body: dict[str, Any]) -> dict[str, Any]:
            if asked == 1:
                ids.append(6)
            return body

        assert [int(one.id) for one in await bent(ids, bend, meta=True)] == [1, 2, 3, 4, 5, 6]

    @pytest.mark.parametrize("body", [None, [], {"product": []}, {"products": None}, {"products": [{"name": "no id"}]}])
    async def test_documents_that_are_no_list(self, bent, body) -> None:
        with pytest.raises(ProtocolError, match="no array of records"):
            await bent([1], lambda asked, page, _: body, meta=False)

    @pytest.mark.parametrize("price", ["a lot", "NaN", True, []])
    async def test_an_amount_that_is_none_stops_the_read(self, bent, price) -> None:
        with pytest.raises(ProtocolError, match="product 1 cannot be read"):
            await bent([], lambda asked, page, _: {"products": [{"id": 1, "price_retail": price}]}, meta=False)

    @pytest.mark.parametrize(("meta", "skip"), [("always", 1), ("never", 1), ("never", 4), ("always", 4)])
    async def test_the_sandboxes_repeated_page(self, sandbox, connect, gather, world, meta, skip) -> None:
        served = sandbox("syncro", world, meta=meta)
        served.app.faults.add("repeat_page", path="/products", skip=skip)
        with pytest.raises(IncompleteRead):
            await gather(connect(served), Kind.PRODUCTS)


class TestPermissions:
    @pytest.mark.parametrize(
        ("missing", "kind"),
        [("Customers - List/Search", Kind.CUSTOMERS), ("Products - List/Search", Kind.PRODUCTS)],
    )
    async def test_a_401_that_means_a_missing_permission_names_it(
        self, sandbox, connect, gather, tiny, missing, kind
    ) -> None:
        served = sandbox("syncro", tiny)
        served.app.permissions.discard(missing)
        with pytest.raises(PermissionMissing, match=f'lacks the permission "{missing}"') as caught:
            await gather(connect(served), kind)
        assert caught.value.permission == missing

    async def test_a_detail_permission(self, sandbox, connect, tiny) -> None:
        served = sandbox("syncro", tiny)
        served.app.permissions.discard("Customers - View Detail")
        with pytest.raises(PermissionMissing, match="Customers - View Detail"):
            await connect(served).read_some(Kind.CUSTOMERS, ["1"])

    async def test_a_401_that_means_a_bad_token(self, sandbox, connect, gather, tiny, monkeypatch) -> None:
        served = sandbox("syncro", tiny)
        connector = connect(served)
        monkeypatch.setattr(served.app, "token", "another one")
        with pytest.raises(AuthenticationError, match="The credentials were refused"):
            await gather(connector, Kind.PRODUCTS)


class TestCheck:
    async def test_all_is_well_and_the_users_token_is_nowhere(self, sandbox, connect, tiny, caplog) -> None:
        caplog.set_level("DEBUG")
        served = sandbox("syncro", tiny)
        connector = connect(served)
        report = await connector.check()
        assert report.ok
        assert report.account == "operator@sandbox.example at sandbox"
        assert "user_token" not in await connector._api.me()
        assert served.app.token not in caplog.text + repr(report)

    @pytest.mark.parametrize(
        ("missing", "ok"),
        [
            ("Customers - List/Search", False),
            ("Customers - View Detail", False),
            ("Products - List/Search", False),
            ("Vendors - List", True),
        ],
    )
    async def test_each_missing_permission_has_its_line(self, sandbox, connect, tiny, missing, ok) -> None:
        served = sandbox("syncro", tiny)
        served.app.permissions.discard(missing)
        report = await connect(served).check()
        assert report.ok is ok
        assert [item.name for item in report.items if not item.ok] == [missing]
        assert all(entry.method == "GET" for entry in served.requests)

    async def test_a_bad_token_is_one_line(self, sandbox, connect, tiny, monkeypatch) -> None:
        served = sandbox("syncro", tiny)
        connector = connect(served)
        monkeypatch.setattr(served.app, "token", "another one")
        report = await connector.check()
        assert [(item.name, item.ok) for item in report.items] == [("API token", False)]

    @pytest.mark.parametrize("url", ["/api/v1", "/api", "/", ""])
    async def test_the_base_url_may_be_given_with_or_without_its_path(self, sandbox, connect, tiny, url) -> None:
        served = sandbox("syncro", tiny)
        assert (await connect(served, base_url=served.origin + url).check()).ok


class TestLimits:
    async def test_the_vendors_limit_is_never_met(self, sandbox, connect, gather, world) -> None:
        """180 requests a minute, here with a minute of a third of a second, at five sixths of that pace."""
        served = sandbox("syncro", world, rate=180)
        connector = connect(served)
        for _ in range(20):
            await gather(connector, Kind.PRODUCTS)
        assert len(served.requests) > 180
        assert all(entry.status == 200 for entry in served.requests)

    async def test_a_429_without_retry_after_backs_off(self, sandbox, connect, gather, tiny) -> None:
        served = sandbox("syncro", tiny)
        served.app.faults.add("rate_limit", path="/products", times=2)
        connector = connect(served, backoff_seconds="0.05")
        assert len(await gather(connector, Kind.PRODUCTS)) == len(tiny.syncro_products)
        assert connector.budget().throttled == 2

    def test_the_default_pace_leaves_room_below_the_vendors(self) -> None:
        context = ConnectionContext("psa", {"base_url": "https://x.syncromsp.com", "token": "env:T"}, str)
        connector = CONNECTOR.open(context)
        assert connector.capabilities.rate_per_minute == 150
        assert connector.budget().limit == 150
