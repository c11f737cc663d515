"""What speaks for and against a pair of products; ``engine.matching.weights`` says how much each counts."""

from __future__ import annotations

from collections.abc import Iterator
from math import log

from engine.matching.codes import Likeness, compare
from engine.matching.findings import Finding
from engine.matching.product_profile import Facts, Profile
from engine.matching.quantities import close, shown


def compare_products(one: Profile, other: Profile) -> list[Finding]:
    """Everything but the search's own cosine. ``one`` is the storefront's."""
    found = [
        Finding("text_cosine", _text_cosine(one, other)),
        Finding("covers", _covered(one, other)),
        Finding("covered", _covered(other, one)),
    ]
    found += _codes(one, other)
    found += _quantities(one, other)
    found += _numbers(one.name, other)
    found += _colours(one, other)
    found += _variants(one, other)
    found += _brand(one, other)
    found += _price(one, other)
    if one.upc and other.upc:
        same = one.upc.lstrip("0") == other.upc.lstrip("0")
        found.append(
            Finding("upc_same", 1.0, f"same UPC {one.upc}") if same else Finding("upc_other", 1.0, "other UPC")
        )
    if not other.active:
        found.append(Finding("inactive", 1.0, "inactive"))
    return found


def _text_cosine(one: Profile, other: Profile) -> float:
    short, long = (one.words, other.words) if len(one.words) <= len(other.words) else (other.words, one.words)
    dot = sum(weight * weight for word, weight in short.items() if word in long)
    return dot / (one.norm * other.norm) if dot else 0.0


def _covered(one: Profile, other: Profile) -> float:
    """The share of one's name, by rarity, that the other's text has: whole, written apart, or abbreviated."""
    total = have = 0.0
    for word, weight, beginnings in one.terms:
        total += weight
        if word in other.words or (len(word) >= 5 and word in other.squeezed):
            have += weight
        elif word in other.prefixes or not beginnings.isdisjoint(other.name_words):
            have += 0.7 * weight
    return have / total if total else 0.0


def _codes(one: Profile, other: Profile) -> Iterator[Finding]:
    mine, theirs = one.codes, other.codes
    best: dict[Likeness, tuple[float, str]] = {}

    def note(kind: Likeness, rarity: float, text: str) -> None:
        if rarity > best.get(kind, (0.0, ""))[0]:
            best[kind] = (rarity, text)

    inside = (0.0, "")
    for code, rarity in (mine | theirs).items():
        if code in mine and code in theirs:
            note(Likeness.SAME, rarity, code)
            continue
        where = other if code in mine else one
        if code in where.words or (len(code) >= 5 and code in where.squeezed):
            inside = max(inside, (rarity, code))
    if best.get(Likeness.SAME, (0.0, ""))[0] < 0.5:
        for code, rarity in mine.items():
            for their, their_rarity in theirs.items():
                if code not in theirs and their not in mine:
                    note(compare(code, their), min(rarity, their_rarity), f"{code} / {their}")
    same, stem = best.get(Likeness.SAME), best.get(Likeness.STEM)
    if same:
        yield Finding("code_same", same[0], f"same model {same[1].upper()}" if same[0] > 0.4 else "")
    if inside[1]:
        yield Finding(
            "code_inside", inside[0], f"model {inside[1].upper()} in the text" if inside[0] > 0.4 and not same else ""
        )
    if stem:
        yield Finding("code_stem", stem[0], f"model alike: {stem[1].upper()}" if stem[0] > 0.4 else "")
    agreed = max(same[0] if same else 0.0, inside[0], stem[0] if stem else 0.0)
    if agreed < 0.5:
        for kind, feature in ((Likeness.SIBLING, "code_sibling"), (Likeness.OTHER, "code_other")):
            if kind in best:
                rarity, text = best[kind]
                yield Finding(feature, rarity * (1.0 - agreed), f"other model: {text.upper()}")
                break


