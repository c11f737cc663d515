"""The address of a record's page: the system's own, or one that follows a pattern from the browser."""

from __future__ import annotations

import pytest

from connectors.http import Screens, screens
from connectors.registry import EntryPointRegistry
from engine.errors import UsageError
from engine.model import Customer, Product, Sku
from engine.ports import ConnectionContext

LAMP = Product("7/a", "Lamp", skus=(Sku("L 1"),), url="https://shop.example/lamp")


def of(**options: str) -> Screens:
    return screens(ConnectionContext("shop", options, str))


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        ("", "https://shop.example/lamp"),
        ("https://admin.example/items/{id}?tab=1", "https://admin.example/items/7%2Fa?tab=1"),
        ("https://admin.example/find?code={code}&id={id}", "https://admin.example/find?code=L%201&id=7%2Fa"),
    ],
)
def test_a_pattern_wins_over_the_systems_own_address(pattern, url) -> None:
    assert of(product_page=pattern).of(LAMP).url == url


def test_without_a_code_there_is_no_address_with_one() -> None:
    assert of(product_page="https://admin.example/{code}").of(Product("1", "Bare")).url == ""
    assert of(product_page="https://admin.example/{code}").of(Product("1", "Bare", mpn="M")).url.endswith("/M")


def test_customers_have_a_pattern_of_their_own_and_nothing_else_changes() -> None:
    ada = Customer("5", "Ada", email="ada@example.com")
    both = of(product_page="https://p.example/{id}", customer_page="https://c.example/{id}")
    assert (both.of(ada).url, both.of(ada).email, both.of(LAMP).url) == (
        "https://c.example/5",
        ada.email,
        "https://p.example/7%2Fa",
    )


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("product_page", "https://example.com/lamp"),
        ("product_page", "javascript:alert({id})"),
        ("product_page", "https://example.com/{name}"),
        ("customer_page", "https://example.com/{code}"),
    ],
)
def test_a_pattern_that_is_none_is_named(name, pattern) -> None:
    with pytest.raises(UsageError, match=f"option {name} is an address"):
        of(**{name: pattern})


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("", "https://app.qbo.intuit.com/app/customerdetail?nameId=5"),
        ("https://sandbox-quickbooks.api.intuit.com", "https://app.sandbox.qbo.intuit.com/app/customerdetail?nameId=5"),
        ("https://books.example", ""),
    ],
)
def test_quickbooks_shows_a_customer_in_the_company_that_is_open(address, page) -> None:
    from connectors.quickbooks.settings import settings_of

    options = {
        "realm_id": "1",
        "client_id": "c",
        "client_secret": "env:S",
        "refresh_token": "env:R",
        "base_url": address,
    }
    known = settings_of(ConnectionContext("books", options, str)).screens
    assert known.of(Customer("5", "Ada")).url == page
    assert known.of(Product("5", "Lamp")).url == ""


@pytest.mark.parametrize("system", ["ultracart", "quickbooks", "marketplace"])
def test_systems_whose_addresses_nobody_documents_take_patterns(system) -> None:
    names = {option.name for option in EntryPointRegistry().get(system).options}
    assert {"product_page", "customer_page"} <= names
