"""Proof from the systems themselves: what they hold after a run is what they held before, plus the plan, and no more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.changes import Change
    from tui.demo.control import Record

Tables = Mapping[str, Mapping[str, "Record"]]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One column of one record that is not what the plan says it must be."""

    system: str
    table: str
    id: str
    column: str
    expected: object
    found: object


def carried_out(
    before: Tables, tables: Collection[str], changes: Iterable[Change], written: Callable[[Record, Change], Record]
) -> dict[str, dict[str, Record]]:
    """What a system must hold when every change of a plan was carried out, and nothing else.

    ``tables`` are those that hold products (a store keeps variations apart): the first that has the id is meant.
    """
    expected = {name: dict(rows) for name, rows in before.items()}
    for change in changes:
        rows = next(expected[name] for name in tables if change.target_id in expected[name])
        rows[change.target_id] = written(rows[change.target_id], change)
    return expected


def differences(system: str, expected: Tables, found: Tables, volatile: Collection[str] = ()) -> Iterator[Mismatch]:
    """Every column in which two states of a system differ; amounts by value, so that 10 and 10.00 are equal.

    ``volatile`` columns are the system's own business: times of change, versions, its memory of requests.
    """
    for table in sorted({*expected, *found}):
        wanted, there = expected.get(table, {}), found.get(table, {})
        for record in sorted({*wanted, *there}):
            one, other = wanted.get(record), there.get(record)
            if one is None or other is None:
                yield Mismatch(system, table, record, "(whole record)", one, other)
                continue
            for column in sorted({*one, *other}.difference(volatile)):
                if not equal(one.get(column), other.get(column)):
                    yield Mismatch(system, table, record, column, one.get(column), other.get(column))


def equal(one: object, other: object) -> bool:
    """Whether two JSON values are the same; numbers by value, never by spelling.

    >>> equal(Decimal("10.00"), 10), equal(True, 1), equal([{"a": 1}], [{"a": Decimal("1.0")}])
    (True, False, True)
    """
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float | Decimal) and isinstance(other, int | float | Decimal):
        return Decimal(str(one)) == Decimal(str(other))
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    return bool(one == other)
