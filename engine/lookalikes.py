"""Storefront customers that a back-office customer seems to be already: importing it would make a second one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from engine.model import Customer
from engine.views import Suggestion

#: A ranked suggestion from this score on is more likely right than wrong.
LIKELY = 0.5
#: Storefront customers named of one back-office customer.
NAMED = 3


def lookalikes(
    storefront: Iterable[Customer],
    candidates: Iterable[Customer],
    suggested: Mapping[str, Sequence[Suggestion]],
    rejected: Collection[tuple[str, str]] = (),
) -> dict[str, tuple[str, ...]]:
    """Back-office id -> the storefront customers it looks like, as text (name, id and why); only those that have any.

    Alike are: an external id that names it, the same e-mail address, the same name without legal forms, and a likely
    suggestion (``suggested``: storefront id -> its suggestions). Mapped storefront customers count: a second customer
    of the back office is a twin of them. A pair (storefront id, back-office id) that was rejected is not alike.
    """
    by_external, by_mail, by_name = _indexes(storefront)
    by_suggestion: dict[str, list[tuple[str, str, str]]] = {}
    for found in suggested.values():
        for one in found:
            if one.exact or one.ambiguous or one.score >= LIKELY:
                why = ", ".join(one.evidence[:1]) or f"score {one.score:.2f}"
                entry = (one.storefront_id, one.storefront_name or one.storefront_id, why)
                by_suggestion.setdefault(one.backoffice_id, []).append(entry)
    result = {}
    for customer in candidates:
        twins: dict[str, str] = {}
        known = [(twin.id, twin.name, "same external id") for twin in by_external.get(customer.id, ())]
        known += [(twin.id, twin.name, "same e-mail") for twin in by_mail.get(_mail(customer), ())]
        known += [(twin.id, twin.name, "same name") for twin in by_name.get(_name(customer), ())]
        known += by_suggestion.get(customer.id, ())
        for twin_id, name, why in known:
            if (twin_id, customer.id) not in rejected:
                twins.setdefault(twin_id, f"{name} ({twin_id}): {why}")
        if twins:
            result[customer.id] = _few(twins.values())
    return result


def _indexes(
    storefront: Iterable[Customer],
) -> tuple[dict[str, list[Customer]], dict[str, list[Customer]], dict[tuple[str, ...], list[Customer]]]:
    by_external: dict[str, list[Customer]] = {}
    by_mail: dict[str, list[Customer]] = {}
    by_name: dict[tuple[str, ...], list[Customer]] = {}
    for customer in storefront:
        if customer.external_id:
            by_external.setdefault(customer.external_id, []).append(customer)
        if mail := _mail(customer):
            by_mail.setdefault(mail, []).append(customer)
        if name := _name(customer):
            by_name.setdefault(name, []).append(customer)
    return by_external, by_mail, by_name


def _mail(customer: Customer) -> str:
    return customer.email.strip().casefold()


def _name(customer: Customer) -> tuple[str, ...]:
    from engine.matching.customer_profile import name_words  # the package imports numpy: on first use only

    return name_words(customer.name)


def _few(texts: Collection[str]) -> tuple[str, ...]:
    kept = tuple(texts)[:NAMED]
    return kept if len(texts) <= NAMED else (*kept, f"and {len(texts) - NAMED} more")
