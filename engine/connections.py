"""Connections: configured access to one system, opened when first used; a secret is kept as a reference only."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tinydb import Query

from engine.errors import AuthenticationError, ConnectorError, PermissionMissing, UnknownId, Unreachable, UsageError
from engine.model import Field, utc_text
from engine.naming import check_name
from engine.ports import (
    Budget,
    Capabilities,
    CheckReport,
    Clock,
    ConnectionContext,
    Connector,
    ConnectorType,
    Registry,
    Store,
)
from engine.views import ConnectionView

RECONNECT = "reconnect needed"
REFERENCE = re.compile(r"(env|file|command|keyring):.+", re.DOTALL)


def check_options(kind: ConnectorType, options: Mapping[str, str]) -> None:
    """Raises ``UsageError`` for an unknown or missing option, or a secret that is not a reference."""
    known = {option.name: option for option in kind.options}
    prefixes = tuple(option.name for option in kind.options if option.prefix)
    for name, value in options.items():
        option = known.get(name)
        if option is None and not name.startswith(prefixes or ("\0",)):
            raise UsageError(f"{kind.name} has no option {name!r}; it has: {', '.join(known)}; nothing was saved")
        if option is not None and option.secret and not REFERENCE.fullmatch(value):
            raise UsageError(
                f"option {name!r} of {kind.name} is a secret: give a reference (env:NAME, file:/path, command:..., "
                f"keyring:service/user), never the secret itself; nothing was saved"
            )
    missing = [o.name for o in kind.options if o.required and not options.get(o.name)]
    if missing:
        raise UsageError(f"{kind.name} needs {', '.join(missing)}; nothing was saved")


def absolute_paths(kind: ConnectorType, options: Mapping[str, str]) -> dict[str, str]:
    """Options that are paths made absolute: a scheduled run starts in another directory."""
    paths = {option.name for option in kind.options if option.path}
    return {
        name: str(Path(value).expanduser().absolute()) if value and name in paths else value
        for name, value in options.items()
    }


class Connections:
    """The ``connections`` table, and the connectors opened from it (one per connection, kept until ``close``)."""

    def __init__(
        self, store: Store, registry: Registry, clock: Clock, secret: Callable[[str], str], directory: Path
    ) -> None:
        self._store, self._registry, self._clock, self._secret, self._directory = (
            store,
            registry,
            clock,
            secret,
            directory,
        )
        self._open: dict[str, tuple[dict[str, str], Connector]] = {}
        self._replaced: list[Connector] = []

    def names(self) -> list[str]:
        return sorted(doc["name"] for doc in self._store.table("connections").all())

    def views(self) -> list[ConnectionView]:
        return [
            self._view(doc) for doc in sorted(self._store.table("connections").all(), key=lambda doc: str(doc["name"]))
        ]

    def view(self, name: str) -> ConnectionView:
        return self._view(self._document(name))

    def type_of(self, name: str) -> ConnectorType:
        return self._registry.get(self._document(name)["type"])

    def add(self, name: str, type_name: str, options: Mapping[str, str]) -> ConnectionView:
        check_name("connection", name)
        kind = self._registry.get(type_name)
        given = {key: value for key, value in absolute_paths(kind, options).items() if value}
        check_options(kind, given)
        document = {"name": name, "type": type_name, "options": given, "state": "not checked", "message": ""}
        with self._store.transaction():
            if name in self.names():
                raise UsageError(f"a connection {name!r} exists already; nothing was saved")
            self._store.table("connections").insert({**document, "checked_at": None})
        return self.view(name)

    def set(self, name: str, options: Mapping[str, str]) -> ConnectionView:
        """Change some options; an empty value removes one. The connector is opened anew on its next use."""
        doc = self._document(name)
        kind = self._registry.get(doc["type"])
        changed = {**doc["options"], **absolute_paths(kind, options)}
        merged = {key: value for key, value in changed.items() if value}
        check_options(kind, merged)
        if merged == doc["options"]:
            return self.view(name)  # what was tested is still what it is
        change = {"options": merged, "state": "not checked", "message": "", "learned": None}
        self._store.table("connections").update(change, Query().name == name)
        return self.view(name)

    def remove(self, name: str) -> None:
        self._document(name)
        users = [
            str(doc["name"])
            for doc in self._store.table("integrations").all()
            if name in {doc["storefront"], doc["backoffice"]}
        ]
        if users:
            raise UsageError(f"connection {name!r} is used by {', '.join(users)}: remove that integration first")
        self._store.table("connections").remove(Query().name == name)

    def connector(self, name: str) -> Connector:
        """The open connector of a connection; after a change of options a new one (the old is closed by ``close``)."""
        doc = self._document(name)
        options = dict(doc["options"])
        if name in self._open:
            used, connector = self._open[name]
            if used == options:
                return connector
            self._replaced.append(connector)
        token_file, images = self._directory / "tokens" / f"{name}.json", self._directory / "images"
        context = ConnectionContext(name, options, self._secret, token_file, images)
        connector = self._registry.get(doc["type"]).open(context)
        if doc.get("learned"):
            connector.capabilities = _with_learned(connector.capabilities, doc["learned"])
        self._open[name] = (options, connector)
        return connector

    async def check(self, name: str) -> CheckReport:
        """Test the connection and remember the answer as its state."""
        try:
            report = await self.connector(name).check()
        except ConnectorError as error:
            self.note(name, error)
            raise
        failed = [f"{item.name}: {item.message}" for item in report.items if not item.ok]
        state = "ok" if report.ok else RECONNECT if report.reconnect else "failing"
        self._stamp(name, state, "; ".join(failed))
        return report

    def note(self, name: str, error: ConnectorError | None) -> None:
        """Remember how the last network work on a connection ended."""
        state = "ok"
        if isinstance(error, AuthenticationError):
            state = RECONNECT
        elif isinstance(error, PermissionMissing):
            state = "permission missing"
        elif isinstance(error, Unreachable):
            state = "unreachable"
        elif error is not None:
            state = "failing"
        self._stamp(name, state, "" if error is None else str(error))

    def budget(self, name: str) -> Budget:
        return self._open[name][1].budget() if name in self._open else Budget()

    def reopen(self) -> None:
        """Open every connector anew at its next use: secrets are read again; those in use are closed by ``close``."""
        self._replaced += [connector for _, connector in self._open.values()]
        self._open.clear()

    async def close(self) -> None:
        self._replaced += [connector for _, connector in self._open.values()]
        self._open.clear()
        while self._replaced:
            await self._replaced.pop().close()

    def _stamp(self, name: str, state: str, message: str) -> None:
        doc = self._document(name)
        at = utc_text(self._clock.now())
        learned = _learned(self._open[name][1].capabilities) if name in self._open else doc.get("learned")
        if (
            (doc["state"], doc["message"], doc.get("learned")) != (state, message, learned)
            or doc["checked_at"] is None
            or doc["checked_at"][:16] != at[:16]
        ):
            change = {"state": state, "message": message, "checked_at": at, "learned": learned}
            self._store.table("connections").update(change, Query().name == name)

    def _document(self, name: str) -> Mapping[str, Any]:
        doc = self._store.table("connections").get(Query().name == name)
        if doc is None or isinstance(doc, list):
            raise UnknownId("connection", name, f"known: {', '.join(self.names()) or 'none yet'}")
        return doc

    def _view(self, doc: Mapping[str, Any]) -> ConnectionView:
        checked = datetime.fromisoformat(doc["checked_at"]) if doc["checked_at"] else None
        try:
            kind = self._registry.get(doc["type"])
            title, pushes, keeps = kind.title, kind.capabilities.pushes_products, kind.capabilities.makes_accounts
            logs_in = kind.logs_in(doc["options"])
        except UsageError:
            title, pushes, keeps, logs_in = f"{doc['type']} (not installed)", False, False, False
        return ConnectionView(
            doc["name"],
            doc["type"],
            title,
            dict(doc["options"]),
            doc["state"],
            doc["message"],
            checked,
            self.budget(doc["name"]),
            pushes_products=pushes,
            makes_accounts=keeps,
            logs_in=logs_in,
        )


def _learned(able: Capabilities) -> dict[str, list[str]]:
    """What a system said of itself while it was talked to (whether it has costs), kept for whoever opens it next and only
    looks at what was read.
    """
    return {"reads": sorted(able.reads_fields), "writes": sorted(able.writes_fields)}


def _with_learned(able: Capabilities, learned: Mapping[str, Sequence[str]]) -> Capabilities:
    return replace(
        able,
        reads_fields=frozenset(map(Field, learned["reads"])),
        writes_fields=frozenset(map(Field, learned["writes"])),
    )
