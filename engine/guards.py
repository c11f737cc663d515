"""Pure: what stops a change or a whole run until a person allows it, guard by guard.

A change on which a guard fired is not blocked: the plan needs ``--allow GUARD`` (a typed confirmation at the keyboard).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from engine.changes import Change, GuardHit
from engine.fields import difference, rounded
from engine.model import Field, Side
from engine.settings import Guards

#: Below so many rows a share of the catalogue says nothing: one of three rows would always be "33 %".
FEW_ROWS = 10


class Guard(StrEnum):
    """The stable words of ``--allow``."""

    ZERO_PRICE = "zero-price"
    BELOW_COST = "below-cost"
    CHANGE_PERCENT = "change-percent"
    ROW_COUNT = "row-count"
    CATALOGUE_PERCENT = "catalogue-percent"
    SHRUNK_SIDE = "shrunk-side"
    EVERYTHING_CHANGED = "everything-changed"
    OVERWRITE_MASTER = "overwrite-master"


GUARD_NAMES = tuple(guard.value for guard in Guard)


@dataclass(frozen=True, slots=True)
class SideSize:
    """How many records of a kind the last but one and the last complete read of a side found (None: never read)."""

    side: Side
    what: str
    previous: int | None
    current: int


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What the guards of a whole run look at: counts of rows.

    ``catalogue`` counts the storefront's records, ``known`` the mapped rows that were in sync once, ``known_changed``
    those of them that this run writes.
    """

    rows: int
    catalogue: int
    known: int
    known_changed: int
    sizes: tuple[SideSize, ...] = ()


def of_change(change: Change, guards: Guards) -> tuple[str, ...]:
    """The guards that one change sets off by itself."""
    if not change.field.is_money or change.after is None:
        return ()
    hits = []
    after = rounded(change.after, change.currency)
    if guards.zero_price and (after < 0 or (after == 0 and change.field is Field.PRICE)):
        hits.append(Guard.ZERO_PRICE.value)
    if guards.max_change_percent is not None and change.before is not None:
        gap, percent = difference(change.before, change.after)
        if gap and (percent is None or abs(percent) > guards.max_change_percent):
            hits.append(Guard.CHANGE_PERCENT.value)
    return tuple(hits)


def below_cost(price: str | None, cost: str | None, guards: Guards) -> bool:
    """Whether the price a record will have lies below the cost it will have."""
    return guards.below_cost and price is not None and cost is not None and Decimal(price) < Decimal(cost)


def of_changes(changes: Iterable[Change], guards: Guards) -> tuple[GuardHit, ...]:
    """One hit per guard that fired on any change that is sent, naming the first few rows."""
    rows: dict[str, dict[tuple[str, str], str]] = {}
    for change in changes:
        for guard in change.guards if change.sends else ():
            rows.setdefault(guard, {})[change.kind, change.storefront_id] = change.name
    texts = {
        Guard.ZERO_PRICE: "would get a price of zero or less",
        Guard.BELOW_COST: "would be sold below cost",
        Guard.CHANGE_PERCENT: f"would change by more than {guards.max_change_percent} %",
        Guard.OVERWRITE_MASTER: "would be overwritten on the side that is master",
    }
    return tuple(
        GuardHit(guard.value, f"{_rows(len(found))} {texts[guard]}: {_some(list(found.values()))}", len(found))
        for guard in texts
        if (found := rows.get(guard.value))
    )


def of_run(facts: RunFacts, guards: Guards) -> tuple[GuardHit, ...]:
    """The guards that look at a run as a whole."""
    hits = []
    if guards.max_rows is not None and facts.rows > guards.max_rows:
        text = f"{_rows(facts.rows)} would be written; the limit is {guards.max_rows}"
        hits.append(GuardHit(Guard.ROW_COUNT.value, text, facts.rows))
    limit = guards.max_percent_of_catalogue
    if limit is not None and facts.rows >= FEW_ROWS and facts.rows * 100 > limit * facts.catalogue:
        text = f"{facts.rows} of {facts.catalogue} rows of the catalogue would be written; the limit is {limit} %"
        hits.append(GuardHit(Guard.CATALOGUE_PERCENT.value, text, facts.rows))
    hits += [hit for size in facts.sizes if (hit := _shrunk(size, guards)) is not None]
    if guards.everything_changed and facts.known >= FEW_ROWS and facts.known_changed == facts.known:
        text = f"all {facts.known} rows that were in sync have changed at once; is it still the same account?"
        hits.append(GuardHit(Guard.EVERYTHING_CHANGED.value, text, facts.known))
    return tuple(hits)


def _shrunk(size: SideSize, guards: Guards) -> GuardHit | None:
    limit, previous = guards.max_shrink_percent, size.previous
    if limit is None or not previous or size.current >= previous:
        return None
    if size.current and (previous - size.current) * 100 <= limit * previous:
        return None
    how = "empty" if not size.current else "shrunk"
    text = f"the {size.side}'s {size.what} are {how}: {previous} before, {size.current} now"
    return GuardHit(Guard.SHRUNK_SIDE.value, text, previous - size.current)


def _rows(count: int) -> str:
    return f"{count} row" if count == 1 else f"{count} rows"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
