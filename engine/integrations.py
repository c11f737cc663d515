"""Integrations: one storefront connection, one back-office connection, and settings that can be set by dotted name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from tinydb import Query

from engine.errors import UnknownId, UsageError
from engine.model import Field, Kind, Side, utc_text
from engine.naming import check_name
from engine.ports import Store
from engine.settings import IntegrationSettings


@dataclass(frozen=True, slots=True)
class Integration:
    """A named pair of connections with its settings. ``good_counts`` are records per side and kind at the last good run."""

    name: str
    storefront: str
    backoffice: str
    settings: IntegrationSettings
    good_counts: tuple[tuple[Side, Kind, int], ...] = ()

    def connection(self, side: Side) -> str:
        return self.storefront if side is Side.STOREFRONT else self.backoffice

    @property
    def connections(self) -> tuple[str, str]:
        return (self.storefront, self.backoffice)


def parse_settings(current: IntegrationSettings, values: Mapping[str, str]) -> IntegrationSettings:
    """Apply dotted settings (``price.type``, ``guards.max_rows``, ``masters.price``, ``fields``) to the current ones.

    An empty value means "none" (a guard's limit off, a master back to its default). Raises ``UsageError`` naming the
    setting and what it accepts.
    """
    tree: dict[str, Any] = current.model_dump(mode="json")
    for dotted, text in values.items():
        *parents, leaf = dotted.split(".")
        node = tree
        for parent in parents:
            if not isinstance(node.get(parent), dict):
                raise UsageError(f"no setting {dotted!r}; settings are: {', '.join(setting_names(current))}")
            node = node[parent]
        if leaf not in node and parents != ["masters"]:
            raise UsageError(f"no setting {dotted!r}; settings are: {', '.join(setting_names(current))}")
        if dotted == "fields":
            node[leaf] = [part.strip() for part in text.split(",") if part.strip()]
        elif parents == ["masters"] and not text:
            node.pop(leaf, None)
        else:
            # a limit is text in the tree too, where empty means that the guard is off
            node[leaf] = text if text or (isinstance(node.get(leaf), str) and parents != ["guards"]) else None
    try:
        return IntegrationSettings.model_validate(tree)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']} (given: {item['input']!r})"
            for item in error.errors()
        )
        raise UsageError(f"settings not changed: {problems}") from None


def setting_names(settings: IntegrationSettings) -> list[str]:
    """Every dotted name that ``parse_settings`` takes."""
    return list(_leaves(_whole(settings)))


def _whole(settings: IntegrationSettings) -> dict[str, Any]:
    """The settings as a tree, every field's master in it."""
    masters = {field.value: settings.master(field).value for field in Field}
    return {**settings.model_dump(mode="json"), "masters": masters}


def _leaves(tree: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in tree.items():
        found |= _leaves(value, f"{above}{name}.") if isinstance(value, dict) else {f"{above}{name}": value}
    return found


def setting_values(settings: IntegrationSettings, undecided: Collection[Field] = ()) -> dict[str, str]:
    """Every dotted setting with its value as text: what ``integration show`` and the settings screen list.

    The master of an ``undecided`` field is empty: nobody has chosen it.
    """
    values: dict[str, str] = {}
    for name, value in _leaves(_whole(settings)).items():
        values[name] = (
            ",".join(value)
            if isinstance(value, list)
            else ""
            if value is None
            else str(value).lower()
            if isinstance(value, bool)
            else str(value)
        )
    return values | {f"masters.{field.value}": "" for field in undecided}


#: Tables whose documents belong to one integration, and go with it.
_OWN = (
    "mappings", "ignored", "rejected_pairs", "baselines", "decisions", "fees", "rules", "order_buyers", "account_answers",
    "account_queue",
)  # fmt: skip


class Integrations:
    """The ``integrations`` table."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self) -> list[Integration]:
        return sorted((self._read(doc) for doc in self._store.table("integrations").all()), key=lambda i: i.name)

    def get(self, name: str | None) -> Integration:
        """The named integration, or the only one. Raises ``UsageError`` naming the candidates."""
        known = self.all()
        if name is None:
            if len(known) == 1:
                return known[0]
            if not known:
                raise UsageError("no integration yet: add two connections, then `crosswalk integration add`")
            raise UsageError(
                f"several integrations: choose one of {', '.join(i.name for i in known)} with --integration"
            )
        for integration in known:
            if integration.name == name:
                return integration
        raise UnknownId("integration", name, f"known: {', '.join(i.name for i in known) or 'none yet'}")

    def add(self, name: str, storefront: str, backoffice: str, settings: IntegrationSettings) -> Integration:
        """Raises ``UsageError`` for a name in use, or a second integration that writes the same fields of the same pair."""
        check_name("integration", name)
        if storefront == backoffice:
            raise UsageError(
                f"{name}: storefront and back office are the same connection {storefront!r}; nothing was saved"
            )
        integration = Integration(name, storefront, backoffice, settings)
        with self._store.transaction():
            if any(other.name == name for other in self.all()):
                raise UsageError(f"an integration {name!r} exists already; nothing was saved")
            self._refuse_second_writer(integration)
            self._store.table("integrations").insert(self._document(integration))
        return integration

    def save(self, integration: Integration) -> Integration:
        with self._store.transaction():
            self._refuse_second_writer(integration)
            self._store.table("integrations").update(self._document(integration), Query().name == integration.name)
        return integration

    def remove(self, name: str) -> None:
        """Forget an integration with its mappings, fees, baselines and decisions; its history and runs stay."""
        self.get(name)
        with self._store.transaction():
            self._store.table("integrations").remove(Query().name == name)
            for table in _OWN:
                self._store.table(table).remove(Query().integration == name)

    def stamp_counts(self, name: str, counts: Mapping[tuple[Side, Kind], int], at: datetime) -> None:
        """Remember how large both sides were at a good run: what the shrunk-side guard compares with."""
        document = {"good_counts": [[side, kind, n] for (side, kind), n in counts.items()], "good_at": utc_text(at)}
        self._store.table("integrations").update(document, Query().name == name)

    def _refuse_second_writer(self, new: Integration) -> None:
        """Two integrations over the same pair that write the same field would overwrite each other (design, section 4)."""
        for other in self.all():
            if other.name == new.name or set(other.connections) != set(new.connections):
                continue
            both = sorted(set(other.settings.fields) & set(new.settings.fields))
            if both:
                raise UsageError(
                    f"{other.name} already writes {', '.join(both)} between {new.storefront} and {new.backoffice}; "
                    f"take these fields out of one of the two first (setting `fields`); nothing was saved"
                )

    @staticmethod
    def _document(integration: Integration) -> dict[str, Any]:
        return {
            "name": integration.name,
            "storefront": integration.storefront,
            "backoffice": integration.backoffice,
            "settings": integration.settings.model_dump(mode="json"),
        }

    @staticmethod
    def _read(doc: Mapping[str, Any]) -> Integration:
        counts = tuple((Side(side), Kind(kind), int(n)) for side, kind, n in doc.get("good_counts", ()))
        settings = IntegrationSettings.model_validate(doc["settings"])
        return Integration(doc["name"], doc["storefront"], doc["backoffice"], settings, counts)
