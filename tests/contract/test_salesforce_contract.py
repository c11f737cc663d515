"""The Salesforce sandbox, and what the connector sends to it, against golden shapes taken from Salesforce's documents.

A shape says which keys an answer has and of what type; values are invented. Every key of a shape must be in the answer; an answer's
further keys are those that Salesforce has too (a describe has dozens).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.registry import EntryPointRegistry
from connectors.sandbox.crm_world import CrmWorld
from connectors.sandbox.salesforce import Salesforce
from connectors.sandbox.salesforce_fields import PREFIXES
from connectors.sandbox.server import Served, serve_in_thread
from engine.crm import AccountDraft, AccountForm, BookPrice, PushItem, TextValue
from engine.model import Customer, Kind
from engine.ports import ConnectionContext

SPEC = Path(__file__).parents[2].parent / "shared" / "specs" / "ultracart_salesforce_shapes.json"
DATA = "/services/data/v67.0"
Json = dict[str, Any]


@pytest.fixture(scope="session")
def shapes() -> Json:
    spec: Json = json.loads(SPEC.read_text(encoding="utf-8"))["salesforce"]
    return spec


@pytest.fixture(scope="session")
def crm_world() -> CrmWorld:
    return CrmWorld.make(seed=6, items=40)


@pytest.fixture(scope="session")
def _org(crm_world: CrmWorld) -> Iterator[Served]:
    with serve_in_thread(Salesforce(crm_world, rate=0, short_pages=5)) as served:
        yield served


@pytest.fixture
def org(_org: Served) -> Served:
    _org.app.reset()
    return _org


@pytest.fixture
def client(org: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=org.url, trust_env=False, verify=False) as client:
        token = client.post("/services/oauth2/token", data=_app(org)).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def _app(org: Served) -> dict[str, str]:
    secret = org.credentials["client_secret"]
    return {"grant_type": "client_credentials", "client_id": org.options["client_id"], "client_secret": secret}


@pytest.fixture
def has_shape(differences) -> Callable[..., list[str]]:
    """Where an answer lacks something of a documented shape; its further keys are no difference."""

    def missing(shape: Any, answer: Any) -> list[str]:
        return [text for text in differences(shape, answer) if "is invented" not in text]

    return missing


def test_the_token_endpoint(org, client, shapes, differences) -> None:
    good = client.post("/services/oauth2/token", data=_app(org))
    assert differences(shapes["token_client_credentials"]["response"], good.json()) == []
    assert "expires_in" not in good.json()
    bad = client.post("/services/oauth2/token", data={**_app(org), "grant_type": "refresh_token", "refresh_token": "x"})
    assert bad.status_code == shapes["token_error"]["status"]
    assert differences(shapes["token_error"]["body"], bad.json()) == []
    form = {**_app(org), "grant_type": "refresh_token", "refresh_token": org.app.oauth.first}
    assert client.post("/services/oauth2/token", data=form).json()["refresh_token"] != org.app.oauth.first


def test_versions_and_their_addresses_need_no_session(org, shapes, differences) -> None:
    answer = httpx.get(f"{org.url}/services/data/", trust_env=False)
    assert differences(shapes["versions"]["response"], answer.json()) == []
    assert shapes["versions"]["response"][0] in answer.json()


def test_queries(client, shapes, has_shape, differences) -> None:
    shape = shapes["query"]["response"]
    first = client.get(f"{DATA}/query", params={"q": "SELECT Id, Name, ProductCode FROM Product2"}).json()
    assert differences(shape, first) == []
    assert re.fullmatch(r"/services/data/v67\.0/query/01g\w{15}-5", first["nextRecordsUrl"])
    last = client.get(f"{DATA}/query", params={"q": shapes["sample_records"]["pricebook2_standard"]["soql"]}).json()
    assert (
        has_shape(
            {key: value for key, value in shape.items() if key != "nextRecordsUrl"},
            {**last, "records": first["records"]},
        )
        == []
    )
    assert (last["done"], "nextRecordsUrl" in last) == (True, False)
    kinds = client.get(f"{DATA}/query", params={"q": shapes["sample_records"]["record_types_soql"]}).json()
    assert {row["DeveloperName"] for row in kinds["records"]} == {"PersonAccount", "Club_Member"}


def test_describes(client, shapes, differences, has_shape) -> None:
    every = client.get(f"{DATA}/sobjects/").json()
    custom = [one for one in every["sobjects"] if one["name"] == "Order_Detail__c"]
    assert differences(shapes["describe_global"]["response"], {**every, "sobjects": custom}) == []
    described = client.get(f"{DATA}/sobjects/Product2/describe").json()
    for field in described["fields"]:
        assert has_shape(shapes["describe_field"]["field"], field) == []
    cost = next(one for one in described["fields"] if one["name"] == "UC_Cost__c")
    assert {key: cost[key] for key in shapes["describe_field"]["field"] if key != "label"} == {
        key: value for key, value in shapes["describe_field"]["field"].items() if key != "label"
    }
    account = client.get(f"{DATA}/sobjects/Account/describe").json()
    for one in account["recordTypeInfos"]:
        assert has_shape(shapes["describe_field"]["recordTypeInfo"], one) == []


def test_single_records(client, shapes, differences) -> None:
    made = client.post(f"{DATA}/sobjects/Product2", json=shapes["create_one"]["body"])
    assert (made.status_code, differences(shapes["create_one"]["response"], made.json())) == (201, [])
    for status in (201, 200):
        upserted = client.patch(f"{DATA}/sobjects/Product2/UC_Item_Id__c/Baseball%20Bat", json={"Name": "Bat"})
        assert (upserted.status_code, differences(shapes["upsert_one"]["response"], upserted.json())) == (status, [])
        assert upserted.json()["created"] is (status == 201)


def test_collections_tell_of_each_record(client, shapes, differences) -> None:
    body = shapes["collections_create"]["body"]
    twice = {**body, "records": [{**body["records"][0], "UC_Item_Id__c": "one"}] * 2}
    answer = client.post(f"{DATA}/composite/sobjects", json=twice)
    assert answer.status_code == shapes["collections_create"]["status"]
    for shape, one in zip(shapes["collections_create"]["response"], answer.json(), strict=True):
        assert differences(shape, one) == []
    (error,) = answer.json()[1]["errors"]
    documented = shapes["collections_create"]["response"][1]["errors"][0]
    assert error["statusCode"] == documented["statusCode"]
    assert error["message"].startswith("duplicate value found: UC_Item_Id__c duplicates value on record with id: 01t")
    upserted = client.patch(f"{DATA}/composite/sobjects/Product2/UC_Item_Id__c", json={"records": twice["records"][:1]})
    assert [(one["success"], one["created"]) for one in upserted.json()] == [(True, False)]


def test_composite_requests(client, shapes, crm_world, has_shape) -> None:
    shape = shapes["composite"]
    standard = next(book.id for book in crm_world.books if book.standard)
    body = json.loads(json.dumps(shape["body"]).replace("v68.0", "v67.0").replace("01s...", standard))
    good = client.post(f"{DATA}/composite", json=body).json()
    assert [one["httpStatusCode"] for one in good["compositeResponse"]] == [201, 201]
    assert has_shape(shape["response"]["compositeResponse"][0], good["compositeResponse"][0]) == []
    bad = json.loads(json.dumps(body).replace(standard, "01s5g0000000099AAA"))
    answer = client.post(f"{DATA}/composite", json=bad).json()["compositeResponse"]
    assert [one["referenceId"] for one in answer] == ["p", "std"]
    assert answer[0]["body"][0]["errorCode"] == shape["response"]["compositeResponse"][1]["body"][0]["errorCode"]
    assert has_shape(shape["response"]["compositeResponse"][1], answer[0]) == []


def test_errors(org, client, shapes, differences) -> None:
    def same(name: str, answer: httpx.Response) -> None:
        assert answer.status_code == shapes[name].get("status", 400)
        assert differences(shapes[name]["body"], answer.json()) == []
        assert answer.json()[0]["errorCode"] == shapes[name]["body"][0]["errorCode"]

    contact = next(row for row in org.state.rows("Contact") if row["Email"])
    twin = {"LastName": contact["LastName"], "Email": contact["Email"]}
    same("error_duplicates", client.post(f"{DATA}/sobjects/Contact", json=twin))
    allowed = {"Sforce-Duplicate-Rule-Header": "allowSave=true; includeRecordDetails=true"}
    assert client.post(f"{DATA}/sobjects/Contact", json=twin, headers=allowed).status_code == 201
    product = org.state.rows("Product2")[0]["Id"]
    org.app.records.locks = {product: 1}
    locked = client.patch(f"{DATA}/sobjects/Product2/{product}", json={"Name": "x"}).json()[0]
    assert locked["errorCode"] == shapes["error_lock"]["errorCode"]
    assert locked["message"].startswith(shapes["error_lock"]["message"])
    usage = client.get(f"{DATA}/limits").headers["sforce-limit-info"]
    assert re.fullmatch(r"api-usage=\d+/100000", usage)
    assert all("api-usage=" in value for value in shapes["limit_header"]["values"])
    org.app.faults.add("rate_limit")
    same("error_daily_limit", client.get(f"{DATA}/limits"))
    org.app.oauth.expire()
    same("error", client.get(f"{DATA}/limits"))


def test_ids_begin_as_documented(org, shapes) -> None:
    documented = shapes["sample_records"]["key_prefixes"]
    assert {name: prefix for name, prefix in documented.items() if name != "source"}.items() <= PREFIXES.items()
    for name, rows in org.state.tables.items():
        assert all(id.startswith(PREFIXES[name]) for id in rows)


async def test_what_the_connector_sends_is_as_documented(org, shapes, crm_world, tmp_path) -> None:
    """Bodies of its writes have the documented names, and never one of those that must not be sent."""
    secret = org.credentials["client_secret"]
    options = {**org.options, "client_secret": "ref:s"}
    context = ConnectionContext("crm", options, lambda _reference: secret, tmp_path / "crm.json")
    connector = EntryPointRegistry().get("salesforce").open(context)
    standard = next(book.id for book in crm_world.books if book.standard)
    item = PushItem("k", "s", "NEW-1", (TextValue("name", "New"),), (BookPrice(standard, Decimal("9.5")),))
    (pushed,) = await connector.push([item])
    jane = Customer(
        id="1", name="Jane Roe", first_name="Jane", last_name="Roe", email="jane@roe.example", street="1 Main"
    )
    kinds = await connector.person_accounts()
    for form in AccountForm:
        draft = AccountDraft(
            form, form, jane if form is AccountForm.PERSON_ACCOUNT else Customer(id="2", name="x", last_name="Doe")
        )
        draft = AccountDraft(
            draft.key, form, draft.customer, record_type_id=kinds.record_types[0].id, marker="crosswalk:1"
        )
        assert (await connector.create_account(draft)).result == "applied"
    assert await connector.read_some(Kind.PRODUCTS, [pushed.product_id])
    await connector.close()
    sent = [entry.body for entry in org.requests if entry.method in {"POST", "PATCH"} and "composite" in entry.path]
    (upsert, entries), composites = [one["records"] for one in sent[:2]], [one["compositeRequest"] for one in sent[2:]]
    assert [row["attributes"] for row in (*upsert, *entries)] == [{"type": "Product2"}, {"type": "PricebookEntry"}]
    assert set(entries[0]) - {"attributes"} <= set(shapes["sample_records"]["pricebookentry"])
    person, account, contact = (part["body"] for parts in composites for part in parts)
    never = shapes["sample_records"]["person_account"]["_never"]
    assert not set(person) & set(never)
    assert {"RecordTypeId", "LastName", "PersonEmail", "PersonMailingStreet"} <= set(person)
    assert "Name" in account
    assert contact["AccountId"] == shapes["sample_records"]["business_pair"][1]["AccountId"]
