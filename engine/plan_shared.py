"""Pure: several rows mapped to one back-office record. A push needs equal values from all of them.

If they agree, every one of them is listed (one write is sent, all their baselines follow); if not, none is sent and each
names the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from engine.changes import Change
from engine.fields import read, same
from engine.model import Field, Kind, Side, Status
from engine.pairs import Pair, RowState
from engine.settings import IntegrationSettings

StateOf = Callable[[Pair], RowState]
ChangesOf = Callable[[Pair, RowState], list[Change]]


def settle_shared(
    changes: Sequence[Change],
    rows: Iterable[Pair],
    settings: IntegrationSettings,
    state_of: StateOf,
    changes_of: ChangesOf,
) -> list[Change]:
    """The changes with siblings that were not chosen added, and those that disagree blocked."""
    groups: dict[tuple[Kind, str], list[Pair]] = {}
    for pair in rows:
        if pair.backoffice_id and pair.ignored is None:
            groups.setdefault((pair.kind.counterpart, pair.backoffice_id), []).append(pair)
    shared = {key: pairs for key, pairs in groups.items() if len(pairs) > 1}
    if not shared:
        return list(changes)
    listed = {(c.kind, c.storefront_id, c.field): c for c in changes}
    touched = {
        (c.kind.counterpart, c.backoffice_id, c.field)
        for c in changes
        if c.target is Side.BACKOFFICE and (c.kind.counterpart, c.backoffice_id) in shared
    }
    added: dict[tuple[Kind, str, Field], Change] = {}
    for kind, backoffice_id, _ in sorted(touched):
        for pair in shared[kind, backoffice_id]:
            for change in changes_of(pair, state_of(pair)):
                if (kind, backoffice_id, change.field) in touched and change.target is Side.BACKOFFICE:
                    key = (change.kind, change.storefront_id, change.field)
                    added.setdefault(key, listed.get(key, replace(change, reason=_shares(change.reason))))
    whole = {**listed, **added}
    for kind, backoffice_id, name in sorted(touched):
        siblings = shared[kind, backoffice_id]
        why = _disagreement(siblings, name, whole, settings)
        for pair in siblings if why else ():
            key = (pair.kind, pair.storefront_id, name)
            mine = whole.get(key)
            if mine is not None and mine.sends and mine.target is Side.BACKOFFICE:
                whole[key] = replace(mine, blocked=why, verb="resolve", status=Status.CONFLICT)
    return list(whole.values())


def _disagreement(
    siblings: Sequence[Pair],
    name: Field,
    changes: dict[tuple[Kind, str, Field], Change],
    settings: IntegrationSettings,
) -> str:
    """Why the siblings' field may not be written, or an empty text."""
    values: dict[str, str | None] = {}
    afters: set[str | None] = set()
    target = siblings[0].backoffice.name if siblings[0].backoffice is not None else siblings[0].backoffice_id
    for pair in siblings:
        if (
            pair.storefront is None
            or not pair.storefront.active
            or (pair.kind is Kind.FEES and name is not Field.PRICE)
        ):
            continue
        change = changes.get((pair.kind, pair.storefront_id, name))
        if change is not None and change.blocked:
            return f"shares {target} with {pair.title}, which is blocked: {change.blocked}"
        after = change.after if change is not None else read(pair.storefront, name, Side.STOREFRONT, settings).text
        values[f"{pair.title} ({pair.storefront_id})"] = after
        afters.add(after)
    if len(values) < 2:
        return ""
    names = ", ".join(f"{who} {value or 'none'}" for who, value in sorted(values.items()))
    first = next(iter(values.values()))
    if any(not same(name, first, other, settings.currency) for other in afters):
        return f"they share {target} and their {name}s differ: {names}"
    if not settings.many_to_one:
        return f"they share {target} and the integration allows one row per counterpart (many_to_one): {names}"
    return ""


def _shares(reason: str) -> str:
    return f"shares the counterpart of a chosen row; {reason}"
