"""Pure: the one value of a field that counts on one side, or why there is none.

A value is canonical text (``engine.model.canonical`` for amounts). Amounts are compared at the currency's precision and
kept exactly as read; nothing is ever picked from several that differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

from engine.errors import UsageError
from engine.model import Customer, Fee, Field, Kind, PriceOption, Product, Record, Side, canonical
from engine.ports import Capabilities
from engine.settings import IntegrationSettings, PriceChoice

SIDE_NAMES = {Side.STOREFRONT: "the storefront", Side.BACKOFFICE: "the back office"}

# ISO 4217: digits after the point where they are not two.
_WITHOUT_CENTS = frozenset(
    {
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    }
)
_WITH_MILS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
_WIDE = Context(prec=60)


@dataclass(frozen=True, slots=True)
class Value:
    """What one side says of one field: ``text`` is None where it has none; ``problem`` says why none may be used.

    ``options`` are the candidates when several qualify and differ.
    """

    text: str | None
    currency: str = ""
    problem: str = ""
    options: tuple[str, ...] = ()


ABSENT = Value(None)


def read(record: Record, field: Field, side: Side, settings: IntegrationSettings) -> Value:
    """The value of ``field`` that counts on ``side``; a fee has a price (its amount) and nothing else."""
    if isinstance(record, Product):
        if field is Field.PRICE:
            return _amount(record.prices, "price", side, settings.price, settings.currency)
        if field is Field.COST:
            return _amount(record.costs, "cost", side, settings.cost, settings.currency)
        if field is Field.SKU:
            return _sku(record, side, settings)
        return ABSENT if record.quantity is None else Value(canonical(record.quantity))
    if isinstance(record, Customer) or field is not Field.PRICE or record.amount is None:
        return ABSENT
    return _fee(record, settings.currency)


def fields_of(kind: Kind, fields: Iterable[Field]) -> tuple[Field, ...]:
    """The fields of ``fields`` that rows of this kind have, in their fixed order."""
    chosen = set(fields)
    if kind is Kind.CUSTOMERS:
        return ()
    if kind is Kind.FEES:
        return (Field.PRICE,) if Field.PRICE in chosen else ()
    return tuple(field for field in Field if field in chosen)


def comparable(kind: Kind, fields: Iterable[Field], capabilities: Mapping[Side, Capabilities]) -> tuple[Field, ...]:
    """The fields of ``fields`` that both sides can read; a fee's own side is the integration's list."""
    sides = (Side.BACKOFFICE,) if kind is Kind.FEES else tuple(Side)
    readable = [capabilities[side].reads_fields for side in sides]
    return tuple(field for field in fields_of(kind, fields) if all(field in one for one in readable))


def sku_slot(settings: IntegrationSettings, side: Side) -> str:
    """Where the SKU lives on a side, as ``RecordWrite.sku_slot`` spells it."""
    if side is Side.STOREFRONT:
        return settings.sku.storefront
    if settings.sku.backoffice == "vendor":
        return f"vendor:{settings.sku.backoffice_vendor}"
    return settings.sku.backoffice


def first_settings(storefront: Capabilities, backoffice: Capabilities) -> dict[str, str]:
    """What a new integration of these two begins with: which value is the SKU on each side, and which fields are synced.

    With accounting the quantity is one of them, where both sides have one and it can be written.
    """
    chosen: dict[str, str] = {"sku.storefront": storefront.storefront_sku}
    if "vendor" in backoffice.sku_slots:
        chosen["sku.backoffice"] = "upc"  # a vendor's SKU needs a vendor's name, which only the admin knows
    both = storefront.reads_fields & backoffice.reads_fields
    if accounting((storefront, backoffice)) and Field.QUANTITY in both & (
        storefront.writes_fields | backoffice.writes_fields
    ):
        chosen["fields"] = ",".join((*IntegrationSettings().fields, Field.QUANTITY))
    return chosen


def writable(capabilities: Capabilities, settings: IntegrationSettings, side: Side) -> frozenset[Field]:
    """The fields a sync may write on a side; an SKU only where the system has the slot the settings name."""
    fields = capabilities.writes_fields
    slot = sku_slot(settings, side)
    known = not capabilities.sku_slots or slot.partition(":")[0] in capabilities.sku_slots
    if slot in {"vendor:", "id"} or not known:
        fields -= {Field.SKU}
    return fields


def accounting(capabilities: Iterable[Capabilities]) -> bool:
    """Whether one of the systems keeps the books: it has postings, or takes a price or a quantity at a time."""
    return any(able.has_postings or able.price_xor_quantity for able in capabilities)


def undecided(
    capabilities: Mapping[Side, Capabilities], settings: IntegrationSettings, fields: Iterable[Field] = tuple(Field)
) -> frozenset[Field]:
    """The fields that both sides could be given and whose master has to be chosen before the first plan.

    Quantity always, and with accounting every field: there the storefront is no safe default (it is elsewhere, where a
    catalogue flows from the storefront to the back office).
    """
    can = [writable(capabilities[side], settings, side) for side in Side]
    strict = accounting(capabilities.values())
    return frozenset(
        name
        for name in fields
        if name not in settings.masters and (strict or name is Field.QUANTITY) and all(name in one for one in can)
    )


def same(field: Field, left: str | None, right: str | None, currency: str) -> bool:
    """Whether two texts mean the same value: amounts at the currency's precision, all else exactly."""
    if left == right:
        return True
    if field is Field.SKU:
        return (left or None) == (right or None)
    if left is None or right is None:
        return False
    if field.is_money:
        return rounded(left, currency) == rounded(right, currency)
    return Decimal(left) == Decimal(right)


