"""Orders that come in while a run writes: asked for right before a batch and, where a sale could get lost in it, right after.

A quantity written by comparison or as a difference loses no sale. One written as a plain number may: then the order that came
in meanwhile is the only trace of it, and its row ends unverified.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.errors import ConnectorError
from engine.model import Field, Kind, Side
from engine.ports import Result
from engine.settings import OrderPolicy
from engine.sync_context import SyncContext
from engine.sync_control import Control
from engine.sync_targets import Target
from engine.sync_verify import Verdicts
from engine.unposted import told
from engine.verdict import Settled, Verdict


@dataclass(frozen=True, slots=True)
class OrderWatch:
    """Looks for orders around the batches of one run."""

    context: SyncContext
    control: Control

    async def before(self, chunk: Sequence[Target]) -> tuple[Sequence[Target], list[Settled]]:
        """The targets none of whose rows came into an order since the plan was made; the changes of the others, stale.

        Raises ``ConnectorError``: what cannot be looked at is not to be written.
        """
        if self.context.ordered is None or chunk[0].kind is not Kind.PRODUCTS:
            return chunk, []
        ordered = await self.context.ordered()
        only_stock = self.context.settings.orders.policy is OrderPolicy.COMPENSATE
        rest: list[Target] = []
        stale: list[Settled] = []
        for target in chunk:
            new = [
                line
                for change in target.changes
                if change.kind is Kind.PRODUCTS and (change.field is Field.QUANTITY or not only_stock)
                for line in ordered.get(change.storefront_id, ())
            ]
            if not new:
                rest.append(target)
                continue
            why = f"{told(list(dict.fromkeys(new)))}, since the plan was made; nothing was written"
            stale += [(change, Verdict(Result.STALE, why)) for change in target.changes]
        return rest, stale

    async def after(self, side: Side, chunk: Sequence[Target], verdicts: Sequence[Verdicts]) -> list[Verdicts]:
        """The verdicts, with a quantity that was written over a sale of the same moment as unverified."""
        if not self._may_lose(side) or not any(_counted(fates) for fates in verdicts):
            return list(verdicts)
        assert self.context.ordered is not None
        try:
            ordered = await self.context.ordered()
        except ConnectorError as error:
            self.control.fail(error)
            why = f"written, but whether units were sold in the same moment could not be looked up ({error}); check its stock, then resolve it"
            return [_doubted(fates, why) if _counted(fates) else fates for fates in verdicts]
        found: list[Verdicts] = []
        for target, fates in zip(chunk, verdicts, strict=True):
            ids = {change.storefront_id for change in target.changes if change.field is Field.QUANTITY}
            sold = [line for id in ids for line in ordered.get(id, ())]
            why = f"{told(sold)}, and came in while the quantity was written: the store may not count them"
            sure = not sold or not _counted(fates)
            found.append(
                fates if sure else _doubted(fates, f"{why}; check its stock, then sync it again or resolve it")
            )
        return found

    def _may_lose(self, side: Side) -> bool:
        able = self.context.capabilities(side)
        safe = able.compare_and_set or able.delta_quantity
        return self.context.ordered is not None and side is Side.STOREFRONT and not safe


def _counted(fates: Verdicts) -> bool:
    fate = fates.get(Field.QUANTITY)
    return fate is not None and fate.result is Result.APPLIED


def _doubted(fates: Verdicts, why: str) -> Verdicts:
    fate = fates[Field.QUANTITY]
    return {**fates, Field.QUANTITY: replace(fate, result=Result.UNVERIFIED, message=why, found=fate.now, doubted=True)}
