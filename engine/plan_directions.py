"""Pure: what a plan may not send in a direction.

Price and quantity together to a side that takes one of them in one sync; and a value that a rule computed, back to the
side it was computed from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from engine.changes import Change
from engine.errors import UsageError
from engine.model import Field, Side
from engine.pairs import Pair
from engine.ports import Capabilities
from engine.row_rules import rules_of
from engine.settings import IntegrationSettings

BOTH = frozenset({Field.PRICE, Field.QUANTITY})


def one_of_price_and_quantity(
    changes: Sequence[Change],
    capabilities: Mapping[Side, Capabilities],
    connections: Mapping[Side, str],
    asked: Collection[Field] | None,
) -> list[Change]:
    """The changes, with the quantities that may not go along blocked.

    A side with ``price_xor_quantity`` takes one of the two in one sync. Who ``asked`` for both by name is told to choose
    (``UsageError``); where they are only what the integration is set to, the price goes and the quantity waits.
    """
    kept = list(changes)
    for side in Side:
        sent = {change.field for change in kept if change.sends and change.target is side} & BOTH
        if not capabilities[side].price_xor_quantity or sent != BOTH:
            continue
        name = connections[side]
        if asked is not None and set(asked) >= BOTH:
            raise UsageError(
                f"{name} takes price or quantity in one sync, and both would be written to it: choose one "
                "(--fields price, then --fields quantity); nothing was planned"
            )
        why = f"{name} takes price or quantity in one sync; sync quantity apart"
        kept = [
            replace(change, blocked=why, verb="sync quantity apart")
            if change.sends and change.target is side and change.field is Field.QUANTITY
            else change
            for change in kept
        ]
    return kept


def refuse_both(
    settings: IntegrationSettings,
    capabilities: Mapping[Side, Capabilities],
    connections: Mapping[Side, str],
    asked: Collection[Field],
    overwrite: Side | None,
) -> None:
    """Raises ``UsageError`` for fields of an automatic sync of which every plan would be refused by the rule above."""
    if not set(asked) >= BOTH:
        return
    for side in Side:
        targets = {overwrite or settings.master(field).other for field in BOTH}
        if capabilities[side].price_xor_quantity and targets == {side}:
            raise UsageError(
                f"{connections[side]} takes price or quantity in one sync, and both would be written to it: make an "
                "automatic sync of each; nothing was saved"
            )


def not_backwards(
    changes: Sequence[Change], rows: Iterable[Pair], settings: IntegrationSettings, overwrite: Side | None
) -> list[Change]:
    """The changes, with those blocked that would write a rule's result over the value it is made of."""
    if overwrite is not Side.BACKOFFICE:
        return list(changes)
    pairs = {pair.key: pair for pair in rows}

    def ruled(change: Change) -> bool:
        pair = pairs.get((change.kind, change.storefront_id))
        if pair is None or not change.sends or change.target is not overwrite:
            return False
        return bool(rules_of(pair, change.field, settings.master(change.field)).version(change.field))

    why = "a rule makes the storefront's {} of the back office's, and no rule is computed backwards: take it out of the rule"
    return [
        replace(change, blocked=why.format(change.field), verb="change the rule") if ruled(change) else change
        for change in changes
    ]
