"""Shapes shared by Syncro's resources: errors, lists with paging, and what is wrong with a value."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Protocol

from connectors.sandbox.state import State
from connectors.sandbox.wire import Call, Json, Refused, Reply, as_json

NOT_AUTHORIZED = {"error": "Not authorized. Please ask account admin to update your group permissions."}


class Meta(StrEnum):
    """Which lists carry ``meta``: as the documented examples do (customers only), all, or none."""

    DOCUMENTED = "documented"
    ALWAYS = "always"
    NEVER = "never"


class Account(Protocol):
    """What a resource needs of the account it belongs to."""

    state: State
    meta: Meta
    resets: frozenset[str]


def page_of(account: Account, call: Call, name: str, rows: list[Json], size: int) -> Reply:
    """One page of a list, wrapped as Syncro does; a page past the end is empty."""
    page = max(call.number("page", 1), 1)
    answer: Json = {name: rows[(page - 1) * size : page * size]}
    if account.meta is Meta.ALWAYS or (account.meta is Meta.DOCUMENTED and name == "customers"):
        pages = max(-(-len(rows) // size), 1)
        answer["meta"] = {"total_pages": pages, "total_entries": len(rows), "per_page": size, "page": page}
    return as_json(answer)


def invalid(messages: Iterable[str], params: Json | None = None) -> Refused:
    """422 with the messages, and with the parameters where the documented example repeats them (POST)."""
    answer: Json = {"success": False, "message": list(messages)}
    if params is not None:
        answer["params"] = params
    return Refused(as_json(answer, HTTPStatus.UNPROCESSABLE_ENTITY))


def email_problems(email: Any) -> list[str]:
    """Syncro's two messages for an address that is not one; empty and absent are fine."""
    text = str(email or "")
    local, at, domain = text.partition("@")
    if not text or (local and at and "." in domain and " " not in text):
        return []
    return ["Email is not an email", f'Email Only able to parse up to "{text}"']


def keep_ids(call: Call, rows: list[Json], include: str, exclude: str) -> list[Json]:
    """The rows whose id is among the ``include`` arguments (when given) and not among ``exclude``."""
    wanted, unwanted = set(call.args(include)), set(call.args(exclude))
    if wanted:
        rows = [row for row in rows if str(row["id"]) in wanted]
    return [row for row in rows if str(row["id"]) not in unwanted] if unwanted else rows


def like(call: Call, rows: list[Json], *fields: str) -> list[Json]:
    """The rows that contain each given argument in the field of its name, whatever the case."""
    for field in fields:
        text = call.arg(field).casefold()
        if text:
            rows = [row for row in rows if text in str(row.get(field) or "").casefold()]
    return rows


def ordered(call: Call, rows: list[Json]) -> list[Json]:
    """``sort=name DESC``; an unknown field leaves the order of creation."""
    field, _, direction = call.arg("sort").partition(" ")
    if not field or not rows or field not in rows[0]:
        return rows
    return sorted(rows, key=lambda row: _sort_key(row.get(field)), reverse=direction.upper() == "DESC")


def _sort_key(value: Any) -> tuple[bool, float, str]:
    if isinstance(value, int | float):
        return (False, float(value), "")
    return (value is None, 0.0, str(value or "").casefold())
