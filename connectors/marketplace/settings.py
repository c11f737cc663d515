"""The options of a marketplace connection."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.http import COMMON_OPTIONS, SCREEN_OPTIONS, Endpoint, Screens, endpoint, screens
from connectors.http.options import number, required
from engine.errors import UsageError
from engine.ports import ConnectionContext, Option

OPTIONS = (
    Option(
        "base_url",
        "Base URL",
        "As the panel shows it, such as https://api.cloud.im/marketplace/na",
        required=True,
    ),
    Option("username", "User", "The API user's name", required=True),
    Option("password", "Password", "Where the API user's password is kept", required=True, secret=True),
    Option("subscription_key", "Subscription key", "Where the subscription key is kept", required=True, secret=True),
    Option(
        "marketplace",
        "Marketplace code",
        "The country part of the panel's address: us in https://cp.us.na.cloud.im",
        required=True,
    ),
    Option("client_id", "Client id", "X-Client-Id, for applications that were given one"),
    Option("page_size", "Page size", "Records per request", default="200"),
    Option("rate_per_minute", "Requests per minute", "Depends on the subscription key; empty for no limit of our own"),
    # The number behind a 429 is not documented; sixty seconds is what public clients wait.
    Option("backoff_seconds", "Back-off", "Seconds to wait after a 429 that does not say how long", default="60"),
    *SCREEN_OPTIONS,
    *COMMON_OPTIONS,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The validated options of one connection; secrets stay references."""

    where: Endpoint
    username: str
    marketplace: str
    client_id: str
    page_size: int
    rate_per_minute: float | None
    backoff: float
    screens: Screens


def settings_of(context: ConnectionContext) -> Settings:
    """Raises ``UsageError`` naming the option that is missing or wrong."""
    for name in ("password", "subscription_key"):
        required(context, name)
    page_size = number(context, "page_size", "200")
    if page_size is None or page_size != int(page_size):
        raise UsageError(f"{context.name}: option page_size must be a whole number")
    return Settings(
        where=endpoint(context),
        username=required(context, "username"),
        marketplace=required(context, "marketplace"),
        client_id=context.options.get("client_id", "").strip(),
        page_size=int(page_size),
        rate_per_minute=number(context, "rate_per_minute", ""),
        backoff=number(context, "backoff_seconds", "60") or 60.0,
        screens=screens(context),
    )
