"""Orders of the statuses that count as sales."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from connectors.woocommerce import records
from connectors.woocommerce.api import Api
from connectors.woocommerce.settings import Settings
from connectors.woocommerce.site import Site
from engine.model import Order

_FIELDS = "id,number,status,date_created_gmt,customer_id,line_items"
#: An old store reads a time in its own zone: a day earlier is before it in all of them.
_ANY_ZONE = timedelta(days=1)


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
        made = []
        for row in rows:
            try:
                made.append(records.order(row))
            except ValueError as error:
                raise api.client.protocol_error(f"order {row['id']} cannot be read: {error}") from None
        yield [order for order in made if order.at >= since]
