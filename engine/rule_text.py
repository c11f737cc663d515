"""Rules as dotted settings and back: what ``rules set``, ``rules show`` and the Rules screen spell.

``quantity.minus=1``, ``price.ending=.99``, ``exclude.brands=Acme,Umbra``; ``quantity=as-is`` takes an item's quantity out
of all rules, ``quantity=`` takes the rule about it away. An empty value puts one part back to its default.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from engine.errors import UsageError
from engine.fields import digits
from engine.model import canonical
from engine.rules import AS_IS, MOST, Exclusions, PriceRule, QuantityRule, Rule, price_words, quantity_words

#: How a part with a rule is spelled as a whole; its own parts say which.
SET: Final = "set"
_PARTS: Final[dict[str, type[BaseModel]]] = {"quantity": QuantityRule, "price": PriceRule, "exclude": Exclusions}
_STEPS: Final = frozenset({*Rule.model_fields, *(leaf for part in _PARTS.values() for leaf in part.model_fields)})
_WORDS = {"yes": True, "true": True, "no": False, "false": False}


def names(*, item: bool) -> list[str]:
    """Every dotted name of a store-wide rule, or of an item's."""
    wanted = ("quantity", "price") if item else ("quantity", "price", "exclude")
    found = [f"{part}.{leaf}" for part in wanted for leaf in _PARTS[part].model_fields]
    return ["quantity", "price", *found, "excluded"] if item else ["quantity", "price", *found]


def parse(current: Rule, values: Mapping[str, str], *, item: bool, currency: str) -> Rule:
    """Apply dotted settings to a rule. Raises ``UsageError`` naming the setting and what it accepts."""
    tree: dict[str, Any] = current.model_dump(mode="json")
    allowed = names(item=item)
    for name, text in values.items():
        if name not in allowed:
            whose = "an item's rule" if item else "the store-wide rule"
            raise UsageError(f"no setting {name!r} in {whose}; settings are: {', '.join(allowed)}")
        _put(tree, name, text.strip())
    try:
        rule = Rule.model_validate(tree)
    except ValidationError as error:
        raise UsageError(f"rule not changed: {_problems(error)}") from None
    if isinstance(rule.price, PriceRule) and len(rule.price.ending.partition(".")[2]) > digits(currency):
        raise UsageError(
            f"rule not changed: price.ending {rule.price.ending} is finer than {currency} ({digits(currency)} decimals)"
        )
    if out_of_reach := _out_of_reach(rule):
        raise UsageError(f"rule not changed: {out_of_reach}")
    return rule


def _out_of_reach(rule: Rule) -> str:
    """What no shop can mean; checked where it is typed, so that a rule that is stored can always be read."""
    parts = (("quantity", rule.quantity, ("safety", "minus", "cap")), ("price", rule.price, ("amount",)))
    for part, own, numbers in parts:
        for name in numbers:
            number = getattr(own, name, None)
            if number is not None and abs(number) >= MOST:
                return f"{part}.{name} must be below {MOST:,} (given: {number})"
    quantity = rule.quantity
    if isinstance(quantity, QuantityRule) and quantity.round_down and quantity.cap is not None and quantity.cap % 1:
        return f"quantity.cap {canonical(quantity.cap)} is not whole units; or switch quantity.round_down off"
    return ""


def values(rule: Rule, *, item: bool) -> dict[str, str]:
    """Every dotted setting with its value as text; parts that say nothing show their defaults."""
    found: dict[str, str] = {}
    for name in names(item=item):
        part, _, leaf = name.partition(".")
        value = getattr(rule, part)
        if leaf:
            source = value if isinstance(value, _PARTS[part]) else _PARTS[part]()
            found[name] = _text(getattr(source, leaf))
        else:
            found[name] = SET if isinstance(value, BaseModel) else _text(value)
    return found


def words(rule: Rule) -> str:
    """A whole rule in one line; empty for one that says nothing."""
    parts = []
    if rule.quantity is not None:
        said = quantity_words(rule.quantity) if isinstance(rule.quantity, QuantityRule) else AS_IS
        parts.append(f"quantity: {said}")
    if rule.price is not None:
        parts.append(f"price: {price_words(rule.price) if isinstance(rule.price, PriceRule) else AS_IS}")
    parts += [
        f"exclude {leaf}: {', '.join(found)}"
        for leaf in Exclusions.model_fields
        if (found := getattr(rule.exclude, leaf))
    ]
    if rule.excluded is not None:
        parts.append("excluded" if rule.excluded else "not excluded")
    return "; ".join(parts)


def _put(tree: dict[str, Any], name: str, text: str) -> None:
    part, _, leaf = name.partition(".")
    if not leaf:
        if text == SET and part in _PARTS:
            tree[part] = tree[part] if isinstance(tree[part], dict) else {}
            return
        tree[part] = _WORDS.get(text.lower(), text) if part == "excluded" and text else text or None
        return
    node = tree[part] if isinstance(tree[part], dict) else {}
    if part == "exclude":
        node[leaf] = [one.strip() for one in text.split(",") if one.strip()]
    elif text:
        node[leaf] = _WORDS.get(text.lower(), text)
    else:
        node.pop(leaf, None)
    tree[part] = node


def _problems(error: ValidationError) -> str:
    """What is wrong, once each: a union says it for every branch, of which only the rule's own is meant."""
    found = {}
    for one in error.errors():
        where = [str(step) for step in one["loc"]]
        if "literal[" in "".join(where):
            continue
        path = ".".join(step for step in where if step in _STEPS)
        given = "" if isinstance(one["input"], dict) else f" (given: {one['input']!r})"
        found[path] = f"{path}: {one['msg'].removeprefix('Value error, ')}{given}"
    return "; ".join(found.values()) or str(error)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return canonical(value)
    if isinstance(value, tuple):
        return ",".join(value)
    return "" if value is None else str(value)
