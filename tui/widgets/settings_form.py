"""The settings of an integration as a form: which value counts, which side is master, what stops a run.

The names are the dotted ones that commands take; a setting that is not known here is still shown, as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from tui.widgets import checks
from tui.widgets.forms import FALSE, TRUE, Check, FormField

if TYPE_CHECKING:
    from engine.price_kinds import Quoted, What

NONE_READ: Quoted = MappingProxyType({})
FIELDS = ("price", "cost", "quantity", "sku")
SIDES = (("storefront", "storefront"), ("backoffice", "back office"))
PRICE_TYPES = ("recurring", "setup", "overuse")
PRICE_MODELS = ("FLAT", "TIERED", "VOLUME_SUBSCRIPTION", "VOLUME_ORDER", "VOLUME_RESOURCE_AGGREGATED")
STOREFRONT_SKUS = (("mpn", "part number (MPN)"), ("sku", "SKU"), ("id", "id"), ("upc", "UPC"))
BACKOFFICE_SKUS = (("sku", "SKU"), ("upc", "UPC"), ("vendor", "a vendor's SKU"), ("mpn", "part number (MPN)"))
NORMALISATIONS = (("exact", "as they are"), ("trim", "without blanks around"), ("case", "whatever their case"),
                  ("trim,case", "without blanks around, whatever their case"))  # fmt: skip
OFF = "Empty switches this guard off."


def _choice(name: str, label: str, value: str, known: tuple[tuple[str, str], ...], help: str) -> FormField:
    choices = known if any(value == one for one, _ in known) or not value else (*known, (value, value))
    return FormField(name, label, "choice", value=value, choices=choices, required=True, help=help)


def _names(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name, name) for name in names)


def _switch(name: str, label: str, value: str, help: str) -> FormField:
    return FormField(name, label, "switch", value=value, help=help)


def _text(name: str, label: str, value: str, help: str, check: Check | None = None) -> FormField:
    return FormField(name, label, value=value, help=help, check=check)


def _quoted(quoted: Quoted, what: What, part: Literal["type", "model"]) -> tuple[tuple[str, str], ...]:
    """What the storefront quotes, as last read, with counts; before the first read, what a marketplace may quote."""
    counts = quoted.get((what, part))
    if counts:
        return tuple((value, f"{value} ({count:,})") for value, count in counts.items())
    return _names(PRICE_TYPES if part == "type" else PRICE_MODELS)


def value_fields(values: Mapping[str, str], quoted: Quoted = NONE_READ) -> list[FormField]:
    """Which values are compared and written."""
    chosen = values.get("fields", "").split(",")
    fields = [
        FormField("heading-values", "Which value counts", "heading"),
        _text(
            "currency",
            "Currency",
            values.get("currency", ""),
            "Of all amounts: three letters, such as USD.",
            checks.currency,
        ),
    ]
    for name in FIELDS:
        help = f"Whether a sync compares and writes the {name}."
        fields.append(_switch(f"field-{name}", f"Sync the {name}", TRUE if name in chosen else FALSE, help))
    both: tuple[What, ...] = ("price", "cost")
    for what in both:
        fields += [
            _choice(f"{what}.type", f"{what.title()}: type", values.get(f"{what}.type", ""),
                    _quoted(quoted, what, "type"),
                    f"Of several {what}s of a product, the one of this type counts."),
            _choice(f"{what}.model", f"{what.title()}: model", values.get(f"{what}.model", ""),
                    _quoted(quoted, what, "model"),
                    "None or several that qualify: the row needs your choice, never simply the first one."),
        ]  # fmt: skip
    return fields


def sku_fields(values: Mapping[str, str]) -> list[FormField]:
    """Which code is the SKU, and where it lives."""
    return [
        FormField("heading-sku", "SKU", "heading"),
        _choice("sku.storefront", "Storefront's SKU is", values.get("sku.storefront", ""), STOREFRONT_SKUS,
                "Which value of the storefront is written as the SKU."),
        _choice("sku.backoffice", "It lives in", values.get("sku.backoffice", ""), BACKOFFICE_SKUS,
                "Where the back office keeps it: its own field, the UPC, or a vendor's SKU."),
        _text("sku.backoffice_vendor", "Whose SKU", values.get("sku.backoffice_vendor", ""),
              "The vendor's name in the back office; needed for a vendor's SKU only."),
        _switch("sku.keep_barcodes", "Keep real barcodes", values.get("sku.keep_barcodes", ""),
                "Where it lives in the UPC: a barcode there is replaced only once you resolved the row."),
    ]  # fmt: skip


def master_fields(values: Mapping[str, str]) -> list[FormField]:
    """Which side wins, field by field."""
    fields = [FormField("heading-masters", "Which side wins", "heading")]
    for name in FIELDS:
        value = values.get(f"masters.{name}", "storefront")
        help = f"Whose {name} wins; the other side's is overwritten, where its system can be written."
        field = _choice(f"masters.{name}", f"Master of the {name}", value, SIDES, help)
        fields.append(field if value else replace(field, required=False))
    return fields


def master_errors(values: Mapping[str, str]) -> dict[str, str]:
    """Fields that are synced although nobody has said which side wins, with what to do."""
    ticked = (name for name in FIELDS if values.get(f"field-{name}") == TRUE)
    return {f"masters.{name}": "choose which side wins" for name in ticked if values.get(f"masters.{name}") == ""}


def match_fields(values: Mapping[str, str]) -> list[FormField]:
    """Which identical keys are a match."""
    fields = []
    for kind, label, example, otherwise in (
        ("products", "Product", "sku:name is the storefront's SKU against the item's name", "is blank"),
        ("customers", "Customer", "person:name is first and last name against the name", "is blank, or is nobody's"),
    ):
        first, second = f"match.{kind}.primary", f"match.{kind}.secondary"
        fields += [
            _text(first, f"{label} match key", values.get(first, ""),
                  f"STOREFRONT:BACKOFFICE; {example}. Empty: all known identifiers."),
            _text(second, f"{label}: second", values.get(second, ""),
                  f"The key for storefront records whose match key {otherwise}. May be empty."),
        ]  # fmt: skip
    return [
        *fields,
        _choice("match.normalise", "Keys are compared", values.get("match.normalise", "exact"), NORMALISATIONS,
                "What counts as identical: exact counts every letter, blank and dash."),
    ]  # fmt: skip


def mapping_fields(values: Mapping[str, str]) -> list[FormField]:
    """How rows are mapped."""
    get = values.get
    return [
        FormField("heading-mapping", "Mapping", "heading"),
        *match_fields(values),
        _switch("match_is_mapping", "Map exact matches", get("match_is_mapping", ""),
                "Rows whose keys are identical and unique on both sides are mapped by themselves when read."),
        _switch("many_to_one", "Several to one", get("many_to_one", ""),
                "Several storefront products may share one back-office product; their values must then agree."),
        _switch("write_external_id", "Write external ids", get("write_external_id", ""),
                "Keep the counterpart's id in the storefront's empty external-id field."),
        _text("customers.country", "New customers: country", get("customers.country", ""),
              "Two letters, for customers made in the storefront whose country the back office does not know."),
        _text("customers.language", "New customers: language", get("customers.language", ""), "Such as en."),
    ]  # fmt: skip


def guard_fields(values: Mapping[str, str]) -> list[FormField]:
    """What stops a change or a run until a person allows it."""
    get = values.get
    return [
        FormField("heading-guards", "Guards: what needs your word, typed", "heading"),
        _switch("guards.zero_price", "Zero prices", get("guards.zero_price", ""), "A price would become zero or less."),
        _switch("guards.below_cost", "Below cost", get("guards.below_cost", ""), "A price would be below its cost."),
        _text("guards.max_change_percent", "Change over %", get("guards.max_change_percent", ""),
              f"A price or cost would change by more than this. {OFF}", checks.percent),
        _text("guards.max_rows", "More rows than", get("guards.max_rows", ""),
              f"A run would write more rows than this. {OFF}", checks.whole),
        _text("guards.max_percent_of_catalogue", "Over % of catalogue", get("guards.max_percent_of_catalogue", ""),
              f"A run would write more than this share of all rows. {OFF}", checks.percent),
        _text("guards.max_shrink_percent", "Side shrunk by %", get("guards.max_shrink_percent", ""),
              f"A side has suddenly fewer records than at the last good run. {OFF}", checks.percent),
        _switch("guards.everything_changed", "Everything changed", get("guards.everything_changed", ""),
                "All rows that were in sync changed at once."),
    ]  # fmt: skip


def read_fields(values: Mapping[str, str]) -> list[FormField]:
    """How automatic syncs read."""
    return [
        FormField("heading-reads", "Automatic syncs", "heading"),
        _text("reads.full_every_hours", "Read all every (hours)", values.get("reads.full_every_hours", ""),
              "Between these, only what changed is read, where the system can say so. 0: always all.", checks.whole),
    ]  # fmt: skip


def settings_fields(values: Mapping[str, str], quoted: Quoted = NONE_READ) -> list[FormField]:
    """The whole form from ``engine.integrations.setting_values`` and what the storefront quotes, as last read."""
    fields = [
        *value_fields(values, quoted), *sku_fields(values), *master_fields(values), *mapping_fields(values),
        *guard_fields(values), *read_fields(values),
    ]  # fmt: skip
    shown = {field.name for field in fields} | {"fields"}
    rest = [name for name in values if name not in shown]
    if rest:
        fields.append(FormField("heading-other", "Other", "heading"))
        fields += [_text(name, name, values[name], f"The setting {name}.") for name in rest]
    return fields


def settings_of(values: Mapping[str, str]) -> dict[str, str]:
    """The dotted settings that a filled-in form means."""
    settings = {name: value for name, value in values.items() if not name.startswith(("field-", "heading-"))}
    ticked = [name for name in FIELDS if values.get(f"field-{name}") == TRUE]
    return {**settings, "fields": ",".join(ticked)} if any(name.startswith("field-") for name in values) else settings
