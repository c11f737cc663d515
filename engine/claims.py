"""Who writes what. One field of one record on one connection has one writing integration; reading is shared.

Three stores may take their quantities from one accounting item: each writes its own store, and nobody the item. Two that
would write the item itself are refused when settings are saved, and again in every plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine.connections import Connections
from engine.errors import UsageError
from engine.fields import undecided, writable
from engine.integrations import Integration, Integrations
from engine.mappings import Mappings
from engine.model import Field, Kind, Side
from engine.plan import Claims
from engine.ports import Capabilities

SYNCED = (Kind.PRODUCTS, Kind.FEES)

CapabilitiesOf = Callable[[str], Capabilities]
#: (integration, kind) -> pairs of (storefront id, back-office id)
MappedOf = Callable[[str, Kind], Iterable[tuple[str, str]]]
#: (connection, kind, record id, field)
Write = tuple[str, Kind, str, Field]


def written_fields(one: Integration, kind: Kind, side: Side, capable: CapabilitiesOf) -> list[Field]:
    """The fields that an integration writes on one of its sides, by its masters and what the system takes."""
    able = {each: capable(one.connection(each)) for each in Side}
    can = writable(able[side], one.settings, side)
    if kind is Kind.FEES:  # its own side is the integration's list, which is always the master
        return [f for f in (Field.PRICE,) if side is Side.BACKOFFICE and f in one.settings.fields and f in can]
    unset = undecided(able, one.settings)
    chosen = (f for f in one.settings.fields if f not in unset and f in can)
    return [f for f in chosen if one.settings.master(f).other is side]


def writes(one: Integration, connections: Iterable[str], mapped: MappedOf, capable: CapabilitiesOf) -> dict[Write, str]:
    """Pure: everything an integration writes to these connections by its settings and mappings, with its name."""
    wanted = set(connections) & set(one.connections)
    found: dict[Write, str] = {}
    for side in Side:
        if (name := one.connection(side)) not in wanted:
            continue
        for kind in SYNCED:
            fields = written_fields(one, kind, side, capable)
            record = kind.counterpart if side is Side.BACKOFFICE else kind
            for pair in mapped(one.name, kind) if fields else ():
                found |= {(name, record, pair[side is Side.BACKOFFICE], f): one.name for f in fields}
    return found


def claims(mine: Integration, others: Iterable[Integration], mapped: MappedOf, capable: CapabilitiesOf) -> Claims:
    """What other integrations write to the same connections."""
    sides = {mine.connection(side): side for side in Side}
    found: dict[tuple[Side, Kind, str, Field], str] = {}
    for other in others:
        if other.name != mine.name:
            theirs = writes(other, sides, mapped, capable)
            found |= {(sides[name], kind, id, f): owner for (name, kind, id, f), owner in theirs.items()}
    return found


def refuse_second_writer(
    new: Integration, others: Iterable[Integration], mapped: MappedOf, capable: CapabilitiesOf
) -> None:
    """Raise ``UsageError``, naming both, when ``new`` would write a field of a record that another one writes already."""
    shared = [other for other in others if other.name != new.name and set(other.connections) & set(new.connections)]
    own = writes(new, new.connections, mapped, capable) if shared else {}
    for other in shared if own else ():
        both = sorted(own.keys() & writes(other, new.connections, mapped, capable).keys(), key=str)
        if both:
            connection, _, record, _ = both[0]
            fields = ", ".join(f for f in Field if any(f is write[3] for write in both))
            count = len({write[:3] for write in both})
            what = f"{record} of {connection}" + (f" (and {count - 1} more)" if count > 1 else "")
            raise UsageError(
                f"{new.name} and {other.name} would both write {fields} of {what}: a field of a record has one writer. "
                f"Give one of them {connection} as master of it, or take the field out; nothing was saved"
            )


class Writers:
    """The same over what is stored now."""

    def __init__(self, integrations: Integrations, connections: Connections, mappings: Mappings) -> None:
        self._integrations, self._connections, self._mappings = integrations, connections, mappings

    def claims(self, mine: Integration) -> Claims:
        """What other integrations write to the connections of this one."""
        return claims(mine, self._integrations.all(), self._mapped, self._capable)

    def undecided(self, one: Integration) -> frozenset[Field]:
        """The fields whose master somebody has to choose before an integration can sync them."""
        able = {side: self._capable(one.connection(side)) for side in Side}
        return undecided(able, one.settings)

    def refuse_second(self, new: Integration) -> None:
        """Raise ``UsageError`` when these settings would make two integrations write one field of one record."""
        refuse_second_writer(new, self._integrations.all(), self._mapped, self._capable)

    def _capable(self, connection: str) -> Capabilities:
        return self._connections.connector(connection).capabilities

    def _mapped(self, integration: str, kind: Kind) -> list[tuple[str, str]]:
        return [(one.storefront_id, one.backoffice_id) for one in self._mappings.mapped(integration, kind).values()]
