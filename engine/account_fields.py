"""Pure: the mapped fields of buyers who are made, from their profiles: what goes into the new records, and what is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from engine.accounts import Buyer, Step
from engine.crm import SchemaField
from engine.field_mappings import FieldMapping, values
from engine.model import Customer


def with_fields(
    buyers: Iterable[Buyer],
    mappings: Sequence[FieldMapping],
    targets: Mapping[str, Mapping[str, SchemaField]],
    profiles: Mapping[str, Customer],
) -> list[Buyer]:
    """The buyers, those to be made with their mapped fields as (``object.field``, text). ``targets``: fields by object.

    What cannot be written is left out, and ``why`` says so. A guest has no profile: only constants go into their record.
    """
    return [_filled(one, mappings, targets, profiles) if one.step is Step.CREATE else one for one in buyers]


def _filled(
    buyer: Buyer,
    mappings: Sequence[FieldMapping],
    targets: Mapping[str, Mapping[str, SchemaField]],
    profiles: Mapping[str, Customer],
) -> Buyer:
    record = profiles.get(buyer.order.customer_id, buyer.customer)
    fields: list[tuple[str, str]] = []
    left_out: list[str] = []
    for name, known in targets.items():
        mine = [one for one in mappings if one.object == name]
        for mapping, made in values(mine, known, record, new=True):
            if made.text is None:
                left_out.append(f"{mapping.id}: {made.problem}")
            elif made.text:
                fields.append((mapping.id, made.text))
    why = "; ".join([buyer.why, *(f"left out {one}" for one in left_out)])
    return replace(buyer, fields=tuple(fields), why=why)
