"""Lists of records as GraphQL connections: searched, sorted, and paged by cursors."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLError

from connectors.sandbox.wire import Json

LARGEST = 250  # records of a page


def connection(
    rows: Sequence[Json],
    node: Callable[[Json], Json],
    *,
    order: Callable[[Json], Any],
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
    reverse: bool = False,
    window: int = 0,
) -> Json:
    """A page of rows. ``order`` gives what they are sorted by; ``window``: how far a list can be paged, 0 for any.

    Raises the vendor's error for a page that is none.
    """
    size = _size(first, last)
    ranked = sorted(rows, key=lambda row: (order(row), int(row["id"])), reverse=reverse)
    places = {row["id"]: at for at, row in enumerate(ranked)}
    start = _after(after, ranked, places, order, reverse) if after else 0
    end = places.get(_read(before)[0], len(ranked)) if before else len(ranked)
    if first is None:
        start = max(start, end - size)
    page = ranked[start : min(end, start + size)]
    if window and start + len(page) > window:
        raise refused(f"Cannot page beyond {window:,} records of a list: narrow the search.", "BAD_REQUEST")
    edges = [{"cursor": _cursor(row, order), "node": node(row)} for row in page]
    return {
        "edges": edges,
        "nodes": [edge["node"] for edge in edges],
        "pageInfo": {
            "hasNextPage": start + len(page) < end,
            "hasPreviousPage": start > 0,
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
    }


def refused(message: str, code: str, **more: Any) -> GraphQLError:
    """A top-level error with its code."""
    return GraphQLError(message, extensions={"code": code, **more})


def _size(first: int | None, last: int | None) -> int:
    if (first is None) == (last is None):
        raise refused("you must provide one of first or last", "BAD_REQUEST")
    size = first if first is not None else last
    assert size is not None
    if not 0 < size <= LARGEST:
        raise refused(f"{size} is not between 1 and {LARGEST}", "BAD_REQUEST")
    return size


def _after(
    after: str, ranked: Sequence[Json], places: dict[str, int], order: Callable[[Json], Any], reverse: bool
) -> int:
    """Where the page after a cursor begins, also when the cursor's record is gone."""
    id, value = _read(after)
    if id in places:
        return places[id] + 1
    mark = (value, int(id))
    past = [((order(row), int(row["id"])) > mark) is not reverse for row in ranked]
    return past.index(True) if True in past else len(ranked)


def _cursor(row: Json, order: Callable[[Json], Any]) -> str:
    text = json.dumps({"last_id": row["id"], "last_value": order(row)})
    return base64.b64encode(text.encode()).decode()


def _read(cursor: str) -> tuple[str, Any]:
    try:
        told = json.loads(base64.b64decode(cursor, validate=True))
        return str(int(told["last_id"])), told["last_value"]
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise refused("invalid cursor", "BAD_REQUEST") from error
