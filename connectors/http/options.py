"""Reading a connection's options: what every HTTP connector has, validated before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import httpx

from connectors.http.pool import is_loopback
from engine.errors import UsageError
from engine.ports import ConnectionContext, Option

COMMON_OPTIONS = (
    Option(
        "ca_file", "CA file", "Certificate (PEM) of a private authority to trust; the system's own otherwise", path=True
    ),
    Option("timeout_seconds", "Time-out", "Seconds to wait for an answer", default="30"),
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where and how one connection speaks."""

    base_url: str
    ca_file: str
    timeout: float


def endpoint(context: ConnectionContext, *, timeout: str = "30") -> Endpoint:
    """The validated address of a connection, with the time-out where none is set. Raises ``UsageError`` naming the option
    that is wrong.
    """
    text = required(context, "base_url").rstrip("/")
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise UsageError(f"{context.name}: base_url is not a URL: {error}") from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise UsageError(f"{context.name}: base_url {text!r} needs a scheme and a host, such as https://example.com")
    if url.userinfo:
        raise UsageError(f"{context.name}: base_url must not hold credentials; use the options that refer to a secret")
    if url.query or url.fragment:
        raise UsageError(f"{context.name}: base_url must not have a query or a fragment")
    if url.scheme == "http" and not is_loopback(url.host):
        raise UsageError(f"{context.name}: base_url must be https: secrets would travel unencrypted to {url.host}")
    ca_file = context.options.get("ca_file", "")
    if ca_file and not Path(ca_file).expanduser().is_file():
        raise UsageError(f"{context.name}: ca_file {ca_file!r} is no file")
    return Endpoint(
        text,
        str(Path(ca_file).expanduser()) if ca_file else "",
        number(context, "timeout_seconds", timeout) or float(timeout),
    )


def required(context: ConnectionContext, name: str) -> str:
    """An option that must be set."""
    value = context.options.get(name, "").strip()
    if not value:
        raise UsageError(
            f"{context.name}: option {name} is required (crosswalk connection set {context.name} {name}=...)"
        )
    return value


def number(context: ConnectionContext, name: str, default: str, *, least: float = 0.0) -> float | None:
    """A positive number above ``least``, or None when the option and its default are empty."""
    text = context.options.get(name, "").strip() or default
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least < value < float("inf"):
        raise UsageError(f"{context.name}: option {name} must be a number above {least:g}, not {text!r}")
    return value
