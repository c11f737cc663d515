"""A type of connector: its options, how a connection of it is opened, and where types are found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from engine.ports.capabilities import Capabilities
from engine.ports.connector import Connector


@dataclass(frozen=True, slots=True)
class Option:
    """One setting of a connection, as the wizard, ``connection add --set`` and ``connection types`` show it.

    A ``secret`` option holds a reference (``env:NAME``, ``file:/path``, ``command:...``, ``keyring:service/user``),
    never the secret itself. ``choices_of`` is what ``Connector.choices`` is asked for values once the connection works.
    """

    name: str
    label: str
    help: str = ""
    required: bool = False
    default: str = ""
    secret: bool = False
    path: bool = False  # a file's path: kept absolute, so that it means the same from every directory
    choices_of: str = ""
    prefix: bool = False  # any number of dotted names below this one (files: ``products.columns.``)


def never_logs_in(_options: Mapping[str, str]) -> bool:
    """The credentials come from somewhere else: a key, a token that an admin issued."""
    return False


@dataclass(frozen=True, slots=True)
class ConnectionContext:
    """What a connector is built from. ``secret`` resolves a reference when it is needed, never earlier.

    ``token_file`` is where a rotating token may be kept (0600, beside the workspace), ``images`` a directory for records
    as they were before a write that went wrong.
    """

    name: str
    options: Mapping[str, str]
    secret: Callable[[str], str]
    token_file: Path | None = None
    images: Path | None = None


@dataclass(frozen=True, slots=True)
class ConnectorType:
    """What the entry-point group ``crosswalk.connectors`` holds: one per system.

    ``logs_in`` says whether a connection with these options logs in with a code (its connector is a ``LogsIn``);
    ``reconnect`` is what an admin does, where it does not, when its credentials have ended; ``goes_with`` names the
    systems of the other side that it is mostly mapped to: a wizard offers those first.
    """

    name: str
    title: str
    description: str
    sides: frozenset[str]  # {"storefront", "backoffice"}
    options: tuple[Option, ...]
    capabilities: Capabilities
    open: Callable[[ConnectionContext], Connector]
    notes: tuple[str, ...] = ()
    logs_in: Callable[[Mapping[str, str]], bool] = never_logs_in
    reconnect: str = ""
    goes_with: tuple[str, ...] = ()


class Registry(Protocol):
    """Finds connector types; implemented over entry points by ``connectors.registry``."""

    def types(self) -> list[ConnectorType]: ...

    def get(self, name: str) -> ConnectorType:
        """Raises ``UsageError`` naming the known types."""
