"""Pure: what saving a rule would change, over everything that is mapped, as last read.

A row *changes* when the value its storefront shall have under the new rules is not that under the saved ones. The
difference is new minus old, in units or in the integration's currency; guards are those of a sync of all afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from engine.changes import GuardHit
from engine.fields import difference, same
from engine.list_context import with_rules
from engine.model import Field, Kind, Side
from engine.pairs import Pair
from engine.plan import Scene, build
from engine.row_rules import ruled_value
from engine.rules import RuleBook

RULED = (Field.PRICE, Field.QUANTITY)
LARGEST = 10


@dataclass(frozen=True, slots=True)
class Effect:
    """One field of one row: the back office's value, and what the storefront shall have before and after."""

    id: str
    name: str
    field: Field
    source: str | None
    before: str | None
    after: str | None
    difference: Decimal | None
    percent: Decimal | None
    rule: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class FieldEffect:
    """One field over all rows: how many change and by how much; ``blocked`` rows get no value (no cost, no price)."""

    field: Field
    rows: int
    least: Decimal | None
    middle: Decimal | None
    most: Decimal | None
    blocked: int


@dataclass(frozen=True, slots=True)
class Simulation:
    """``rows`` are the mapped rows looked at, ``changed`` those with any change; ``writes`` what a sync would then write.

    ``excluded`` and ``included`` count rows that a rule newly leaves out or lets in. ``notes`` say why a rule does nothing.
    """

    rows: int
    changed: int
    fields: tuple[FieldEffect, ...]
    excluded: int
    included: int
    writes: int
    guards: tuple[GuardHit, ...]
    largest: tuple[Effect, ...]
    notes: tuple[str, ...] = ()


def simulate(scene: Scene, base: Sequence[Pair], saved: RuleBook, proposed: RuleBook, item: str = "") -> Simulation:
    """Compare two rule books. ``base`` are the mapped rows, not yet seen through any book."""
    before = [with_rules(pair, saved) for pair in base]
    after = [with_rules(pair, proposed) for pair in base]
    left_out = [p.ignored is None and q.ignored is not None for p, q in zip(before, after, strict=True)]
    let_in = [p.ignored is not None and q.ignored is None for p, q in zip(before, after, strict=True)]
    effects: list[Effect] = []
    for old, new in zip(before, after, strict=True):
        if new.ignored is None:
            effects += _effects(old, new, scene)
    plan = build(scene, "simulation", after, kinds=(Kind.PRODUCTS,))
    changed = {effect.id for effect in effects}
    changed |= {pair.storefront_id for pair, out, into in zip(base, left_out, let_in, strict=True) if out or into}
    return Simulation(
        len(base),
        len(changed),
        tuple(_field(name, effects) for name in RULED if any(effect.field is name for effect in effects)),
        sum(left_out),
        sum(let_in),
        plan.rows,
        plan.guards,
        tuple(sorted(effects, key=_size, reverse=True)[:LARGEST]),
        tuple(_notes(scene, proposed, item)),
    )


def _effects(old: Pair, new: Pair, scene: Scene) -> Iterable[Effect]:
    settings = scene.settings
    for name in RULED:
        if name not in settings.fields or old.rules.version(name) == new.rules.version(name):
            continue
        source, was = ruled_value(old, name, settings)
        _, now = ruled_value(new, name, settings)
        if was.problem == now.problem and same(name, was.text, now.text, settings.currency):
            continue
        gap, percent = difference(was.text, now.text)
        percent = None if percent is None else round(percent, 2)
        yield Effect(
            new.storefront_id, new.title, name, source, was.text, now.text, gap, percent, now.words, now.problem
        )


def _field(name: Field, effects: Sequence[Effect]) -> FieldEffect:
    mine = [effect for effect in effects if effect.field is name]
    gaps = [effect.difference for effect in mine if effect.difference is not None]
    least, middle, most = (min(gaps), median(gaps), max(gaps)) if gaps else (None, None, None)
    return FieldEffect(name, len(mine), least, middle, most, sum(bool(effect.problem) for effect in mine))


def _size(effect: Effect) -> tuple[Decimal, Decimal]:
    """Larger changes first: by the share of the old value, then by the difference."""
    return (abs(effect.percent or Decimal(0)), abs(effect.difference or Decimal(0)))


def _notes(scene: Scene, book: RuleBook, item: str) -> Iterable[str]:
    rules = book.of(item)
    for name in RULED:
        if not rules.version(name):
            continue
        if name not in scene.settings.fields:
            yield f"{scene.integration} does not sync the {name} (setting fields): its rule does nothing"
        elif scene.settings.master(name) is not Side.BACKOFFICE:
            yield f"the back office is not master of the {name} (setting masters.{name}): its rule does nothing"