def _quantities(one: Profile, other: Profile) -> Iterator[Finding]:
    same: list[str] = []
    apart: list[str] = []
    for dimension in one.name.quantities.keys() | other.name.quantities.keys():
        mine, my_all = _named(one, dimension)
        theirs, their_all = _named(other, dimension)
        if not mine or not theirs:
            continue
        if close(my_all, their_all):
            same.append(shown(dimension, mine))
        else:
            apart.append(f"{shown(dimension, mine)} / {shown(dimension, theirs)}")
    if same:
        yield Finding("quantity_same", min(len(same), 3) / 3, f"same {min(same)}")
    if apart:
        yield Finding("quantity_other", min(len(apart), 2) / 2, f"other quantity: {min(apart)}")


def _named(one: Profile, dimension: str) -> tuple[frozenset[float], frozenset[float]]:
    """(values that name the product: of its name, else of its description; all values)."""
    name = one.name.quantities.get(dimension, frozenset())
    text = one.text.quantities.get(dimension, frozenset())
    return name or text, name | text


def _numbers(mine: Facts, other: Profile) -> Iterator[Finding]:
    one, two = mine.numbers, other.name.numbers
    if one & two:
        yield Finding("number_same", 1.0)
    elif one and two:
        yield Finding("number_other", 1.0, f"other number: {'/'.join(sorted(one))} / {'/'.join(sorted(two))}")
    if extra := one ^ two:
        yield Finding("number_extra", min(len(extra), 3) / 3)


def _colours(one: Profile, other: Profile) -> Iterator[Finding]:
    mine, theirs = one.name.colours or one.text.colours, other.name.colours or other.text.colours
    if not mine or not theirs:
        return
    if (one.name.colours | one.text.colours) & (other.name.colours | other.text.colours):
        yield Finding("colour_same", 1.0)
    else:
        yield Finding("colour_other", 1.0, f"other colour: {'/'.join(sorted(mine))} / {'/'.join(sorted(theirs))}")


def _variants(one: Profile, other: Profile) -> Iterator[Finding]:
    same, apart = 0, []
    for group in one.name.variants.keys() & other.name.variants.keys():
        mine, theirs = one.name.variants[group], other.name.variants[group]
        if mine & theirs:
            same += 1
        else:
            apart.append(f"{'/'.join(sorted(mine))} / {'/'.join(sorted(theirs))}")
    if one.period and other.period and one.period != other.period:
        apart.append(f"{one.period} / {other.period}")
    if same:
        yield Finding("variant_same", 1.0)
    if apart:
        yield Finding("variant_other", 1.0, f"other variant: {min(apart)}")
    lone = {word for word in one.name.marked - other.name.marked if word not in other.text.marked}
    lone |= {word for word in other.name.marked - one.name.marked if word not in one.text.marked}
    if lone:
        yield Finding("one_sided", min(len(lone), 2) / 2, f"only one is {min(lone)}")


def _brand(one: Profile, other: Profile) -> Iterator[Finding]:
    if not one.brand or not other.brand:
        return
    if one.brand == other.brand or one.brand in other.squeezed or other.brand in one.squeezed:
        yield Finding("brand_same", 1.0)
    else:
        yield Finding("brand_other", 1.0, f"other brand: {one.brand} / {other.brand}")


def _price(one: Profile, other: Profile) -> Iterator[Finding]:
    pairs = [(a, b) for a, mine in one.prices for b, theirs in other.prices if not mine or not theirs or mine == theirs]
    if not pairs:
        return
    a, b = min(pairs, key=lambda pair: abs(log(pair[0] / pair[1])))
    gap = abs(log(a / b))
    percent = abs(b - a) / a * 100
    reason = "same price" if percent < 0.5 else f"price {percent:.0f} % apart"
    yield Finding("price_gap", min(gap, 2.0) - 0.3, reason)
    if gap < 0.005:
        yield Finding("price_same", 1.0)
