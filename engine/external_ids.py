"""The counterpart's id in the storefront's own external-id field: only with the admin's consent, only into an empty one.

The marketplace can store the Syncro id of a customer (CloudBlue SimpleAPI, ``PATCH /customers/{id}``); a second tool, or a
new workspace, then finds the pair by an exact match. What is about to be written is in the history before it is sent.
"""

from __future__ import annotations

from engine.errors import UsageError
from engine.history import entry
from engine.integrations import Integration
from engine.mappings import RowMapping
from engine.model import Customer, Kind
from engine.ports import Clock, Connector, RecordCache, Store, WriteOutcome

SENDING = "sending"


def candidates(cache: RecordCache, integration: Integration, mapped: dict[str, RowMapping]) -> list[RowMapping]:
    """Mapped customers whose external id was empty when last read."""
    found = cache.get(integration.storefront, Kind.CUSTOMERS, mapped)
    return [mapped[i] for i, record in found.items() if isinstance(record, Customer) and not record.external_id]


async def write_external_ids(
    store: Store,
    clock: Clock,
    actor: str,
    integration: Integration,
    connector: Connector,
    wanted: list[RowMapping],
) -> list[WriteOutcome]:
    """Write each customer's counterpart id; one outcome each. Raises ``UsageError`` without consent or capability."""
    if not integration.settings.write_external_id:
        raise UsageError(
            f"{integration.name}: writing ids into {integration.storefront} is not allowed; "
            "set write_external_id=true first. Nothing was written"
        )
    if not connector.capabilities.writes_external_id:
        raise UsageError(f"{integration.storefront} has no external id that can be written; nothing was written")
    outcomes = []
    for mapping in wanted:
        note = entry(
            clock.now(),
            actor,
            "write external id",
            integration.name,
            kind=Kind.CUSTOMERS,
            storefront_id=mapping.storefront_id,
            backoffice_id=mapping.backoffice_id,
            name=mapping.storefront_name,
            after=mapping.backoffice_id,
            how="by consent",
        )
        doc_id = store.table("history").insert({**note, "outcome": SENDING})
        outcome = await connector.set_external_id(Kind.CUSTOMERS, mapping.storefront_id, mapping.backoffice_id)
        done = {"outcome": outcome.result.value, "request_id": outcome.request_id}
        store.table("history").update(done, doc_ids=[doc_id])
        outcomes.append(outcome)
    return outcomes
