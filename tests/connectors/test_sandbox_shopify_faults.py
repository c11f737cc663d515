"""What goes wrong on the way to a Shopify store, in the store's own words: the faults know an operation by its root field."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from connectors.sandbox.server import Served, serve_in_thread
from connectors.sandbox.shopify import Shopify
from connectors.sandbox.store_world import StoreWorld

LIST = """query V($after: String) { productVariants(first: 3, after: $after) { nodes { id price }
  pageInfo { hasNextPage endCursor } } }"""
UPDATE = """mutation U($p: ID!, $v: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(productId: $p, variants: $v) { productVariants { price } userErrors { message } } }"""
Send = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serve_in_thread(Shopify(StoreWorld.make(seed=3, products=12), rate=0)) as served:
        yield served


@pytest.fixture
def send(server: Served) -> Iterator[Send]:
    server.app.reset()
    headers = {"X-Shopify-Access-Token": server.credentials["access_token"]}
    with httpx.Client(base_url=server.url, headers=headers, trust_env=False, verify=False) as client:
        yield lambda query, **variables: client.post("/graphql.json", json={"query": query, "variables": variables})


@pytest.fixture
def raised(server: Served, send: Send) -> Callable[[], httpx.Response]:
    """The first variant's price becomes 77."""
    row = server.state.rows("variants")[0]
    given = [{"id": f"gid://shopify/ProductVariant/{row['id']}", "price": "77"}]
    return lambda: send(UPDATE, p=f"gid://shopify/Product/{row['product']}", v=given)


def price(server: Served) -> str:
    return str(server.state.rows("variants")[0]["price"])


def ids(reply: httpx.Response) -> list[str]:
    return [node["id"] for node in reply.json()["data"]["productVariants"]["nodes"]]


@pytest.mark.parametrize(("kind", "status"), [("rate_limit", 429), ("error", 503), ("html", 200)])
def test_a_struck_list_answers_as_the_store_or_its_host_would_and_a_write_is_left_alone(
    server: Served, send: Send, raised: Callable[[], httpx.Response], kind: str, status: int
) -> None:
    server.app.faults.add(kind, method="GET", path="/productVariants")
    assert raised().json()["data"]["productVariantsBulkUpdate"]["productVariants"] == [{"price": "77.00"}]
    struck = send(LIST)
    assert struck.status_code == status
    if kind == "html":
        assert struck.headers["content-type"].startswith("text/html")
    else:
        code = {"rate_limit": "THROTTLED", "error": "INTERNAL_SERVER_ERROR"}[kind]
        assert struck.json()["errors"][0]["extensions"]["code"] == code
    assert len(ids(send(LIST))) == 3


@pytest.mark.parametrize(("kind", "kept"), [("error", False), ("error_after", True), ("html_after", True)])
def test_an_answer_that_says_nothing_may_have_written_or_not(
    server: Served, raised: Callable[[], httpx.Response], kind: str, kept: bool
) -> None:
    server.app.faults.add(kind, method="POST", path="/productVariantsBulkUpdate")
    raised()
    assert (price(server) == "77.00") is kept


def test_an_answer_may_say_it_stored_what_it_did_not(server: Served, raised: Callable[[], httpx.Response]) -> None:
    before = price(server)
    server.app.faults.add("no_store", method="POST", path="/productVariantsBulkUpdate")
    assert raised().json()["data"]["productVariantsBulkUpdate"]["userErrors"] == []
    assert price(server) == before


def test_a_lagging_reader_a_repeated_page_and_a_short_one(
    server: Served, send: Send, raised: Callable[[], httpx.Response]
) -> None:
    before = price(server)
    first = send(LIST)
    raised()
    server.app.faults.add("stale_read", path="/productVariants")
    assert send(LIST).json()["data"]["productVariants"]["nodes"][0]["price"] == before
    cursor = first.json()["data"]["productVariants"]["pageInfo"]["endCursor"]
    server.app.faults.add("repeat_page", path="/productVariants")
    assert ids(send(LIST, after=cursor)) == ids(first)
    server.app.faults.add("short_page", path="/productVariants")
    short = send(LIST)
    assert ids(short) == ids(first)[:2]
    assert short.json()["data"]["productVariants"]["pageInfo"]["endCursor"] == cursor


def test_a_scope_that_is_taken_away_is_named(server: Served, raised: Callable[[], httpx.Response]) -> None:
    server.app.faults.add("permission", method="POST", path="/productVariantsBulkUpdate")
    denied = raised().json()
    assert denied["errors"][0]["extensions"]["requiredAccess"] == "`write_products` access scope."
    assert price(server) != "77.00"


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [(b"{", 400, "Bad request"), (b'{"query": "{ shop { "}', 200, "Syntax Error"), (b"[]", 400, "Bad request")],
)
def test_a_body_that_is_no_query_is_refused(server: Served, body: bytes, status: int, said: str) -> None:
    headers = {"X-Shopify-Access-Token": server.credentials["access_token"], "content-type": "application/json"}
    reply = httpx.post(f"{server.url}/graphql.json", content=body, headers=headers, trust_env=False)
    assert (reply.status_code, said in reply.text) == (status, True)
    elsewhere = httpx.post(f"{server.url}/products.json", content=b"{}", headers=headers, trust_env=False)
    assert (elsewhere.status_code, elsewhere.json()) == (404, {"errors": "Not Found"})
