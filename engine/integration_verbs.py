"""The workspace's verbs of integrations: a part of the front door in a file of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from engine.claims import Writers
from engine.connection_verbs import ConnectionVerbs
from engine.errors import UsageError
from engine.fields import first_settings
from engine.integrations import Integration, parse_settings
from engine.match_consent import MatchConsent, matching_of
from engine.model import Field, Side
from engine.plan_directions import refuse_both
from engine.ports import Capabilities
from engine.price_kinds import PriceKinds, Quoted
from engine.settings import IntegrationSettings
from engine.suggestions import Suggestions

PRICE_SETTINGS = frozenset({"price.type", "price.model", "cost.type", "cost.model"})


class IntegrationVerbs(ConnectionVerbs):
    """Integrations, their settings, and what their two sides can do."""

    _consent: MatchConsent
    _price_kinds: PriceKinds
    _suggestions: Suggestions
    _writers: Writers

    def integrations(self) -> list[Integration]:
        return self._integrations.all()

    def add_integration(
        self, name: str, storefront: str, backoffice: str, settings: Mapping[str, str] | None = None
    ) -> Integration:
        for side, connection in ((Side.STOREFRONT, storefront), (Side.BACKOFFICE, backoffice)):
            if side.value not in self._connections.type_of(connection).sides:
                raise UsageError(f"{connection} cannot be the {side} of an integration; nothing was saved")
        types = (self._connections.type_of(connection) for connection in (storefront, backoffice))
        values = {**first_settings(*(type.capabilities for type in types)), **(settings or {})}
        wanted = parse_settings(IntegrationSettings(), values)
        if wanted.match_is_mapping:
            raise UsageError(
                f"{name}: match_is_mapping can be switched on once its matches were seen; nothing was saved"
            )
        if values.keys() & PRICE_SETTINGS:
            self._price_kinds.refuse_unknown(storefront, None, wanted)
        return self._integrations.add(name, storefront, backoffice, wanted)

    def set_integration(self, name: str, settings: Mapping[str, str]) -> Integration:
        current = self.integration(name)
        wanted = parse_settings(current.settings, settings)
        if settings.keys() & PRICE_SETTINGS:
            self._price_kinds.refuse_unknown(current.storefront, current.settings, wanted)
        self._consent.check(current, wanted)
        self._writers.refuse_second(replace(current, settings=wanted))
        saved = self._integrations.save(replace(current, settings=wanted))
        if matching_of(wanted) != matching_of(current.settings):
            self._suggestions.forget(current.name)
        return saved

    def price_kinds(self, integration: str | None) -> Quoted:
        """Which types and models of prices and costs the storefront quotes, as last read, with how many there are."""
        return self._price_kinds.of(self.integration(integration).storefront)

    def undecided(self, name: str | None = None) -> frozenset[Field]:
        """The fields of an integration whose master somebody has to choose before they can be synced."""
        chosen = self.integration(name)
        try:
            return self._writers.undecided(chosen)
        except UsageError:
            return frozenset()  # a connection whose connector is not installed: it cannot be synced either, and says so

    def schedule_possible(self, name: str, fields: Collection[Field], overwrite: Side | None) -> None:
        """Raises ``UsageError`` for an automatic sync whose every run would be refused."""
        chosen = self.integration(name)
        types = {side: self._connections.type_of(chosen.connection(side)).capabilities for side in Side}
        refuse_both(chosen.settings, types, {side: chosen.connection(side) for side in Side}, fields, overwrite)

    def remove_integration(self, name: str) -> None:
        self._integrations.remove(name)

    def capabilities(self, integration: str | None, side: Side) -> Capabilities:
        return self._connections.connector(self.integration(integration).connection(side)).capabilities

    async def choices(self, integration: str | None, side: Side, what: str) -> list[str]:
        """Names to pick from in forms: ``"categories"``, ``"vendors"``."""
        name = self.integration(integration).connection(side)
        async with self._operations.exclusive([name], f"reading {what} of {name}"):
            return await self._connections.connector(name).choices(what)
