"""Customers and orders of a seeded store, and the accounts and contacts that the CRM keeps of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

from connectors.sandbox import store_words as words
from connectors.sandbox.crm_records import (
    CrmAccount,
    CrmContact,
    CrmCustomer,
    CrmItem,
    CrmLine,
    CrmOrder,
    Postal,
    salesforce_id,
)

__all__ = ["People", "make_orders", "make_people"]

START = datetime(2026, 9, 1, 8, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class People:
    """``pairs``: profile oid -> contact or person account; ``doubtful``: profile oids a person must decide about."""

    customers: tuple[CrmCustomer, ...]
    accounts: tuple[CrmAccount, ...]
    contacts: tuple[CrmContact, ...]
    pairs: dict[int, str]
    doubtful: tuple[int, ...]


def make_people(seed: int, count: int) -> People:
    """That many profiles; in turn a person account, an account with a contact, unknown to the CRM, or in doubt."""
    return _Maker(Random(f"{seed} people")).make(count)


@dataclass(slots=True)
class _Maker:
    random: Random
    customers: list[CrmCustomer] = field(default_factory=list)
    accounts: list[CrmAccount] = field(default_factory=list)
    contacts: list[CrmContact] = field(default_factory=list)
    pairs: dict[int, str] = field(default_factory=dict)
    doubtful: list[int] = field(default_factory=list)

    def make(self, count: int) -> People:
        plantings = (
            self._person,
            self._pair,
            self._unknown,
            self._person,
            self._other_name,
            self._pair,
            self._by_address,
            self._unknown,
            self._two_of_them,
            self._no_last_name,
        )
        for number in range(count):
            customer = self._customer(number)
            self.customers.append(customer)
            plantings[number % len(plantings)](customer)
        return People(
            tuple(self.customers), tuple(self.accounts), tuple(self.contacts), self.pairs, tuple(self.doubtful)
        )

    def _customer(self, number: int) -> CrmCustomer:
        random = self.random
        first, last = random.choice(words.FIRST_NAMES), random.choice(words.LAST_NAMES)
        email = f"{words.plain(first)}.{words.plain(last)}{number + 1}@shop.example"
        return CrmCustomer(
            oid=9_001 + number,
            email=email.upper() if number % 11 == 5 else email,  # an address typed with the shift key held
            billing=_postal(random, number, first, last),
            notes="Calls before noon" if random.random() < 0.2 else "",
            properties=(("loyalty", str(random.randrange(1, 9))),) if random.random() < 0.3 else (),
        )

    def _person(self, customer: CrmCustomer) -> None:
        self.pairs[customer.oid] = self._person_account(customer.billing, customer.email.lower())

    def _pair(self, customer: CrmCustomer) -> None:
        self.pairs[customer.oid] = self._contact(customer.billing, customer.email.lower())

    def _unknown(self, customer: CrmCustomer) -> None:
        """The CRM has nobody like this."""

    def _other_name(self, customer: CrmCustomer) -> None:
        """Somebody of another name has the e-mail address: a household, or a mistake."""
        self._contact(replace(customer.billing, first_name="Dana", last_name="Else"), customer.email)
        self.doubtful.append(customer.oid)

    def _by_address(self, customer: CrmCustomer) -> None:
        """Same name and address, no e-mail in the CRM."""
        self.pairs[customer.oid] = self._person_account(customer.billing, "")

    def _two_of_them(self, customer: CrmCustomer) -> None:
        """Twice in the CRM: as a contact and as a person account."""
        self._contact(customer.billing, customer.email)
        self._person_account(customer.billing, customer.email)
        self.doubtful.append(customer.oid)

    def _no_last_name(self, customer: CrmCustomer) -> None:
        """A profile that gave a company, or nothing at all, as a name."""
        bare = replace(customer.billing, first_name="", last_name="")
        self.customers[-1] = replace(customer, billing=bare)

    def _person_account(self, who: Postal, email: str) -> str:
        number = len(self.accounts) + 1
        made = CrmAccount(
            id=salesforce_id("001", 3_000 + number),
            name=f"{who.first_name} {who.last_name}",
            billing=who,
            is_person=True,
            email=email,
            contact_id=salesforce_id("003", 7_000 + number),
        )
        self.accounts.append(made)
        return made.id

    def _contact(self, who: Postal, email: str) -> str:
        number = len(self.accounts) + 1
        name = who.company or f"{who.first_name} {who.last_name}"
        account = CrmAccount(salesforce_id("001", 3_000 + number), name, who)
        contact = CrmContact(salesforce_id("003", 7_000 + number), account.id, email, who)
        self.accounts.append(account)
        self.contacts.append(contact)
        return contact.id


def make_orders(
    seed: int, count: int, items: Sequence[CrmItem], people: People
) -> tuple[tuple[CrmOrder, ...], dict[str, str]]:
    """Orders, most of them paid, a third without a profile; and which of the CRM's people the latter are, where it knows them."""
    random = Random(f"{seed} orders")
    made, buyers = [], {}
    for number in range(count if items else 0):
        id, customer = f"DEMO-{number + 1:010d}", random.choice(people.customers)
        profile, email, billing = customer.oid, customer.email, customer.billing
        if number % 3 == 2:  # bought as a guest; every second of them is somebody new
            profile = 0
            if number % 2:
                first, last = random.choice(words.FIRST_NAMES), random.choice(words.LAST_NAMES)
                billing = _postal(random, 500 + number, first, last)
                email = f"{words.plain(first)}.{words.plain(last)}.{number + 1}@guest.example"
            elif customer.oid in people.pairs:
                buyers[id] = people.pairs[customer.oid]
        chosen = random.sample(list(items), min(random.randrange(1, 4), len(items)))
        lines = tuple(CrmLine(item.code, random.randrange(1, 5), item.price) for item in chosen)
        at = START + timedelta(hours=7 * number, minutes=random.randrange(60))
        made.append(CrmOrder(id, at, number % 5 != 4, profile, email, billing, lines))
    return tuple(made), buyers


def _postal(random: Random, number: int, first: str, last: str) -> Postal:
    city, region, postal = random.choice(words.CITIES)
    return Postal(
        first_name=first,
        last_name=last,
        company=f"{last} {random.choice(words.TRADES)}" if random.random() < 0.4 else "",
        street=f"{random.randrange(1, 200)} {random.choice(words.STREETS)}",
        city=city,
        region=region,
        postal_code=postal,
        phone=f"+1 555 02{number % 100:02d}",
    )
