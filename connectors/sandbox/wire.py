"""One HTTP request and its answer as values, and the table that finds a handler for a request.

Handlers are plain synchronous functions of a ``Call``: a request is carried out in one piece, so a fault can be
injected exactly before or after it, and its effect can be undone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

Json = dict[str, Any]

JSON_TYPE = ("content-type", "application/json; charset=utf-8")


@dataclass(frozen=True, slots=True)
class Call:
    """A whole request. ``path`` is relative to the system's prefix; header names are lower case."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    client: tuple[str, int] = ("127.0.0.1", 0)
    params: Mapping[str, str] = field(default_factory=dict)

    def arg(self, name: str, default: str = "") -> str:
        """The last value of a query argument, or ``default``."""
        return next((value for key, value in reversed(self.query) if key == name), default)

    def args(self, name: str) -> list[str]:
        """All values of a query argument, also spelled ``name[]``."""
        return [value for key, value in self.query if key in {name, name + "[]"}]

    def number(self, name: str, default: int) -> int:
        """An integer query argument; ``default`` when absent or not a number."""
        try:
            return int(self.arg(name, str(default)))
        except ValueError:
            return default

    def json(self) -> Json:
        """The body as a JSON object; an empty object for an empty body. Raises ``ValueError`` for anything else."""
        if not self.body:
            return {}
        value = json.loads(self.body)
        if not isinstance(value, dict):
            raise ValueError("the body is not a JSON object")  # noqa: TRY004 - one error for every bad body
        return value

    @property
    def query_text(self) -> str:
        return urlencode(self.query)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


class Refused(Exception):
    """Ends the handling of a call with a reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def as_json(value: Any, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> Reply:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status, body, (JSON_TYPE, *headers))


def as_html(status: int = 200) -> Reply:
    """What a proxy or a login wall in front of a vendor's API answers."""
    page = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><h1>Please wait</h1></body></html>"
    return Reply(status, page, (("content-type", "text/html; charset=utf-8"),))


def without_last(reply: Reply) -> Reply:
    """A list reply that leaves its last record out; any other reply as it is."""
    if reply.status != 200:
        return reply
    value = json.loads(reply.body)
    shortened = value[:-1] if isinstance(value, list) else _shortened(value)
    return as_json(shortened, reply.status, reply.headers[1:])


def _shortened(value: Json) -> Json:
    """Lists without their last element, also where they are one level down (``{"QueryResponse": {"Item": [...]}}``)."""
    return {
        key: item[:-1] if isinstance(item, list) else _shortened(item) if isinstance(item, dict) else item
        for key, item in value.items()
    }


def parse_query(raw: str) -> tuple[tuple[str, str], ...]:
    return tuple(parse_qsl(raw, keep_blank_values=True))


Handler = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """``path`` may hold ``{names}``. ``permission`` is what a credential must hold, empty for none."""

    method: str
    path: str
    handler: Handler
    permission: str = ""

    def match(self, method: str, parts: list[str]) -> dict[str, str] | None:
        """The path's parameters, or None when this is not the route."""
        mine = self.path.split("/")
        if method != self.method or len(mine) != len(parts):
            return None
        params = {}
        for pattern, part in zip(mine, parts, strict=True):
            if pattern.startswith("{"):
                params[pattern[1:-1]] = part
            elif pattern != part:
                return None
        return params


def find(routes: Iterable[Route], method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The first route that matches: list fixed paths before those with parameters."""
    parts = path.rstrip("/").split("/")
    for route in routes:
        params = route.match(method, parts)
        if params is not None:
            return route, params
    return None
