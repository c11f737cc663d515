"""What speaks for and against a pair of customers; ``engine.matching.weights`` says how much each counts."""

from __future__ import annotations

from collections.abc import Iterator

from engine.matching.customer_profile import CustomerProfile
from engine.matching.findings import Finding


def compare_customers(one: CustomerProfile, other: CustomerProfile) -> list[Finding]:
    """Everything but the search's own cosine. ``one`` is the storefront's."""
    found: list[Finding] = []
    if one.name == other.name or "".join(one.name) == "".join(other.name):
        found.append(Finding("name_same", 1.0, "same name"))
    found += [Finding("covers", _covered(one, other)), Finding("covered", _covered(other, one))]
    found += _mail(one, other)
    found += _contact(one, other)
    found += _place(one, other)
    if not other.active:
        found.append(Finding("inactive", 1.0, "inactive"))
    return found


def _covered(one: CustomerProfile, other: CustomerProfile) -> float:
    """The share of one's name, by rarity, that the other's name has: whole, inside, or abbreviated."""
    total = have = 0.0
    for word in one.name:
        weight = one.weights[word]
        total += weight
        if word in other.weights or (len(word) >= 5 and word in other.squeezed):
            have += weight
        elif len(word) >= 3 and any(
            len(their) >= 3 and (word.startswith(their) or their.startswith(word)) for their in other.name
        ):
            have += 0.7 * weight
    return have / total if total else 0.0


def _mail(one: CustomerProfile, other: CustomerProfile) -> Iterator[Finding]:
    if one.mail and one.mail == other.mail:
        yield Finding("mail_same", 1.0, f"same e-mail {one.mail}")
    if one.domain and other.domain:
        if one.domain == other.domain:
            yield Finding("domain_same", 1.0, f"domain {one.domain}")
        else:
            yield Finding("domain_other", 1.0, f"other domain: {one.domain} / {other.domain}")
    elif one.domain or other.domain:
        mine, theirs = (one, other) if one.domain else (other, one)
        initials = "".join(word[0] for word in theirs.title.casefold().split())
        if len(mine.root) >= 4 and (mine.root in theirs.squeezed or theirs.squeezed in mine.root):
            yield Finding("domain_fits", 1.0, f"domain {mine.domain} fits the name")
        elif len(mine.root) >= 3 and mine.root == initials:
            yield Finding("domain_fits", 0.7, f"domain {mine.domain} fits the initials")


def _contact(one: CustomerProfile, other: CustomerProfile) -> Iterator[Finding]:
    if one.phone and other.phone:
        if one.phone == other.phone:
            yield Finding("phone_same", 1.0, "same phone")
        else:
            yield Finding("phone_other", 1.0)
    if one.person and other.person:
        if one.person == other.person:
            yield Finding("person_same", 1.0, "same contact")
        else:
            yield Finding("person_other", 1.0)


def _place(one: CustomerProfile, other: CustomerProfile) -> Iterator[Finding]:
    if one.street and one.street == other.street:
        yield Finding("street_same", 1.0, "same street")
    if one.postal and other.postal:
        short, long = sorted((one.postal, other.postal), key=len)
        if long.startswith(short) and len(short) >= 4:  # 98052 and 98052-1234
            yield Finding("postal_same", 1.0, f"same postal code {short.upper()}")
        else:
            yield Finding("postal_other", 1.0, f"other postal code: {one.postal.upper()} / {other.postal.upper()}")
    if one.city and other.city:
        if one.city == other.city:
            yield Finding("city_same", 1.0)
        else:
            yield Finding("city_other", 1.0, "other city")
    if len(one.country) == len(other.country) == 2 and one.country != other.country:
        yield Finding("country_other", 1.0, f"other country: {one.country.upper()} / {other.country.upper()}")
