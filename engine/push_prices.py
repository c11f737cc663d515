"""Pure: which price of a storefront product goes into which price book."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.crm import BookPrice, PriceBook, PriceEntry
from engine.errors import UsageError
from engine.fields import read
from engine.model import Field, Product, Side
from engine.settings import IntegrationSettings, PriceChoice


@dataclass(frozen=True, slots=True)
class Books:
    """The price books of a push: the standard one, and those that further price types go into."""

    standard: PriceBook
    others: tuple[tuple[str, PriceBook], ...] = ()  # price type, book

    @property
    def all(self) -> tuple[PriceBook, ...]:
        return (self.standard, *(book for _, book in self.others))


def in_currency(entries: Iterable[PriceEntry], currency: str) -> Iterator[PriceEntry]:
    """The entries in a currency, and those of a system that has only one: the others are prices for somebody else."""
    return (entry for entry in entries if entry.currency in {"", currency})


def choose(books: Sequence[PriceBook], settings: IntegrationSettings) -> Books:
    """The books that the settings name. Raises ``UsageError`` for a name that is no active book, or none standard."""
    standard = [book for book in books if book.standard]
    if len(standard) != 1:
        raise UsageError(f"there are {len(standard)} standard price books where one is needed; nothing was planned")
    others = []
    for kind, name in settings.push.price_books().items():
        found = [book for book in books if name in {book.id, book.name}]
        if len(found) != 1 or not found[0].active or found[0].standard:
            known = ", ".join(book.name for book in books if book.active and not book.standard) or "none"
            raise UsageError(
                f"push.books: {name!r} (for {kind} prices) is not one active price book; there are: {known}. "
                "Nothing was planned"
            )
        others.append((kind, found[0]))
    return Books(standard[0], tuple(others))


def prices_of(
    product: Product, settings: IntegrationSettings, books: Books, entries: Iterable[PriceEntry] = ()
) -> tuple[tuple[BookPrice, ...], tuple[str, ...]]:
    """The prices to have in each book, with the entry seen there, and why a price that should be there is not.

    The standard price is the one the integration's settings choose; a further type without a price is simply not sold
    in its book.
    """
    seen = {entry.book_id: entry for entry in entries}
    wanted: list[BookPrice] = []
    problems: list[str] = []

    def add(book: PriceBook, choice: IntegrationSettings, *, needed: bool) -> None:
        value = read(product, Field.PRICE, Side.STOREFRONT, choice)
        if value.text is None:
            if needed or any(option.type.casefold() == choice.price.type.casefold() for option in product.prices):
                problems.append(value.problem or "it has no price")
            return
        entry = seen.get(book.id)
        amount = Decimal(value.text)
        wanted.append(
            BookPrice(book.id, amount, settings.currency)
            if entry is None
            else BookPrice(book.id, amount, settings.currency, entry.id, entry.amount, was_active=entry.active)
        )

    add(books.standard, settings, needed=True)
    for kind, book in books.others:
        choice = settings.model_copy(update={"price": PriceChoice(type=kind, model=settings.price.model)})
        add(book, choice, needed=False)
    return tuple(wanted), tuple(problems)
