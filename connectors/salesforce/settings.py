"""The options of a Salesforce connection."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

import httpx

from connectors.http import COMMON_OPTIONS, Endpoint, endpoint
from connectors.http.options import number, required
from engine.errors import UsageError
from engine.ports import ConnectionContext, Option

VERSION = "v67.0"
_FIELD = re.compile(r"[A-Za-z]\w{0,79}")


class Grants(StrEnum):
    """The three ways to a session that stay open: SOAP's user name, password and token end in Summer '27."""

    CLIENT_CREDENTIALS = "client_credentials"
    JWT = "jwt"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - a grant's name


#: What each grant needs.
NEEDS = {
    Grants.CLIENT_CREDENTIALS: ("client_secret",),
    Grants.JWT: ("username", "private_key"),
    Grants.REFRESH_TOKEN: ("refresh_token",),
}

OPTIONS = (
    Option("base_url", "Base URL", "Your My Domain, https://NAME.my.salesforce.com (a sandbox has its own)", required=True),
    Option("auth", "Sign in by", "client_credentials, jwt or refresh_token", default="client_credentials"),
    Option("client_id", "Consumer key", "Of the external client app", required=True),
    Option("client_secret", "Consumer secret", "Where it is kept (client_credentials; refresh_token if the app asks for it)", secret=True),
    Option("username", "User name", "The user that a JWT signs in (jwt)"),
    Option("private_key", "Private key", "Where the key (PEM) of the app's certificate is kept (jwt)", secret=True),
    Option("audience", "Audience", "Of a JWT; https://login.salesforce.com, or https://test.salesforce.com for a sandbox"),
    # A rotating refresh token dies when it is used: a read-only reference can only give the first one.
    Option("refresh_token", "First refresh token", "Where it is kept (refresh_token); its successors are kept beside the workspace (0600)", secret=True),
    Option("api_version", "API version", "One that the org lists", default=VERSION),
    Option("price_book", "Price book", "Name or id of the book whose prices are synced; the standard book otherwise"),
    Option("external_id_field", "External id field", "Custom External ID field of Product2 that holds the storefront's id, such as UC_Item_Id__c"),
    Option("marker_field", "Marker field", "Text field of Product2 in which a created product is found again", default="Description"),
    Option("account_marker_field", "Account marker field", "Text field of Account in which a created account is found again", default="Description"),
    Option("max_calls_per_day", "Calls a day", "Share of the org's daily API calls that this connection may use; all otherwise"),
    Option("page_size", "Page size", "Records per request that are asked for, 200 to 2000", default="2000"),
    Option("backoff_seconds", "Back-off", "Seconds to wait when a record is locked, doubling", default="1"),
    *COMMON_OPTIONS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """The validated options of one connection; secrets stay references. ``max_calls`` None: no share of our own."""

    login: Endpoint
    auth: Grants
    client_id: str
    has_secret: bool
    username: str
    audience: str
    version: str
    price_book: str
    external_id: str
    marker: str
    account_marker: str
    max_calls: int | None
    page_size: int
    backoff: float


def settings_of(context: ConnectionContext) -> Settings:
    """Raises ``UsageError`` naming the option that is missing or wrong."""
    given = {name: value.strip() for name, value in context.options.items()}
    login = endpoint(context)
    auth = _grant(context, given.get("auth", ""))
    for name in NEEDS[auth]:
        required(context, name)
    most = number(context, "max_calls_per_day", "")
    page = number(context, "page_size", "2000") or 2000
    if page != int(page) or not 200 <= page <= 2000:
        raise UsageError(f"{context.name}: option page_size must be a whole number from 200 to 2000")
    return Settings(
        login=login,
        auth=auth,
        client_id=required(context, "client_id"),
        has_secret=bool(given.get("client_secret")),
        username=given.get("username", ""),
        audience=given.get("audience") or _audience(login.base_url),
        version=_version(context, given.get("api_version") or VERSION),
        price_book=given.get("price_book", ""),
        external_id=_field(context, "external_id_field", ""),
        marker=_field(context, "marker_field", "Description"),
        account_marker=_field(context, "account_marker_field", "Description"),
        max_calls=int(most) if most else None,
        page_size=int(page),
        backoff=number(context, "backoff_seconds", "1") or 1.0,
    )


def _grant(context: ConnectionContext, text: str) -> Grants:
    try:
        return Grants(text or Grants.CLIENT_CREDENTIALS)
    except ValueError:
        names = ", ".join(Grants)
        raise UsageError(f"{context.name}: option auth is one of {names}, not {text!r}") from None


def _audience(base_url: str) -> str:
    host = httpx.URL(base_url).host
    test = host == "test.salesforce.com" or ".sandbox." in host
    return f"https://{'test' if test else 'login'}.salesforce.com"


def _version(context: ConnectionContext, text: str) -> str:
    version = f"v{text.lower().removeprefix('v')}"
    if not re.fullmatch(r"v\d{2,3}\.0", version):
        raise UsageError(f"{context.name}: option api_version is a version such as {VERSION}, not {text!r}")
    return version


def _field(context: ConnectionContext, option: str, default: str) -> str:
    name = context.options.get(option, "").strip() or default
    if name and not _FIELD.fullmatch(name):
        raise UsageError(f"{context.name}: option {option} is a field's API name such as UC_Item_Id__c, not {name!r}")
    return name
