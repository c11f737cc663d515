"""Orders of the statuses that count as sales."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from connectors.woocommerce import records
from connectors.woocommerce.api import Api, Row
from connectors.woocommerce.settings import Settings
from connectors.woocommerce.site import Site
from engine.errors import IncompleteRead
from engine.model import Order
from engine.ports import ChangedOrders

_FIELDS = "id,number,status,date_created_gmt,customer_id,line_items,refunds"
#: An old store reads a time in its own zone: a day earlier is before it in all of them.
_ANY_ZONE = timedelta(days=1)


async def changed(api: Api, site: Site, settings: Settings, since: datetime) -> AsyncIterator[ChangedOrders]:
    """Orders made or changed since then; the trash is a list of its own. One that was deleted for good shows in a read of
    all. Raises ``IncompleteRead`` for a store before 5.8.
    """
    features = await site.features()
    if not features.order_changes:
        raise IncompleteRead(
            "this WooCommerce cannot list which orders changed (it needs 5.8): read all",
            connection=api.client.connection,
        )
    asked = (since - timedelta(seconds=1)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    recent = [("modified_after", asked), ("dates_are_gmt", "true"), ("_fields", _FIELDS)]
    for status in ("any", "trash") if features.order_trash else ("any",):
        async for rows, _ in api.pages("/orders", "changed orders", [("status", status), *recent]):
            orders = [_order(api, row) for row in rows]
            counted = tuple(order for order in orders if order.status in settings.order_statuses)
            yield ChangedOrders(counted, tuple(order.id for order in orders if order not in counted))


async def sales(api: Api, site: Site, settings: Settings, since: datetime) -> AsyncIterator[Sequence[Order]]:
    """Orders made since then, whatever became of them after, if their status counts. Complete or ``IncompleteRead``."""
    features = await site.features()
    asked = since - (timedelta(seconds=1) if features.modified_after else _ANY_ZONE)
    params = [
        ("status", ",".join(settings.order_statuses)),
        ("after", asked.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")),
        ("_fields", _FIELDS),
    ]
    if features.modified_after:
        params.append(("dates_are_gmt", "true"))
    async for rows, _ in api.pages("/orders", "orders", params):
        made = [_order(api, row) for row in rows]
        yield [order for order in made if order.at >= since]


def _order(api: Api, row: Row) -> Order:
    try:
        return records.order(row)
    except ValueError as error:
        raise api.client.protocol_error(f"order {row['id']} cannot be read: {error}") from None
