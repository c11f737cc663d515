"""Rows of a file -> records: which column is which field, and every value checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connectors.files.amounts import BadAmount, parse_amount
from connectors.files.rows import Malformed, Row
from connectors.files.spec import FIELDS, FileSpec
from engine.model import Customer, Fee, Kind, PriceOption, Product, Record, Sku

_TRUE = frozenset({"true", "yes", "y", "1", "active", "enabled", "t"})
_FALSE = frozenset({"false", "no", "n", "0", "inactive", "disabled", "archived", "f"})
#: Fields that are written as numbers where the format has numbers.
NUMBERS = frozenset({"price", "cost", "quantity", "amount"})
_NOT_TEXT = NUMBERS | {"currency", "active"}


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of the file is which of our fields; fields without a column are absent."""

    of: Mapping[str, str]

    @classmethod
    def find(cls, spec: FileSpec, header: Sequence[str]) -> Columns:
        """What the admin has said, and for the rest equal names (case, spaces and hyphens do not count).

        Raises ``Malformed`` when a named column, or one for id or name, is missing.
        """
        shown = ", ".join(repr(column) for column in header) or "none"
        for field, column in spec.columns.items():
            if column not in header:
                raise Malformed(
                    f"there is no column {column!r} (option {spec.option(f'columns.{field}')}); the columns are {shown}",
                    1,
                    column,
                )
        taken = set(spec.columns.values())
        free = {_plain(column): column for column in reversed(header) if column not in taken}
        of = {**{field: free[field] for field in FIELDS[spec.kind] if field in free}, **spec.columns}
        for field in ("id", "name"):
            if field not in of:
                hint = ""
                if spec.format == "csv" and len(header) == 1:
                    hint = f"; if the columns are not parted by {spec.delimiter!r}, set {spec.option('delimiter')}"
                raise Malformed(
                    f"no column is the {field}: set {spec.option(f'columns.{field}')}; the columns are {shown}{hint}",
                    1,
                    field,
                )
        return cls(of)


def _plain(column: str) -> str:
    return column.strip().casefold().replace(" ", "_").replace("-", "_")


class Reader:
    """Makes the records of one file; checks that ids are there and not repeated."""

    def __init__(self, spec: FileSpec, columns: Columns) -> None:
        self._spec, self._columns = spec, columns
        self._seen: dict[str, int] = {}

    def id(self, row: Row) -> str:
        """The row's id; raises ``Malformed`` when it is missing or was there before."""
        id = self.text(row, "id")
        column = self._columns.of["id"]
        if not id:
            raise Malformed("the id is empty", row.line, column)
        if id in self._seen:
            raise Malformed(f"the id {id!r} is already on line {self._seen[id]}", row.line, column)
        self._seen[id] = row.line
        return id

    def record(self, row: Row) -> Record:
        """The record of one row whose id was checked. Raises ``Malformed`` naming line and column."""
        if self._spec.kind is Kind.PRODUCTS:
            return self._product(row)
        return self._customer(row) if self._spec.kind is Kind.CUSTOMERS else self._fee(row)

    def text(self, row: Row, field: str) -> str:
        """One field as text, without spaces around it; empty where the file has none."""
        column = self._columns.of.get(field)
        cell = row.cells.get(column) if column else None
        if cell is None:
            return ""
        if isinstance(cell.value, (list, dict)):
            raise Malformed("a list or an object, where a single value is expected", row.line, column or "")
        return cell.text.strip()

    def amount(self, row: Row, field: str) -> tuple[Decimal | None, str]:
        """(amount, currency it names) of one field; None where the cell is empty."""
        text = self.text(row, field)
        if not text:
            return None, ""
        column = self._columns.of[field]
        cell = row.cells[column]
        if isinstance(cell.value, bool):
            raise Malformed(f"{text!r} is not an amount", row.line, column)
        if isinstance(cell.value, (Decimal, int)):
            return Decimal(cell.value), ""
        try:
            return parse_amount(text, self._spec.decimal)
        except BadAmount as error:
            hint = str(error).replace("'decimal'", f"'{self._spec.option('decimal')}'")
            raise Malformed(hint, row.line, column) from error

    def _currency(self, row: Row) -> str:
        text = self.text(row, "currency").upper()
        if text and not (len(text) == 3 and text.isascii() and text.isalpha()):
            raise Malformed(f"{text!r} is not a currency of three letters", row.line, self._columns.of["currency"])
        return text or self._spec.currency

    def money(self, row: Row, field: str) -> tuple[Decimal | None, str]:
        """(amount, currency of the row); raises ``Malformed`` when the two name different currencies."""
        amount, named = self.amount(row, field)
        currency = self._currency(row)
        if named and currency and named != currency:
            raise Malformed(
                f"{self.text(row, field)!r} is in {named}, the row's currency is {currency}",
                row.line,
                self._columns.of[field],
            )
        return amount, currency or named

    def _price(self, row: Row, field: str) -> tuple[PriceOption, ...]:
        amount, currency = self.money(row, field)
        return () if amount is None else (PriceOption(amount, currency or None),)

    def _active(self, row: Row) -> bool:
        text = self.text(row, "active").casefold()
        if not text or text in _TRUE:
            return True
        if text in _FALSE:
            return False
        raise Malformed(f"{text!r} is neither true nor false", row.line, self._columns.of["active"])

    def _product(self, row: Row) -> Product:
        quantity, currency = self.amount(row, "quantity")
        if currency:
            raise Malformed("a quantity has no currency", row.line, self._columns.of["quantity"])
        texts = self._texts(row)
        sku = texts.pop("sku", "")
        return Product(
            **texts,
            active=self._active(row),
            prices=self._price(row, "price"),
            costs=self._price(row, "cost"),
            skus=(Sku(sku),) if sku else (),
            quantity=quantity,
        )

    def _customer(self, row: Row) -> Customer:
        return Customer(**self._texts(row), active=self._active(row))

    def _texts(self, row: Row) -> dict[str, Any]:
        """The fields that are text and that the file has a column for; a record without a name is called by its id."""
        texts = {field: self.text(row, field) for field in self._columns.of if field not in _NOT_TEXT}
        texts["name"] = texts["name"] or texts["id"]
        return texts

    def _fee(self, row: Row) -> Fee:
        amount, currency = self.money(row, "amount")
        return Fee(
            id=self.text(row, "id"),
            name=self.text(row, "name") or self.text(row, "id"),
            type=self.text(row, "type") or "cancellation",
            amount=amount,
            currency=currency,
            active=self._active(row),
        )
