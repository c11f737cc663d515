"""The tables of a workspace: which fields are indexed, and which tables wake nobody."""

from __future__ import annotations

APPLICATION_ID = 0x43524F53  # "CROS": tells a workspace from any other SQLite file

# Fields with an index, most selective first: the first one that a query fixes decides how it is answered.
INDEXES: dict[str, tuple[str, ...]] = {
    "integrations": ("name",),
    "connections": ("name",),
    "mappings": ("storefront_id", "backoffice_id", "integration"),
    "ignored": ("storefront_id", "integration"),
    "rejected_pairs": ("storefront_id", "integration"),
    "baselines": ("storefront_id", "integration"),
    "decisions": ("storefront_id", "integration"),
    "fees": ("integration",),
    "rules": ("integration",),
    "schedules": ("integration",),
    "runs": ("id", "state", "integration"),
    "plans": (),
    "outcomes": ("run",),
    "intents": ("run", "state"),
    "history": ("storefront_id", "backoffice_id", "run", "integration"),
    "alarms": ("integration",),
    "schema": (),
    "objects": ("connection",),
    "field_mappings": ("integration",),
    "reconciliations": ("id", "integration"),
    "findings": ("reconciliation",),
    "order_buyers": ("key", "integration"),
    "account_answers": ("key", "integration"),
    "account_queue": ("key", "integration"),
    "heartbeats": ("run",),
}

TABLES = tuple(INDEXES)
SILENT = frozenset({"heartbeats"})  # written every few seconds: has no change counter
