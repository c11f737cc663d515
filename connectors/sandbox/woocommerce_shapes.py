"""Shapes shared by a WooCommerce store's resources: errors, lists with their totals, filters, and picked fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from connectors.sandbox.state import State
from connectors.sandbox.wire import Call, Json, Refused, Reply, as_json

LARGEST_PAGE = 100
CLOCK = "%Y-%m-%dT%H:%M:%S"


class Shop(Protocol):
    """What a resource needs of the store it belongs to."""

    state: State
    cogs: bool
    takes_delta: bool
    batch_limit: int
    all_variations: bool
    statuses: Sequence[str]

    def now(self) -> str: ...


def problem(code: str, message: str, status: int, **more: Any) -> Json:
    """The error document, which also stands in the place of a record in the answer to a batch."""
    return {"code": code, "message": message, "data": {"status": status, **more}}


def refuse(code: str, message: str, status: int, **more: Any) -> Refused:
    return Refused(as_json(problem(code, message, status, **more), status))


def invalid(name: str, why: str) -> Refused:
    text = f"Invalid parameter(s): {name}"
    details = {name: {"code": "rest_invalid_param", "message": why, "data": None}}
    return refuse("rest_invalid_param", text, 400, params={name: why}, details=details)


def page_of(
    call: Call,
    rows: Sequence[Json],
    shape: Callable[[Json], Json],
    orders: Sequence[str] = ("date", "id", "include", "title", "slug"),
) -> Reply:
    """One page of a list as WordPress answers it: an array, and the totals in the headers."""
    size, page = _number(call, "per_page", 10, LARGEST_PAGE), _number(call, "page", 1, None)
    found = _sorted(call, _picked(call, rows), orders)
    first = call.number("offset", 0) or (page - 1) * size
    pages = -(-len(found) // size)
    headers = [("X-WP-Total", str(len(found))), ("X-WP-TotalPages", str(pages))]
    if page < pages:
        headers.append(("Link", f'<?page={page + 1}>; rel="next"'))
    return as_json([fields_of(call, shape(row)) for row in found[first : first + size]], 200, tuple(headers))


def fields_of(call: Call, row: Json) -> Json:
    """Only the top-level fields that ``_fields`` names, all without it."""
    names = split(call, "_fields")
    return {name: value for name, value in row.items() if name in names} if names else row


def split(call: Call, name: str) -> list[str]:
    """A list argument: ``name=a,b``, ``name[]=a&name[]=b`` or indexed."""
    values = [value for key, value in call.query if key.partition("[")[0] == name]
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def by_dates(call: Call, rows: Iterable[Json]) -> list[Json]:
    """``after``, ``before``, ``modified_after``, ``modified_before``; the sandbox's site is in UTC."""
    found = list(rows)
    bounds = (
        ("after", "date_created_gmt", True),
        ("before", "date_created_gmt", False),
        ("modified_after", "date_modified_gmt", True),
        ("modified_before", "date_modified_gmt", False),
    )
    for argument, column, later in bounds:
        if not (text := call.arg(argument)):
            continue
        try:
            at = datetime.fromisoformat(text.replace(" ", "+"))
        except ValueError:
            raise invalid(argument, "Invalid date.") from None
        limit = (at.astimezone(UTC) if at.tzinfo else at).strftime(CLOCK)
        found = [row for row in found if (row[column] > limit if later else row[column] < limit)]
    return found


def by_status(call: Call, rows: Iterable[Json], default: str = "any") -> list[Json]:
    """``any`` leaves the trash out."""
    wanted = split(call, "status") or [default]
    if "any" in wanted:
        return [row for row in rows if row["status"] != "trash"]
    return [row for row in rows if row["status"] in wanted]


def _picked(call: Call, rows: Sequence[Json]) -> list[Json]:
    included, excluded = set(split(call, "include")), set(split(call, "exclude"))
    return [row for row in rows if (not included or str(row["id"]) in included) and str(row["id"]) not in excluded]


def _sorted(call: Call, rows: list[Json], orders: Sequence[str]) -> list[Json]:
    by, direction = call.arg("orderby", orders[0]), call.arg("order", "desc")
    if by not in orders:
        raise invalid("orderby", f"orderby is not one of {', '.join(orders)}.")
    if direction not in {"asc", "desc"}:
        raise invalid("order", "order is not one of asc and desc.")
    if by == "include":
        wanted = split(call, "include")
        return sorted(rows, key=lambda row: wanted.index(str(row["id"])) if str(row["id"]) in wanted else 0)
    columns = {"date": "date_created_gmt", "title": "name", "registered_date": "date_created_gmt"}
    column = columns.get(by, by)
    return sorted(rows, key=lambda row: (_key(row.get(column)), row["id"]), reverse=direction == "desc")


def _key(value: Any) -> tuple[float, str]:
    return (float(value), "") if isinstance(value, int | float) else (0.0, str(value or ""))


def _number(call: Call, name: str, default: int, most: int | None) -> int:
    text = call.arg(name, str(default))
    if not text.lstrip("-").isdigit():
        raise invalid(name, f"{name} is not of type integer.")
    if int(text) < 1 or (most is not None and int(text) > most):
        upper = f"between 1 (inclusive) and {most} (inclusive)" if most else "greater than or equal to 1"
        raise invalid(name, f"{name} must be {upper}")
    return int(text)
