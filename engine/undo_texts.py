"""Pure: the texts that a run wrote, put back where they still stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.changes import Outcome, TextChange
from engine.fields import SIDE_NAMES
from engine.model import Customer, Kind, Product, Side
from engine.ports import Result
from engine.push_write import text_of

#: (side, id) -> the product or customer as just read; one that is gone is absent.
Products = Mapping[tuple[Side, str], Product | Customer]


def is_text(outcome: Outcome) -> bool:
    """Whether an outcome is that of a text; a push is told apart by its attribute."""
    return outcome.field is None and outcome.attribute not in {"", "push"}


def put_back(
    run: str, outcomes: Iterable[Outcome], products: Products, mapped: Mapping[tuple[Kind, str], str]
) -> list[TextChange]:
    """One change per text that was written. An unverified one that turned out not to be there is left out.

    ``mapped``: (kind, storefront id) -> back-office id, as it is now.
    """
    found = []
    for one in outcomes:
        if not is_text(one) or one.result not in {Result.APPLIED, Result.UNVERIFIED}:
            continue
        id = one.backoffice_id if one.target is Side.BACKOFFICE else one.storefront_id
        product = products.get((one.target, id))
        now = text_of(product, one.attribute) if product is not None else None
        if one.result is Result.UNVERIFIED and now != one.after:
            continue
        blocked = ""
        if mapped.get((one.kind, one.storefront_id)) != one.backoffice_id:
            blocked = "is mapped differently now; nothing is taken back"
        elif now is None:
            blocked = f"is gone from {SIDE_NAMES[one.target]}"
        elif now != one.after:
            blocked = f"moved since: it is {now!r} now, this run wrote {one.after!r}"
        elif one.before is None:
            blocked = f"what {one.attribute} was before is not known"
        elif one.attribute == "name" and not one.before.strip():
            blocked = "an empty name is never written"
        found.append(
            TextChange(one.storefront_id, one.backoffice_id, one.name, one.attribute, one.target, now, one.before or "",
                       f"undo of {run}", blocked, one.kind)
        )  # fmt: skip
    return found
