"""Pure: which rules and which unposted units a field of a row obeys, what they make of it, and how a baseline is marked with them."""

from __future__ import annotations

from decimal import Decimal

from engine.fields import read
from engine.model import Field, Kind, Side, canonical
from engine.pairs import Pair
from engine.rules import NO_RULES, Applied, ItemRules, applied, read_master
from engine.settings import IntegrationSettings, OrderPolicy
from engine.unposted import units


def compensated(pair: Pair, name: Field, settings: IntegrationSettings) -> Decimal:
    """The unposted units that accounting still counts and the store does not, where the settings say so."""
    wanted = settings.orders.policy is OrderPolicy.COMPENSATE and name is Field.QUANTITY
    return units(pair.unposted) if wanted and pair.kind is Kind.PRODUCTS else Decimal(0)


def version_of(pair: Pair, name: Field, settings: IntegrationSettings) -> str:
    """What a baseline of the field is marked with: the rule's version, and the units that were compensated."""
    return with_unposted(rules_of(pair, name, settings.master(name)).version(name), compensated(pair, name, settings))


def with_unposted(version: str, unposted: Decimal) -> str:
    """A rule's version, with the units that were compensated beside it."""
    return f"{version}-unposted-{canonical(unposted)}".lstrip("-") if unposted else version


def rules_of(pair: Pair, name: Field, master: Side) -> ItemRules:
    """The rules that a field of a row obeys: they go from the back office to the storefront, and from a master only."""
    if pair.rules is NO_RULES:
        return NO_RULES
    ruled = master is Side.BACKOFFICE and pair.kind is Kind.PRODUCTS and pair.rules.of(name) is not None
    return pair.rules if ruled else NO_RULES


def ruled_value(pair: Pair, name: Field, settings: IntegrationSettings) -> tuple[str | None, Applied]:
    """The back office's value of a field, and what the rules make of it for the storefront (as it is without one)."""
    if pair.backoffice is None:
        return None, Applied(None)
    rules = rules_of(pair, name, settings.master(name))
    source = read_master(pair.backoffice, name, settings, rules)
    if source.text is None or not rules.version(name):
        return source.text, Applied(source.text, "", source.problem)
    cost = read(pair.backoffice, Field.COST, Side.BACKOFFICE, settings)
    return source.text, applied(rules, name, source.text, cost, settings.currency)
