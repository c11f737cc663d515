"""The options of a Syncro connection."""

from __future__ import annotations

from dataclasses import dataclass, replace

from connectors.http import COMMON_OPTIONS, Endpoint, endpoint
from connectors.http.options import number, required
from engine.ports import ConnectionContext, Option

API = "/api/v1"
RATE = "150"  # of the 180 a minute that Syncro allows one IP address

OPTIONS = (
    Option("base_url", "Base URL", "https://NAME.syncromsp.com", required=True),
    Option("token", "API token", "Where the API token is kept", required=True, secret=True),
    Option(
        "rate_per_minute", "Requests per minute", "Syncro allows 180 per IP address, all tools together", default=RATE
    ),
    # Syncro documents neither a Retry-After nor how long to wait: five seconds, doubling, is what public clients do.
    Option("backoff_seconds", "Back-off", "Seconds to wait after a 429, doubling with each", default="5"),
    *COMMON_OPTIONS,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The validated options of one connection. ``site`` is where people look at records."""

    where: Endpoint
    site: str
    rate_per_minute: float | None
    backoff: float


def settings_of(context: ConnectionContext) -> Settings:
    """Raises ``UsageError`` naming the option that is missing or wrong."""
    required(context, "token")
    where = endpoint(context)
    site = where.base_url.removesuffix(API).removesuffix("/api").rstrip("/")
    return Settings(
        where=replace(where, base_url=site + API),
        site=site,
        rate_per_minute=number(context, "rate_per_minute", RATE),
        backoff=number(context, "backoff_seconds", "5") or 5.0,
    )
