"""The options of a files connection, read once: which file holds which kind, how it is written, which column is what."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import UsageError
from engine.model import Kind
from engine.ports import Option

FIELDS: dict[Kind, tuple[str, ...]] = {
    Kind.PRODUCTS: (
        "id", "name", "description", "brand", "mpn", "sku", "upc", "category", "price", "cost", "quantity", "currency",
        "active", "external_id", "period", "notes", "url",
    ),
    Kind.CUSTOMERS: (
        "id", "name", "email", "phone", "first_name", "last_name", "street", "street2", "city", "postal_code", "region",
        "country", "language", "external_id", "active", "url",
    ),
    Kind.FEES: ("id", "name", "type", "amount", "currency", "active"),
}  # fmt: skip
FORMATS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_PER_FILE = ("path", "format", "encoding", "delimiter", "decimal")
_YES, _NO = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0", ""})


@dataclass(frozen=True, slots=True)
class FileSpec:
    """One file of one kind. ``columns`` maps our field to the file's column, as far as the admin has said."""

    kind: Kind
    path: Path
    format: str
    encoding: str
    delimiter: str
    decimal: str
    currency: str
    columns: Mapping[str, str]

    def option(self, name: str) -> str:
        """How the option is called that sets something of this file; for messages."""
        return f"{self.kind.value}.{name}"


@dataclass(frozen=True, slots=True)
class Spec:
    files: Mapping[Kind, FileSpec]
    writable: bool
    currency: str


def options() -> tuple[Option, ...]:
    """The options as the wizard and ``connection types`` show them."""
    found: list[Option] = []
    for kind in (Kind.CUSTOMERS, Kind.PRODUCTS, Kind.FEES):
        name = kind.value
        found += [
            Option(f"{name}.path", f"File of {name}", "CSV, JSON (a list of objects) or JSON lines", path=True),
            Option(f"{name}.format", f"Format of {name}", "csv, json or jsonl; by the file's suffix where not set"),
            Option(f"{name}.encoding", f"Encoding of {name}", "such as cp1252; utf-8 where not set"),
            Option(f"{name}.delimiter", f"Delimiter of {name}", "one sign, or tab; a comma where not set"),
            Option(f"{name}.decimal", f"Decimal sign of {name}", "'.' or ',': needed where 1,299 would be ambiguous"),
            Option(
                f"{name}.columns.",
                f"Columns of {name}",
                f"which column is which field ({', '.join(FIELDS[kind])}); equal names are found by themselves",
                prefix=True,
            ),
        ]
    found += [
        Option("currency", "Currency", "of all amounts, where the file has no currency column: three letters"),
        Option("writable", "Writable", "true: prices, costs, quantities and SKUs may be written", default="false"),
    ]
    return tuple(found)


def read_spec(values: Mapping[str, str]) -> Spec:
    """Raises ``UsageError`` on an option that does not exist or makes no sense."""
    own = {name: value.strip() if name.rpartition(".")[2] != "delimiter" else value for name, value in values.items()}
    for name in own:
        _check_name(name)
    writable = own.get("writable", "").casefold()
    if writable not in _YES | _NO:
        raise UsageError(f"option writable: {own['writable']!r} is neither true nor false")
    currency = own.get("currency", "").upper()
    if currency and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise UsageError(f"option currency: {own['currency']!r} is not three letters, such as USD")
    files = {kind: _file(kind, own, currency) for kind in Kind if own.get(f"{kind.value}.path")}
    if not files:
        raise UsageError("no file is set: set at least one of customers.path, products.path, fees.path")
    return Spec(files, writable in _YES, currency)


def _check_name(name: str) -> None:
    if name in {"writable", "currency"}:
        return
    kind, _, rest = name.partition(".")
    if kind in set(Kind):
        if rest in _PER_FILE:
            return
        field = rest.removeprefix("columns.")
        if field != rest:
            if field in FIELDS[Kind(kind)]:
                return
            raise UsageError(
                f"option {name}: {kind} have no field {field!r}; they have {', '.join(FIELDS[Kind(kind)])}"
            )
    raise UsageError(f"no option {name!r}: a file's options are {', '.join(_PER_FILE)}, columns.FIELD after the kind")


def _file(kind: Kind, own: Mapping[str, str], currency: str) -> FileSpec:
    def option(name: str, default: str = "") -> str:
        return own.get(f"{kind.value}.{name}", "") or default

    path = Path(option("path")).expanduser()
    format = option("format") or FORMATS.get(path.suffix.lower(), "")
    if format not in set(FORMATS.values()):
        raise UsageError(f"option {kind.value}.format: set csv, json or jsonl for {path.name}")
    encoding = option("encoding", "utf-8-sig")
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        raise UsageError(
            f"option {kind.value}.encoding: no encoding {encoding!r}; utf-8 and cp1252 are usual"
        ) from error
    delimiter = option("delimiter", "\t" if path.suffix.lower() == ".tsv" else ",")
    delimiter = {"tab": "\t", "\\t": "\t"}.get(delimiter, delimiter)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise UsageError(f"option {kind.value}.delimiter: {delimiter!r} is not one sign")
    decimal = option("decimal")
    if decimal not in {"", ".", ","}:
        raise UsageError(f"option {kind.value}.decimal: {decimal!r} is neither '.' nor ','")
    start = f"{kind.value}.columns."
    columns = {name.removeprefix(start): value for name, value in own.items() if name.startswith(start) and value}
    return FileSpec(kind, path, format, encoding, delimiter, decimal, currency, columns)
