"""A marketplace read ends complete or raises: every way in which pages may fail to add up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.marketplace import CONNECTOR
from engine.errors import ConnectorError, IncompleteRead, ProtocolError
from engine.model import Kind
from engine.ports import ConnectionContext


def rows(count: int, start: int = 1) -> list[dict[str, Any]]:
    return [
        {"id": str(number), "name": f"C{number}", "externalId": None, "status": "active"}
        for number in range(start, start + count)
    ]


Bend = Callable[[int, dict[str, Any]], Any]


@pytest.fixture
async def bent(script, say, gather):
    """Reads customers, two a page, from a list whose nth answer is bent by a function of (n, answer)."""
    connectors = []

    def read(records: list[dict[str, Any]], bend: Bend):
        asked = 0

        def answer(seen):
            nonlocal asked
            if seen.path == "/token":
                return say({"token": "ey.J.x", "expiresInSeconds": 1500})
            asked += 1
            query = parse_qs(urlsplit(seen.target).query)
            offset, limit = int(query["offset"][0]), int(query["limit"][0])
            page = {
                "data": records[offset : offset + limit],
                "pagination": {"offset": offset, "limit": limit, "total": len(records)},
            }
            bent_page = bend(asked, page)
            return bent_page if isinstance(bent_page, say) else say(bent_page)

        script.fallback = answer
        options = {
            "base_url": script.url,
            "username": "u",
            "password": "p",
            "subscription_key": "k",
            "marketplace": "us",
            "page_size": "2",
        }
        connector = CONNECTOR.open(ConnectionContext("shop", options, lambda reference: f"secret-{reference}"))
        connectors.append(connector)
        return gather(connector, Kind.CUSTOMERS)

    yield read
    for connector in connectors:
        await connector.close()


def untouched(_: int, page: dict[str, Any]) -> dict[str, Any]:
    return page


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
async def test_every_number_of_records(bent, count) -> None:
    assert [one.id for one in await bent(rows(count), untouched)] == [row["id"] for row in rows(count)]


async def test_a_server_that_sends_smaller_pages_than_asked_for(bent) -> None:
    def one_only(_: int, page: dict[str, Any]) -> dict[str, Any]:
        return {**page, "data": page["data"][:1]}

    assert len(await bent(rows(5), one_only)) == 5


def at(number: int, **changes: Any) -> Bend:
    """Change one answer: its ``data``, or keys of its ``pagination``."""

    def bend(asked: int, page: dict[str, Any]) -> dict[str, Any]:
        if asked != number:
            return page
        pagination = {**page["pagination"], **{key: value for key, value in changes.items() if key != "data"}}
        return {"data": changes.get("data", page["data"]), "pagination": pagination}

    return bend


@pytest.mark.parametrize(
    ("bend", "words"),
    [
        (at(2, data=rows(2)), "record 1 came twice"),
        (at(2, data=rows(2), offset=0), "asked from record 2 on, it answered from 0 on"),
        (at(2, data=[]), "it sent 2 of 5"),
        (at(3, data=rows(3, start=5)), "more records than its total of 5"),
        (at(2, total=None), "a page came without its total"),
        (at(2, total="5"), "a page came without its total"),
        (at(2, total=-1), "a page came without its total"),
    ],
)
async def test_pages_that_do_not_add_up(bent, bend, words) -> None:
    with pytest.raises(IncompleteRead, match=words) as caught:
        await bent(rows(5), bend)
    assert "the last complete read is kept" in str(caught.value)
    assert caught.value.connection == "shop"


async def test_a_repeated_record_within_a_page(bent) -> None:
    with pytest.raises(IncompleteRead, match="came twice"):
        await bent([*rows(2), *rows(1)], untouched)


@pytest.mark.parametrize("page", [[], "text", {"data": None}, {"data": {}}, {"data": [1]}, None])
async def test_documents_that_are_no_list(bent, page) -> None:
    with pytest.raises(ProtocolError, match="no array of records"):
        await bent(rows(3), lambda asked, _: page)


async def test_a_list_without_pagination(bent) -> None:
    with pytest.raises(IncompleteRead, match="without its total"):
        await bent(rows(3), lambda asked, page: {"data": page["data"]})


async def test_a_web_page_in_the_middle(bent, say) -> None:
    html = say(raw=b"<html>maintenance</html>", content_type="text/html")
    with pytest.raises(ConnectorError, match="an HTML page instead of JSON"):
        await bent(rows(5), lambda asked, page: html if asked == 2 else page)


class TestMovingTotals:
    async def test_records_added_while_reading_are_all_there_once(self, bent) -> None:
        records = rows(5)

        def bend(asked: int, page: dict[str, Any]) -> dict[str, Any]:
            if asked == 1:
                records.insert(0, {"id": "new", "name": "New"})
            return page

        found = [one.id for one in await bent(records, bend)]
        assert sorted(found) == ["1", "2", "3", "4", "5", "new"]

    async def test_a_record_that_was_handed_out_and_then_deleted(self, bent) -> None:
        records = rows(5)

        def bend(asked: int, page: dict[str, Any]) -> dict[str, Any]:
            if asked == 1:
                records.pop(0)
            return page

        with pytest.raises(IncompleteRead, match=r"1 of them disappeared while reading \(1\)"):
            await bent(records, bend)

    async def test_a_later_record_that_was_deleted_is_simply_not_there(self, bent) -> None:
        records = rows(5)

        def bend(asked: int, page: dict[str, Any]) -> dict[str, Any]:
            if asked == 1:
                records.pop()
            return page

        assert [one.id for one in await bent(records, bend)] == ["1", "2", "3", "4"]

    async def test_a_total_that_never_rests(self, bent) -> None:
        records = rows(9)

        def bend(asked: int, page: dict[str, Any]) -> dict[str, Any]:
            records.append({"id": f"late-{asked}", "name": "L"})
            return page

        with pytest.raises(IncompleteRead, match="changed again while reading"):
            await bent(records, bend)


async def test_the_sandboxes_repeated_page(sandbox, connect, gather, tiny) -> None:
    served = sandbox("marketplace", tiny)
    served.app.faults.add("repeat_page", path="/products", skip=1)
    with pytest.raises(IncompleteRead):
        await gather(connect(served, page_size="4"), Kind.PRODUCTS)
