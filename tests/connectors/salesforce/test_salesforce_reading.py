"""Reading an org: products with prices of one book, people of both kinds, changes, and reads that do not add up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs

import pytest

from connectors.salesforce import soql
from connectors.sandbox.salesforce import Salesforce
from connectors.sandbox.salesforce_fields import Column
from connectors.sandbox.server import serve_in_thread
from engine.errors import IncompleteRead, PermissionMissing, ProtocolError, Rejected, Unreachable, UsageError
from engine.model import Kind

DATA = "/services/data/v67.0"


class TestProducts:
    async def test_every_product_comes_with_its_price_in_the_standard_book(
        self, org, connect, everything, crm_world
    ) -> None:
        served = org()
        products = {one.id: one for one in await everything(connect(served))}
        assert set(products) == {one.id for one in crm_world.products}
        standard = next(book.id for book in crm_world.books if book.standard)
        prices = {entry.product: entry.price for entry in crm_world.entries if entry.book == standard and entry.active}
        for one in crm_world.products:
            found = products[one.id]
            assert (found.name, found.active, found.skus[0].value) == (one.name, one.active, one.code)
            assert [option.amount for option in found.prices] == [prices[id] for id in [one.id] if id in prices]
            assert {option.currency for option in found.prices} <= {None}

    async def test_another_book_is_chosen_by_name_or_by_id(self, org, connect, everything, crm_world) -> None:
        served = org()
        sale = next(book for book in crm_world.books if book.name == "Web sale")
        wanted = {entry.product: entry.price for entry in crm_world.entries if entry.book == sale.id}
        for name in ("web sale", sale.id, sale.id[:15]):
            products = await everything(connect(served, price_book=name))
            assert {one.id: one.prices[0].amount for one in products if one.prices} == wanted
        with pytest.raises(Rejected, match=r'no price book is named "Nowhere".*Standard Price Book'):
            await everything(connect(served, price_book="Nowhere"))

    async def test_inactive_entries_are_no_prices_but_are_listed_as_entries(self, org, connect, everything) -> None:
        served = org()
        connector = connect(served)
        dead = [entry for entry in served.state.rows("PricebookEntry") if not entry["IsActive"]]
        assert dead
        products = {one.id: one for one in await everything(connector)}
        assert all(products[entry["Product2Id"]].prices == () for entry in dead)
        listed = {one.id: one async for page in connector.price_entries() for one in page}
        assert set(listed) == set(served.state.tables["PricebookEntry"])
        assert not any(listed[entry["Id"]].active for entry in dead)

    async def test_custom_and_standard_fields_are_text_under_their_api_names(
        self, org, connect, everything, row_of
    ) -> None:
        served = org()
        row = row_of(served)
        values = {
            "UC_Cost__c": 3.5,
            "UC_Stock__c": 12.0,
            "UC_Material__c": "Oak",
            "Family": "Office",
            "DisplayUrl": "/x",
        }
        served.state.put("Product2", row["Id"], row | values)
        found = next(one for one in await everything(connect(served)) if one.id == row["Id"])
        custom = dict(found.custom)
        assert custom == {
            "UC_Cost__c": "3.5", "UC_Stock__c": "12", "UC_Material__c": "Oak", "DisplayUrl": "/x", "IsArchived": "false", "Family": "Office"
        }  # fmt: skip
        assert found.category == "Office"
        assert found.url.endswith(f"/lightning/r/Product2/{row['Id']}/view")

    async def test_archived_is_inactive_and_deleted_is_gone(self, org, connect, everything, row_of) -> None:
        served = org()
        archived, deleted = row_of(served, 0), row_of(served, 1)
        served.state.put("Product2", archived["Id"], archived | {"IsArchived": True})
        served.state.put("Product2", deleted["Id"], deleted | {"IsDeleted": True})
        connector = connect(served)
        products = {one.id: one for one in await everything(connector)}
        assert not products[archived["Id"]].active
        assert deleted["Id"] not in products
        some = await connector.read_some(
            Kind.PRODUCTS, [archived["Id"], deleted["Id"], "not an id", row_of(served, 2)["Id"]]
        )
        assert list(some) == [archived["Id"], row_of(served, 2)["Id"]]
        assert some[archived["Id"]] == products[archived["Id"]]

    async def test_several_currencies_give_a_price_each(self, org, connect, everything, row_of, entry_of) -> None:
        served = org(several_currencies=True)
        row = row_of(served)
        entry = entry_of(served, row["Id"])
        euro = entry | {"Id": "01u5g000000EURO1AA", "CurrencyIsoCode": "EUR", "UnitPrice": 7.25}
        served.state.put("PricebookEntry", euro["Id"], euro)
        found = next(one for one in await everything(connect(served)) if one.id == row["Id"])
        assert [(option.currency, option.amount) for option in found.prices] == [
            ("EUR", Decimal("7.25")),
            ("USD", Decimal(str(entry["UnitPrice"]))),
        ]

    async def test_a_field_that_is_hidden_is_not_asked_for_and_one_that_is_needed_is_named(
        self, org, connect, everything
    ) -> None:
        served = org()
        served.app.hidden = {"Product2.UC_Cost__c", "Product2.Description"}
        products = await everything(connect(served))
        assert {one.description for one in products} == {""}
        served.app.hidden.add("PricebookEntry.Product2Id")
        with pytest.raises(PermissionMissing, match=r"cannot see Product2Id of PricebookEntry.*read access"):
            await everything(connect(served))


class TestPeople:
    async def test_contacts_and_person_accounts_each_by_their_own_id(self, org, connect, everything, crm_world) -> None:
        served = org()
        people = {one.id: one for one in await everything(connect(served), Kind.CUSTOMERS)}
        persons = {one.id for one in crm_world.accounts if one.is_person}
        assert set(people) == {one.id for one in crm_world.contacts} | persons
        for account in crm_world.person_accounts:
            found = people[account.id]
            assert (found.email, found.last_name, found.company) == (account.email, account.billing.last_name, "")
            assert (found.street, found.city) == (account.billing.street, account.billing.city)
        names = {one.id: one.name for one in crm_world.accounts}
        for contact in crm_world.contacts:
            assert people[contact.id].company == people[contact.id].name == names[contact.account]

    async def test_an_org_without_person_accounts_has_contacts_only(self, org, connect, everything, crm_world) -> None:
        served = org(people=False)
        connector = connect(served)
        people = await everything(connector, Kind.CUSTOMERS)
        assert {one.id for one in people} == {one.id for one in crm_world.contacts}
        assert await connector.read_some(Kind.CUSTOMERS, [crm_world.person_accounts[0].id]) == {}
        assert not any("IsPersonAccount" in entry.query for entry in served.requests)

    async def test_single_customers_of_both_kinds(self, org, connect, everything, crm_world) -> None:
        connector = connect(org())
        wanted = [crm_world.person_accounts[0].id, crm_world.contacts[0].id, "0035g0000000000AAA"]
        found = await connector.read_some(Kind.CUSTOMERS, wanted)
        every = {one.id: one for one in await everything(connector, Kind.CUSTOMERS)}
        assert found == {id: every[id] for id in wanted[:2]}

    async def test_fees_have_no_list(self, org, connect, everything) -> None:
        with pytest.raises(UsageError, match="no list of fees"):
            await everything(connect(org()), Kind.FEES)


class TestPages:
    async def test_short_pages_are_read_to_the_end(self, org, connect, everything, crm_world) -> None:
        served = org(short_pages=7)
        assert len(await everything(connect(served))) == len(crm_world.products)
        assert sum("/query/01g" in entry.path for entry in served.requests) > 10

    @pytest.mark.parametrize("fault", ["short_page", "repeat_page"])
    async def test_a_page_that_does_not_add_up_is_no_shorter_catalogue(self, org, connect, everything, fault) -> None:
        served = org(short_pages=7)
        served.app.faults.add(fault, path=f"{DATA}/query/*", skip=1)
        with pytest.raises(IncompleteRead, match="Nothing was changed"):
            await everything(connect(served))

    async def test_a_query_that_the_org_forgot_starts_over_once(self, org, connect, everything, crm_world) -> None:
        served = org(short_pages=7)
        served.app.queries._cursors.clear()
        original, dropped = served.app.queries.page, []

        def forgetful(locator, start, version, batch):
            if start == 14 and not dropped:
                dropped.append(locator)
                served.app.queries._cursors.clear()
            return original(locator, start, version, batch)

        served.app.queries.page = forgetful
        try:
            products = await everything(connect(served))
        finally:
            served.app.queries.page = original
        assert dropped
        assert len({one.id for one in products}) == len(products) == len(crm_world.products)

    async def test_a_web_page_and_a_dead_server_are_told_as_such(self, org, connect, everything) -> None:
        served = org()
        served.app.faults.add("html", path=f"{DATA}/query*")
        with pytest.raises(ProtocolError, match="HTML page"):
            await everything(connect(served))
        served.app.faults.clear()
        served.app.faults.add("error", path=f"{DATA}/query*", times=1)
        assert await everything(connect(served))
        served.app.faults.add("error", path=f"{DATA}/query*", times=0)
        with pytest.raises(Unreachable, match="Nothing was written"):
            await everything(connect(served))

    async def test_long_lists_stay_below_the_longest_address(self, org, connect, crm_world) -> None:
        served = org()
        codes = [f"{one.code} - with quite a long tail, isn't it?" for one in crm_world.products] * 3
        codes += [f"not there {number} - {'x' * 90}" for number in range(300)] + [crm_world.products[0].code]
        found = await connect(served).find_codes(codes)
        assert list(found) == [crm_world.products[0].code.casefold()]
        assert all(entry.status == 200 for entry in served.requests)
        assert max(len(entry.query) for entry in served.requests) < soql.LONGEST + 500
        assert sum("ProductCode" in parse_qs(entry.query).get("q", [""])[0] for entry in served.requests) > 3


async def test_an_org_with_hundreds_of_fields_is_read_in_several_queries(connect, everything, crm_world) -> None:
    """The field list alone would not fit an address."""
    app = Salesforce(crm_world, rate=0)
    names = [f"A_field_with_quite_a_long_name_{number:03d}__c" for number in range(400)]
    for name in names:
        app.entities["Product2"].columns[name] = Column(name, length=40)
    for id, row in app.state.tables["Product2"].items():
        app.state.tables["Product2"][id] = row | {name: f"{id} {name[-7:-3]}" for name in names}
    with serve_in_thread(app) as served:
        products = await everything(connect(served))
        assert len(products) == len(crm_world.products)
        for one in products:
            assert [value for name, value in one.custom if name in names] == [
                f"{one.id} {name[-7:-3]}" for name in names
            ]
        assert max(len(entry.query) for entry in served.requests) < soql.LONGEST + 500


class TestChanges:
    async def test_a_changed_price_changes_its_product_and_a_deleted_product_is_gone(
        self, org, connect, row_of, entry_of
    ) -> None:
        served = org()
        start = datetime.now(UTC)
        named, priced, deleted = (row_of(served, nth) for nth in range(3))
        served.app.records.update("Product2", named["Id"], {"Name": "Renamed"})
        served.app.records.update("PricebookEntry", entry_of(served, priced["Id"])["Id"], {"UnitPrice": 77.0})
        served.app.records.delete("Product2", deleted["Id"])
        records, gone = {}, []
        async for page in connect(served).read_changes(Kind.PRODUCTS, start):
            records |= {one.id: one for one in page.records}
            gone += page.gone
        assert set(records) == {named["Id"], priced["Id"]}
        assert records[named["Id"]].name == "Renamed"
        assert records[priced["Id"]].prices[0].amount == Decimal(77)
        assert gone == [deleted["Id"]]

    async def test_changed_people_of_both_kinds(self, org, connect, crm_world) -> None:
        served = org()
        start = datetime.now(UTC)
        person, contact = crm_world.person_accounts[0], crm_world.contacts[0]
        served.app.records.update("Account", person.id, {"PersonEmail": "new@shop.example"})
        served.app.records.update("Account", contact.account, {"Name": "Other name"})
        found = {}
        async for page in connect(served).read_changes(Kind.CUSTOMERS, start):
            found |= {one.id: one for one in page.records}
        assert {id: (one.email, one.company) for id, one in found.items()} == {
            person.id: ("new@shop.example", ""),
            contact.id: (contact.email, "Other name"),
        }

    async def test_a_gap_longer_than_the_recycle_bin_asks_for_everything(self, org, connect) -> None:
        with pytest.raises(IncompleteRead, match="15 days"):
            async for _ in connect(org()).read_changes(Kind.PRODUCTS, datetime.now(UTC) - timedelta(days=20)):
                pass


class TestSchema:
    async def test_standard_and_custom_objects_in_one_call_each_25(self, org, connect) -> None:
        served = org()
        objects = {one.name: one for one in await connect(served).schema()}
        assert list(objects) == [
            "Account", "Contact", "Opportunity", "OpportunityLineItem", "Product2", "PricebookEntry", "Order_Detail__c"
        ]  # fmt: skip
        fields = {one.name: one for one in objects["Product2"].fields}
        name, key, material, margin = (fields[n] for n in ("Name", "UC_Item_Id__c", "UC_Material__c", "Margin__c"))
        assert (name.required, name.length, name.custom) == (True, 255, False)
        assert (key.unique, key.external_id, key.custom) == (True, True, True)
        assert (material.picklist, material.restricted) == (("Oak", "Steel", "Linen"), True)
        assert (margin.createable, margin.updateable) == (False, False)
        assert objects["Order_Detail__c"].custom
        kinds = {one.name: one.kind for one in objects.values() if one.kind}
        assert kinds == {"Product2": Kind.PRODUCTS, "Contact": Kind.CUSTOMERS, "Account": Kind.CUSTOMERS}
        assert fields["IsActive"].required is False
        assert sum(entry.path.endswith("/composite") for entry in served.requests) == 1

    async def test_a_hidden_field_is_not_readable_and_a_broken_describe_is_incomplete(self, org, connect) -> None:
        served = org()
        served.app.hidden = {"Product2.UC_Cost__c"}
        connector = connect(served)
        product = next(one for one in await connector.schema() if one.name == "Product2")
        assert "UC_Cost__c" not in {one.name for one in product.fields}
        served.app.faults.add("short_page", path=f"{DATA}/composite")
        with pytest.raises(ProtocolError, match="does not answer every part"):
            await connector.schema()
