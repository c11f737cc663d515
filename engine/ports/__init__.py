"""What the engine asks of the world. Everything in this package is data and protocols; nothing is implemented here.

Import the names from here; the parts are

- ``connector``       what every connector can be asked, and what some can be asked besides
- ``connector_type``  a type's options, how a connection of it is opened, and where types are found
- ``capabilities``    what a system can do
- ``records``         what is read and written, and what became of it
- ``health``          connection tests and rate budgets
- ``login``           logging in with a code
- ``storage``         the store and the cache of what was last read
- ``clock``           the time
"""

from __future__ import annotations

from engine.ports.capabilities import Capabilities, DraftField
from engine.ports.clock import Clock
from engine.ports.connector import (
    Connector,
    ReadsChanges,
    ReadsOrderChanges,
    ReadsOrders,
    ReadsPostingChanges,
    ReadsPostings,
)
from engine.ports.connector_type import ConnectionContext, ConnectorType, Option, Registry, never_logs_in
from engine.ports.health import Budget, CheckItem, CheckReport
from engine.ports.login import DeviceLogin, LoginCode, LoginEnd, LoginResult, LogsIn
from engine.ports.records import ChangedOrders, ChangedPage, Draft, FieldWrite, Page, RecordWrite, Result, WriteOutcome
from engine.ports.storage import CacheWriter, OrderReading, Reading, RecordCache, Store

__all__ = [
    "Budget",
    "CacheWriter",
    "Capabilities",
    "ChangedOrders",
    "ChangedPage",
    "CheckItem",
    "CheckReport",
    "Clock",
    "ConnectionContext",
    "Connector",
    "ConnectorType",
    "DeviceLogin",
    "Draft",
    "DraftField",
    "FieldWrite",
    "LoginCode",
    "LoginEnd",
    "LoginResult",
    "LogsIn",
    "Option",
    "OrderReading",
    "Page",
    "Reading",
    "ReadsChanges",
    "ReadsOrderChanges",
    "ReadsOrders",
    "ReadsPostingChanges",
    "ReadsPostings",
    "RecordCache",
    "RecordWrite",
    "Registry",
    "Result",
    "Store",
    "WriteOutcome",
    "never_logs_in",
]
