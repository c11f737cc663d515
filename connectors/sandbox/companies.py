"""Seeded customers of both systems: the same invented companies, spelled as two departments would spell them."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from connectors.sandbox import vocabulary as words
from connectors.sandbox.marketplace_customers import RESELLER
from connectors.sandbox.syncro_customers import BLANK, with_names
from connectors.sandbox.wire import Json

FIRST_MARKETPLACE_ID = 1_000_027
FIRST_SYNCRO_ID = 21_400
BORN = "2025-02-03T08:33:21.053Z"

ONLY_MARKETPLACE = 0.08  # customers without a counterpart in Syncro
ONLY_SYNCRO = 0.20  # further Syncro customers, as a share of the marketplace's
DUPLICATE = 0.03  # entered twice in Syncro
LINKED = 0.15  # the marketplace knows the Syncro id already
DISABLED = 0.04
INCOMPLETE = 0.35  # of the customers only Syncro has


@dataclass(slots=True)
class Customers:
    """Wire records of both systems, and which belong together (marketplace id -> Syncro id)."""

    marketplace: list[Json] = field(default_factory=list)
    syncro: list[Json] = field(default_factory=list)
    pairs: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Company:
    """What is true of a company, before anybody typed it in."""

    name: str
    legal: str
    domain: str
    first: str
    last: str
    phone: str
    street: str
    city: tuple[str, str, str]


def make_customers(random: Random, count: int) -> Customers:
    """``count`` marketplace customers and their counterparts."""
    made = Customers()
    companies = _companies(random, count + int(count * ONLY_SYNCRO))
    for index, company in enumerate(companies):
        if index >= count:
            made.syncro.append(
                _syncro(random, company, FIRST_SYNCRO_ID + len(made.syncro), index % 100 / 100 < INCOMPLETE)
            )
            continue
        record = _marketplace(random, company, str(FIRST_MARKETPLACE_ID + index))
        made.marketplace.append(record)
        if random.random() < ONLY_MARKETPLACE:
            continue
        twin = _syncro(random, company, FIRST_SYNCRO_ID + len(made.syncro), incomplete=random.random() < 0.1)
        made.syncro.append(twin)
        made.pairs[record["id"]] = str(twin["id"])
        if random.random() < LINKED:
            record["externalId"] = str(twin["id"])
        if random.random() < DUPLICATE:
            made.syncro.append(_duplicate(random, twin, FIRST_SYNCRO_ID + len(made.syncro)))
    return made


def _companies(random: Random, count: int) -> list[Company]:
    """Companies with different names; towns are added once the trades run out."""
    names = [f"{a}{b}" for a in words.COMPANY_FIRST for b in words.COMPANY_SECOND]
    random.shuffle(names)
    made = []
    for index in range(count):
        name = names[index % len(names)]
        turn = index // len(names)
        trade = words.TRADES[(index + turn * 7) % len(words.TRADES)]
        town = f" {words.CITIES[turn % len(words.CITIES)][0]} {turn}" if turn >= len(words.TRADES) else ""
        full = f"{name} {trade}{town}"
        slug = "".join(ch for ch in full.lower().replace("&", "and").replace(" ", "-") if ch.isalnum() or ch == "-")
        made.append(
            Company(
                name=full,
                legal=random.choice(words.LEGAL),
                domain=f"{slug}.example",
                first=random.choice(words.FIRST_NAMES),
                last=random.choice(words.LAST_NAMES),
                phone=f"{random.randrange(201, 990)}55501{random.randrange(100):02d}",
                street=f"{random.randrange(1, 2000)} {random.choice(words.STREETS)}",
                city=random.choice(words.CITIES),
            )
        )
    return made


def _marketplace(random: Random, company: Company, id: str) -> Json:
    city, region, postal_code = company.city
    people = [_person(company, "admin", f"{_mailbox(company.first)}@{company.domain}")]
    if random.random() < 0.3:
        people.append(_person(company, "billing", f"billing@{company.domain}"))
    return {
        "id": id,
        "externalId": "",
        "attributes": {},
        "status": _pick(random, (("active", 0.92), ("creditHold", 0.03), ("pending", 0.02), ("cancelled", 0.03))),
        "name": company.name + company.legal,
        "address": {
            "streetAddress": company.street,
            "addressExtension": f"Suite {random.randrange(1, 90)}" if random.random() < 0.2 else "",
            "postalCode": postal_code,
            "city": city,
            "state": region,
            "countryCode": "US",
        },
        "contactPersons": people,
        "language": "en_US",
        "taxRegId": "",
        "resellerId": RESELLER,
    }


def _person(company: Company, type: str, email: str) -> Json:
    return {
        "type": type,
        "firstName": company.first,
        "lastName": company.last,
        "email": email,
        "phoneNumber": f"1#{company.phone[:3]}#{company.phone[3:]}#",
    }


def _syncro(random: Random, company: Company, id: int, incomplete: bool) -> Json:
    city, region, postal_code = company.city
    email = _syncro_email(random, company)
    record = {
        **BLANK,
        "id": id,
        "firstname": company.first,
        "lastname": company.last,
        "business_name": respelled(random, company.name, company.legal),
        "email": email,
        "phone": _phone(random, company.phone),
        "created_at": BORN,
        "updated_at": BORN,
        "address": company.street,
        "city": city,
        "state": region,
        "zip": postal_code,
        "disabled": random.random() < DISABLED,
        "online_profile_url": f"http://sandbox.example/my_profile/v2/index?portal_key={random.getrandbits(80):020x}",
    }
    if incomplete:
        for name in random.sample(("email", "phone", "address", "city", "zip", "lastname"), random.randrange(1, 4)):
            record[name] = None
    elif random.random() < 0.02:
        record["business_name"] = None  # a person account
    return with_names(record)


def _duplicate(random: Random, twin: Json, id: int) -> Json:
    again = {**twin, "id": id, "email": None, "disabled": random.random() < 0.5}
    if again["business_name"]:
        again["business_name"] = again["business_name"].upper()
    return with_names(again)


def respelled(random: Random, name: str, legal: str) -> str:
    """The company's name as somebody else typed it."""
    spelled = random.choice((name + legal, name, name, name + random.choice(words.LEGAL), f"The {name}"))
    spelled = random.choice((spelled, spelled, spelled, spelled.lower(), spelled.upper()))
    if random.random() < 0.3:
        spelled = spelled.replace("&", "and")
    if random.random() < 0.08:
        at = random.randrange(1, len(spelled) - 2)
        spelled = spelled[:at] + spelled[at + 1] + spelled[at] + spelled[at + 2 :]
    return f"{spelled} " if random.random() < 0.03 else spelled


def _syncro_email(random: Random, company: Company) -> str:
    local = _mailbox(company.first)
    roll = random.random()
    if roll < 0.6:
        return f"{local}@{company.domain}"
    if roll < 0.85:
        return f"{random.choice(('office', 'info', 'accounts', 'it'))}@{company.domain}"
    # a free-mail address says nothing about the company; the domain has to be one that matching can know as such
    return f"sandbox.{local}.{random.randrange(10**6):06d}@{random.choice(('gmail.com', 'outlook.com', 'yahoo.com'))}"


def _mailbox(first: str) -> str:
    return first.lower().encode("ascii", "ignore").decode()


def _phone(random: Random, digits: str) -> str:
    area, rest, last = digits[:3], digits[3:6], digits[6:]
    return random.choice((digits, f"({area}) {rest}-{last}", f"{area}-{rest}-{last}", f"+1 {area} {rest} {last}"))


def _pick(random: Random, weighted: tuple[tuple[str, float], ...]) -> str:
    return random.choices([name for name, _ in weighted], [weight for _, weight in weighted])[0]