def rounded(text: str, currency: str) -> Decimal:
    """The amount at the precision of its currency, half up."""
    return Decimal(text).quantize(Decimal(1).scaleb(-digits(currency)), ROUND_HALF_UP, context=_WIDE)


def digits(currency: str) -> int:
    """Digits after the point of an ISO 4217 currency; two where unknown."""
    return 0 if currency in _WITHOUT_CENTS else 3 if currency in _WITH_MILS else 2


def precision_note(field: Field, text: str | None, currency: str) -> str:
    """A warning where an amount is finer than its currency, else an empty text."""
    if text is None or not field.is_money or Decimal(text) == rounded(text, currency):
        return ""
    return (
        f"{text} is finer than {currency} ({digits(currency)} decimals): the system may keep {rounded(text, currency)}"
    )


def display(field: Field, text: str | None, currency: str = "") -> str:
    """How a value is shown: amounts with at least the currency's decimals and its code; ``-`` where there is none."""
    if not text:
        return "-"
    if not field.is_money:
        return text
    amount = Decimal(text)
    places = max(digits(currency), -int(amount.as_tuple().exponent))
    return f"{amount:.{places}f} {currency}".rstrip()


def difference(before: str | None, after: str | None) -> tuple[Decimal | None, Decimal | None]:
    """``after - before`` and the same in percent of ``before``; None where it has no meaning."""
    if before is None or after is None:
        return None, None
    try:
        old, new = Decimal(before), Decimal(after)
    except InvalidOperation:
        return None, None
    gap = new - old
    return gap, (gap / abs(old) * 100 if old else None)


def parse(field: Field, text: str) -> str:
    """A value typed by a person as canonical text. Raises ``UsageError`` for anything that is not one."""
    text = text.strip()
    if not text:
        raise UsageError(f"a {field} cannot be empty; nothing was changed")
    if field is Field.SKU:
        return text
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise UsageError(f"{text!r} is not an amount (write 1234.50); nothing was changed") from None
    if not amount.is_finite() or amount < 0:
        raise UsageError(f"a {field} must be an amount of zero or more, not {text!r}; nothing was changed")
    return canonical(amount)


def _amount(options: Sequence[PriceOption], what: str, side: Side, choice: PriceChoice, currency: str) -> Value:
    if not options:
        return ABSENT
    fitting = [o for o in options if _fits(o, choice)] if side is Side.STOREFRONT else options
    if not fitting:
        shown = ", ".join(f"{o.type} {o.model} {canonical(o.amount)}" for o in options[:4])
        return Value(None, currency, f"no {what} is {choice.type} {choice.model}; there is: {shown}", _texts(options))
    if len(fitting) == 1 and fitting[0].currency in {None, currency}:
        return Value(canonical(fitting[0].amount), currency)
    usable = [o for o in fitting if not o.currency or o.currency.upper() == currency]
    if not usable:
        others = "/".join(sorted({o.currency or "" for o in fitting}))
        return Value(None, others, f"{what} is in {others}, the integration's currency is {currency}", _texts(fitting))
    if len(usable) > 1:
        texts = _texts(usable)
        if len({rounded(text, currency) for text in texts}) > 1:
            return Value(None, currency, f"{len(texts)} {what}s qualify: {', '.join(texts)}", texts)
    return Value(canonical(usable[0].amount), currency)


def _fits(option: PriceOption, choice: PriceChoice) -> bool:
    """An option without a model (costs have none) is flat."""
    if option.type == choice.type and option.model == choice.model:
        return True
    return option.type.casefold() == choice.type.casefold() and (
        (option.model or "FLAT").casefold() == choice.model.casefold()
    )


def _texts(options: Sequence[PriceOption]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(canonical(option.amount) for option in options))


def _sku(product: Product, side: Side, settings: IntegrationSettings) -> Value:
    slot = sku_slot(settings, side)
    if slot == "mpn":
        return Value(product.mpn or None)
    if slot == "upc":
        return Value(product.upc or None)
    if slot == "id":
        return Value(product.id)
    if slot == "vendor:":
        return Value(None, "", "the vendor whose SKU counts is not set (sku.backoffice_vendor)")
    vendor = slot.partition(":")[2].casefold()
    own = [sku.value for sku in product.skus if sku.vendor.casefold() == vendor and sku.value]
    if not own and not vendor and side is Side.STOREFRONT:
        own = [sku.value for sku in product.skus if sku.value]
    values = tuple(dict.fromkeys(own))
    if len(values) > 1:
        return Value(None, "", f"{len(values)} SKUs qualify: {', '.join(values)}", values)
    return Value(values[0]) if values else ABSENT


def _fee(fee: Fee, currency: str) -> Value:
    assert fee.amount is not None
    if fee.currency and fee.currency.upper() != currency:
        return Value(None, fee.currency, f"the fee is in {fee.currency}, the integration's currency is {currency}")
    return Value(canonical(fee.amount), currency)
