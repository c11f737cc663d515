"""A rule as a form: the names are the dotted ones that ``crosswalk rules set`` takes."""

from __future__ import annotations

from collections.abc import Mapping

from tui.widgets.forms import FormField

NONE, SET, AS_IS = "", "set", "as-is"
YES_NO = (("true", "yes"), ("false", "no"))
#: What an empty field means; it is shown faintly, so that typing does not add to it.
USUAL = {
    "quantity.safety": "0", "quantity.minus": "0", "quantity.percent": "100", "price.percent": "0", "price.amount": "0",
}  # fmt: skip
ROUNDING = (("nearest", "to the nearest"), ("up", "up"), ("down", "down"))


def rule_fields(values: Mapping[str, str], *, item: bool) -> list[FormField]:
    """The form of the store-wide rule, or of one item's, filled in from ``RuleView.settings``."""
    fields = [
        _whole("quantity", "Quantity", values, item=item),
        _choice("quantity.basis", "  starts from", values, (("on-hand", "on hand"), ("available", "available")),
                "What is on hand, or what of it may be sold where the back office tells."),
        _text("quantity.safety", "  zero below", values, "With less than this in stock the storefront shows none."),
        _text("quantity.minus", "  less", values, "So many units are kept back."),
        _text("quantity.percent", "  percent of it", values, "0 to 100."),
        _text("quantity.cap", "  at most", values, "Never more than this; empty: no cap."),
        _choice("quantity.round_down", "  whole units", values, YES_NO, "Round down to whole units."),
        _choice("quantity.negative_to_zero", "  negative is zero", values, YES_NO, "Less than none shows as none."),
        _whole("price", "Price", values, item=item),
        _text("price.percent", "  percent more", values, "Such as 10, or -5 for less."),
        _text("price.amount", "  amount more", values, "Such as 0.50, or -1; after the percentage."),
        _text("price.ending", "  ending", values, "Such as .99, 9.95 or 00; empty: no ending."),
        _choice("price.rounding", "  rounding", values, ROUNDING, "To the ending, or to the currency's precision."),
        _text("price.min_margin", "  least % over cost", values, "Never below the back office's cost plus this; empty: off."),
        _choice("price.below_margin", "  a price below that", values, (("raise", "is raised to it"), ("block", "waits")),
                "Raised (rounded up), or blocked until you decide."),
    ]  # fmt: skip
    if item:
        words = (("", "as the store says"), ("true", "excluded"), ("false", "not excluded"))
        return [*fields, _choice("excluded", "Synced at all", values, words, "An excluded item is never synced.")]
    return [
        *fields,
        FormField("heading-exclude", "Never synced (separated by commas)", "heading"),
        _text("exclude.ids", "  ids", values, "Ids of storefront products."),
        _text("exclude.categories", "  categories", values, "Whole names; case does not count."),
        _text("exclude.brands", "  brands", values, "Whole names; case does not count."),
        _text("exclude.skus", "  SKUs", values, "SKUs or part numbers; * stands for anything: REF-*."),
    ]


def rule_settings(values: Mapping[str, str]) -> dict[str, str]:
    """What a filled-in form means: the parts of a rule only where there is one."""
    return {
        name: value
        for name, value in values.items()
        if name.partition(".")[0] not in {"quantity", "price"}
        or "." not in name
        or values.get(name.partition(".")[0]) == SET
    }


def part_of(name: str) -> str:
    """The whole that a part of a rule belongs to: ``quantity`` or ``price``; empty for any other field."""
    whole, dot, _ = name.partition(".")
    return whole if dot and whole in {"quantity", "price"} else ""


def _whole(name: str, label: str, values: Mapping[str, str], *, item: bool) -> FormField:
    words = [(NONE, "as the store's rule says" if item else "no rule"), (SET, "by the rule below")]
    if item:
        words.append((AS_IS, "as it is, without any rule"))
    return _choice(name, label, values, tuple(words), f"What the storefront gets of the back office's {name}.")


def _choice(
    name: str, label: str, values: Mapping[str, str], known: tuple[tuple[str, str], ...], help: str
) -> FormField:
    return FormField(name, label, "choice", value=values.get(name, ""), choices=known, help=help)


def _text(name: str, label: str, values: Mapping[str, str], help: str) -> FormField:
    usual = USUAL.get(name, "")
    value = values.get(name, "")
    return FormField(name, label, value="" if value == usual else value, placeholder=usual, help=help)
