"""The workspace's verbs of fees: a part of the front door in a file of its own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.events import RowsChanged
from engine.fees import Fees
from engine.model import Fee, Kind
from engine.verbs import Verbs


class FeeVerbs(Verbs):
    """The fee list of an integration."""

    _fees: Fees

    def fees(self, integration: str | None) -> list[Fee]:
        chosen = self.integration(integration)
        return self._fees.all(chosen.name, chosen.storefront, chosen.settings.currency)

    def add_fee(
        self,
        integration: str | None,
        name: str,
        type: str,
        amount: Decimal | None = None,
        currency: str = "",
        source_product_id: str = "",
    ) -> Fee:
        chosen = self.integration(integration)
        fee = self._fees.add(chosen.name, Fee("", name, type, amount, currency, source_product_id))
        self.events.publish(RowsChanged(chosen.name, Kind.FEES))
        return fee

    def set_fee(self, integration: str | None, fee_id: str, **values: Any) -> Fee:
        chosen = self.integration(integration)
        fee = self._fees.set(chosen.name, fee_id, values)
        self.events.publish(RowsChanged(chosen.name, Kind.FEES))
        return fee

    def remove_fee(self, integration: str | None, fee_id: str) -> None:
        chosen = self.integration(integration)
        self._fees.remove(chosen.name, fee_id)
        self.events.publish(RowsChanged(chosen.name, Kind.FEES))
