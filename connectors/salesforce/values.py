"""Pure: text values as the JSON that a field of Salesforce takes, checked against its describe before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.salesforce.records import spelled, without_marker
from connectors.values import amount, text

#: What every system calls it -> Salesforce's name.
NAMES = {"name": "Name", "description": "Description", "code": "ProductCode", "active": "IsActive"}
_NUMBERS = frozenset({"double", "currency", "percent", "int", "long"})


class WrongValue(ValueError):
    """The value cannot be written; the text says why and what to do."""


def api_name(name: str) -> str:
    """Salesforce's name of a field."""
    return NAMES.get(name, name)


def held(row: Mapping[str, Any], name: str) -> str:
    """The value that a field has now, as text; a description without our marker."""
    found = spelled(row.get(api_name(name)))
    return without_marker(found) if api_name(name) == "Description" else found


def same(field: Mapping[str, Any], one: str, other: str) -> bool:
    """Whether two texts are the same value of a field: numbers by amount, truth whatever its spelling."""
    kind = field.get("type")
    if kind in _NUMBERS:
        try:
            return amount(one) == amount(other)
        except ValueError:
            return False
    if kind == "boolean":
        return (one or "false").casefold() == (other or "false").casefold()
    if kind == "datetime":
        return spelled(one) == spelled(other)
    if kind == "multipicklist":
        return set(filter(None, one.split(";"))) == set(filter(None, other.split(";")))
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()


def to_json(field: Mapping[str, Any] | None, name: str, value: str, *, creating: bool) -> Any:
    """The JSON of a value. Raises ``WrongValue``."""
    if field is None:
        raise WrongValue(f"there is no field {name}, or the integration user cannot see it: grant it and look again")
    if field.get("createable" if creating else "updateable") is not True:
        raise WrongValue(f"the field {name} cannot be written by the integration user: grant edit access, or unmap it")
    kind, most = field.get("type"), int(field.get("length") or 0)
    if kind == "boolean":
        if value.casefold() not in {"true", "false", ""}:
            raise WrongValue(f"the field {name} is true or false, not {value!r}")
        return value.casefold() == "true"
    if value == "":
        return None
    if kind in _NUMBERS:
        return _number(field, name, value)
    if most and len(value) > most:
        raise WrongValue(f"the field {name} has at most {most} characters, this value has {len(value)}: truncate it")
    return value


def _number(field: Mapping[str, Any], name: str, value: str) -> Decimal | int:
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise WrongValue(f"the field {name} is a number, not {value!r}") from None
    if not number.is_finite():
        raise WrongValue(f"the field {name} is a number, not {value!r}")
    if field.get("type") in {"int", "long"}:
        if number != number.to_integral_value():
            raise WrongValue(f"the field {name} takes whole numbers, not {value}")
        return int(number)
    return number


def filled(fields: Mapping[str, Mapping[str, Any]], values: Mapping[str, str], *, creating: bool) -> dict[str, Any]:
    """A record's body from texts by API name. Raises ``WrongValue``; an empty text is left out of a new record."""
    out = {}
    for name, value in values.items():
        if creating and value == "":
            continue
        out[api_name(name)] = to_json(fields.get(api_name(name)), name, text(value), creating=creating)
    return out
