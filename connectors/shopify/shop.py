"""The store itself: its name and currency, its locations, and the one whose quantities count. Asked once per connection."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from connectors.shopify.api import Api
from connectors.shopify.operations import LOCATIONS, SHOP
from connectors.shopify.settings import NO_LOCATION
from engine.errors import Rejected

_WITH_ID = re.compile(r"\((\d+)\)\s*$")
#: What ``locationId`` is where no quantities are read: the field is left out then, but a variable needs a value.
NOWHERE = "gid://shopify/Location/1"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the store is. ``version`` is the API version that answered, as its header says, or empty."""

    name: str
    domain: str
    currency: str
    version: str


@dataclass(frozen=True, slots=True)
class Location:
    """One place with stock. ``id`` is the number at the end of ``gid``."""

    gid: str
    name: str
    active: bool

    @property
    def id(self) -> str:
        return self.gid.rpartition("/")[2]

    @property
    def label(self) -> str:
        """What forms offer and the option takes: the name for people, the id for a name that changes."""
        return f"{self.name} ({self.id})"


class Shop:
    """One store."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._identity: Identity | None = None
        self._location: Location | None = None
        self._lock = asyncio.Lock()

    async def identity(self) -> Identity:
        async with self._lock:
            if self._identity is None:
                found, reply = await self._api.run(SHOP, {})
                currency = found.get("currencyCode") if isinstance(found, dict) else None
                if not isinstance(currency, str) or not currency:
                    raise self._api.client.protocol_error("the store names no currency", reply.request_id)
                self._identity = Identity(
                    str(found.get("name") or ""),
                    str(found.get("myshopifyDomain") or ""),
                    currency,
                    reply.headers.get("x-shopify-api-version", ""),
                )
            return self._identity

    async def currency(self) -> str:
        return (await self.identity()).currency

    async def locations(self) -> list[Location]:
        """Every location, by name; those that were deactivated are not listed by Shopify."""
        found: list[Location] = []
        async for rows in self._api.pages(LOCATIONS, "locations"):
            found += [Location(str(row["id"]), str(row.get("name") or ""), bool(row.get("isActive"))) for row in rows]
        return sorted((one for one in found if one.active), key=lambda one: (one.name.casefold(), one.id))

    async def location(self) -> Location | None:
        """The location whose quantities count, or None where the option says that none do.

        Raises ``Rejected`` naming the locations where the option names none of them, and where it is empty and the store
        has several: none is ever picked silently.
        """
        if not self._api.settings.counts:
            return None
        if self._location is None:
            self._location = chosen(self._api, await self.locations())
        return self._location


def chosen(api: Api, locations: list[Location]) -> Location:
    """The location that the option means: by id, by ``NAME (ID)``, or by a name that only one has."""
    wanted, name = api.settings.location, api.client.connection
    if not wanted and len(locations) == 1:
        return locations[0]
    labels = "; ".join(one.label for one in locations) or "none that is active"
    if not wanted:
        why = f"the store has {len(locations)} inventory locations and the option location names none of them"
    else:
        marked = _WITH_ID.search(wanted)
        id = (marked.group(1) if marked else wanted).rpartition("/")[2]
        found = [one for one in locations if one.id == id] or [one for one in locations if one.name == wanted]
        if len(found) == 1:
            return found[0]
        why = f"{'several' if found else 'no'} active inventory locations are called {wanted!r}"
    raise Rejected(
        f"{why}. They are: {labels}. Choose one: crosswalk connection set {name} --set location=ID (or "
        f"location={NO_LOCATION} to leave quantities alone). Nothing was read or written",
        connection=name,
        code="location",
    )
