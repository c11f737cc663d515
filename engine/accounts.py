"""Who bought: the back office's record of every paid order's buyer, or what is to be done where there is none. Pure.

The buyer of an order is looked for by the link (the mapped profile, or an order that was settled before), then by e-mail
address, then by name and address. One hit is the buyer; several, or one with another name or one that somebody else is
mapped to, are for a person to decide. Only where there is no hit at all does a policy apply: one for orders with a
customer profile, one for those without.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from engine.crm import AccountForm, Person, PersonAccounts
from engine.model import Customer, Order
from engine.settings import AccountPolicy, AccountSettings, LastName


class Step(StrEnum):
    """What becomes of one order's buyer."""

    LINKED = "linked"  # known already
    MATCH = "match"  # one hit: linked by running
    CREATE = "create"
    WAITS = "waits"  # for a person
    SKIP = "skip"  # by policy, or because a person said so
    BLOCKED = "blocked"  # the policy cannot be carried out


@dataclass(frozen=True, slots=True)
class Hit:
    """A record of the back office that may be the buyer, and why."""

    id: str
    name: str
    email: str
    why: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said of an order that waited: ``use`` this record, or create in this form, or (neither) skip it."""

    use: str = ""
    form: AccountForm | None = None


@dataclass(frozen=True, slots=True)
class Buyer:
    """One paid order and what becomes of its buyer. ``key`` is the profile's id, or ``order:ID`` for a guest.

    ``record`` is the back-office record (``linked``, ``match``), ``form`` what would be made (``create``), with the mapped
    ``fields`` as (``object.field``, text). ``with_order`` names an earlier order of the same buyer that is settled with it.
    """

    order: Order
    key: str
    customer: Customer
    step: Step
    why: str
    record: str = ""
    form: AccountForm | None = None
    hits: tuple[Hit, ...] = ()
    with_order: str = ""
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def guest(self) -> bool:
        return not self.order.customer_id

    @property
    def name(self) -> str:
        return (
            self.customer.name or f"{self.customer.first_name} {self.customer.last_name}".strip() or self.customer.email
        )


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the orders. ``links`` are buyers' records by key, ``taken`` profiles by the record mapped to them.

    ``ignored`` profiles are left alone; a ``rejected`` pair (profile, record) is not offered and not linked. ``refused``
    buyers were somebody's duplicates to the back office (why, and whose): they are not made again before a person says so.
    """

    people: Sequence[Person] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    taken: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    person_accounts: PersonAccounts = field(default_factory=lambda: PersonAccounts(enabled=False))
    profiles: Mapping[str, Customer] = field(default_factory=dict)
    many_to_one: bool = False
    ignored: Collection[str] = ()
    rejected: Collection[tuple[str, str]] = ()
    refused: Mapping[str, tuple[str, tuple[Hit, ...]]] = field(default_factory=dict)


def key_of(order: Order) -> str:
    """Whose order it is: a profile's id, or the order's own for a guest."""
    return order.customer_id or f"order:{order.id}"


def buyers(orders: Iterable[Order], known: Known, settings: AccountSettings) -> list[Buyer]:
    """What becomes of the buyer of every paid order: exactly one entry for each, by time.

    No record is made twice: further orders of a buyer, or of one with the same e-mail address or the same name and
    address, go with the first.
    """
    index = _Index(known.people)
    paid = sorted((one for one in orders if one.paid), key=lambda one: (not one.customer_id, one.at, one.id))
    found: dict[str, Buyer] = {}
    made: dict[tuple[str, ...], Buyer] = {}
    used: dict[str, Buyer] = {}
    result: list[Buyer] = []
    for order in paid:
        key, customer = key_of(order), _customer(order, known)
        first = found.get(key)
        buyer = (
            replace(first, order=order, with_order=first.order.number)
            if first
            else _buyer(order, customer, index, known, settings)
        )
        marks = _marks(buyer.customer)
        other = next((made[mark] for mark in marks if mark in made), None)
        if first is None and buyer.step is Step.CREATE and other is not None:
            why = f"order {other.order.number} may be of the same buyer, who is made first: run again"
            buyer = replace(buyer, step=Step.WAITS, why=why, form=None, with_order=other.order.number)
        elif first is None and buyer.step is Step.MATCH and not buyer.guest:
            other_one = used.setdefault(buyer.record, buyer)
            if other_one is not buyer and not known.many_to_one:
                why = f"the profile of order {other_one.order.number} fits the same record"
                buyer = replace(buyer, step=Step.WAITS, why=why, record="")
        if first is None:
            found[key] = buyer
            if buyer.step is Step.CREATE:
                made |= {mark: buyer for mark in marks if mark not in made}
        result.append(buyer)
    return sorted(result, key=lambda one: (one.order.at, one.order.id))


def creations(found: Iterable[Buyer]) -> list[Buyer]:
    """The buyers to be made, each once."""
    return [one for one in found if one.step is Step.CREATE and not one.with_order]


def matches(found: Iterable[Buyer]) -> list[Buyer]:
    """The buyers to be linked to what was found, each once."""
    return [one for one in found if one.step is Step.MATCH and not one.with_order]


def waiting(found: Iterable[Buyer]) -> list[Buyer]:
    """The buyers a person must decide about, each once."""
    return [one for one in found if one.step is Step.WAITS and not one.with_order]


class _Index:
    """The back office's people by e-mail address, and by name with address."""

    def __init__(self, people: Iterable[Person]) -> None:
        self.by_mail: dict[str, list[Person]] = {}
        self.by_place: dict[tuple[str, ...], list[Person]] = {}
        self.by_id: dict[str, Person] = {}
        for one in sorted(people, key=lambda one: one.id):
            self.by_id[one.id] = one
            if mail := _mail(one.email):
                self.by_mail.setdefault(mail, []).append(one)
            if place := _place(one.first_name, one.last_name, one.street, one.postal_code):
                self.by_place.setdefault(place, []).append(one)


def _buyer(order: Order, customer: Customer, index: _Index, known: Known, settings: AccountSettings) -> Buyer:
    key = key_of(order)

    def told(step: Step, why: str, record: str = "", hits: Sequence[Hit] = ()) -> Buyer:
        return Buyer(order, key, customer, step, why, record, hits=tuple(hits))

    if key in known.links:
        return told(Step.LINKED, "linked", known.links[key])
    if key in known.ignored:
        return told(Step.SKIP, "the customer is ignored")
    answer = known.answers.get(key)
    if answer is not None and answer.use:
        return told(Step.MATCH, "chosen by hand", answer.use)
    if answer is not None and answer.form is None:
        return told(Step.SKIP, "skipped by hand")
    if answer is not None:
        return _create(order, customer, answer.form, "chosen by hand", known, settings)
    by_mail = _open(index.by_mail.get(_mail(customer.email), ()) if customer.email.strip() else (), key, known)
    if by_mail:
        hits = [_hit(one, "same e-mail address") for one in by_mail]
        if len(hits) > 1:
            return told(Step.WAITS, f"{len(hits)} records have the e-mail address {customer.email}", hits=hits)
        if _name(customer.first_name, customer.last_name) != _name(by_mail[0].first_name, by_mail[0].last_name):
            return told(Step.WAITS, f"{hits[0].name} has the e-mail address, and another name", hits=hits)
        return _one(order, customer, hits[0], known)
    place = _place(customer.first_name, customer.last_name, customer.street, customer.postal_code)
    by_place = _open(index.by_place.get(place, ()) if place else (), key, known)
    if by_place:
        hits = [_hit(one, "same name and address") for one in by_place]
        if len(hits) > 1:
            return told(Step.WAITS, f"{len(hits)} records have the name and the address", hits=hits)
        return _one(order, customer, hits[0], known)
    if key in known.refused:
        why, hits_ = known.refused[key]
        return told(Step.WAITS, why, hits=hits_)
    policy = settings.with_profile if order.customer_id else settings.without_profile
    kind = "with" if order.customer_id else "without"
    if policy is AccountPolicy.SKIP:
        return told(Step.SKIP, f"the policy for orders {kind} a profile is skip")
    if policy is AccountPolicy.ASK:
        return told(Step.WAITS, f"nobody like this is known, and the policy for orders {kind} a profile is ask")
    return _create(order, customer, AccountForm(policy.value), f"policy for orders {kind} a profile", known, settings)


def _open(found: Iterable[Person], key: str, known: Known) -> list[Person]:
    """Those that nobody has said it is not."""
    return [one for one in found if (key, one.id) not in known.rejected]


def _one(order: Order, customer: Customer, hit: Hit, known: Known) -> Buyer:
    """The only hit: the buyer, unless somebody else's profile is mapped to it."""
    key = key_of(order)
    owner = known.taken.get(hit.id, key)
    if owner != key and order.customer_id and not known.many_to_one:
        why = f"{hit.name} fits, and profile {owner} is mapped to it"
        return Buyer(order, key, customer, Step.WAITS, why, hits=(hit,))
    return Buyer(order, key, customer, Step.MATCH, hit.why, hit.id, hits=(hit,))


def _create(
    order: Order, customer: Customer, form: AccountForm | None, why: str, known: Known, settings: AccountSettings
) -> Buyer:
    assert form is not None
    key = key_of(order)
    if form is AccountForm.PERSON_ACCOUNT and (problem := record_type_problem(known.person_accounts, settings)):
        return Buyer(order, key, customer, Step.BLOCKED, problem)
    named = with_last_name(customer, settings.no_last_name)
    if not named.last_name.strip():
        return Buyer(order, key, customer, Step.WAITS, "no last name, and the setting accounts.no_last_name gives none")
    return Buyer(order, key, named, Step.CREATE, why, form=form)


def record_type_problem(org: PersonAccounts, settings: AccountSettings) -> str:
    """Why person accounts cannot be made with these settings, or ""."""
    if not org.enabled:
        return "this org has no person accounts: choose account_and_contact, or have them enabled in Salesforce"
    listed = "; ".join(f"{one.name} ({one.id})" for one in org.record_types) or "none that this user may use"
    if not settings.record_type:
        return f"no record type is chosen (accounts.record_type). Active ones: {listed}"
    if record_type(org, settings.record_type) is None:
        return f"{settings.record_type} is no active person-account record type. Active ones: {listed}"
    return ""


def record_type(org: PersonAccounts, wanted: str) -> str | None:
    """The id of an active record type by id (15 or 18 characters) or by name; None where none or several are meant."""
    found = [one.id for one in org.record_types if one.id[:15] == wanted[:15] or one.name == wanted]
    return found[0] if len(found) == 1 else None


def with_last_name(customer: Customer, instead: LastName) -> Customer:
    """The customer with what stands for a missing last name, by setting."""
    if customer.last_name.strip() or instead is LastName.ASK:
        return customer
    local = customer.email.partition("@")[0]
    stands = customer.company.strip() if instead is LastName.COMPANY else ""
    return replace(customer, last_name=stands or (local if instead is LastName.EMAIL else ""))


def _customer(order: Order, known: Known) -> Customer:
    """Who bought: as the order says it, completed by the profile."""
    own = order.customer or Customer(order.customer_id, "")
    profile = known.profiles.get(order.customer_id)
    if profile is None:
        return own
    names = (
        "email",
        "phone",
        "first_name",
        "last_name",
        "street",
        "city",
        "postal_code",
        "region",
        "country",
        "company",
        "name",
    )
    return replace(own, **{name: getattr(own, name) or getattr(profile, name) for name in names}, id=profile.id)


def _hit(one: Person, why: str) -> Hit:
    name = f"{one.first_name} {one.last_name}".strip() or one.account_name
    return Hit(
        one.id,
        f"{name} ({one.account_name})" if one.account_name and one.account_name != name else name,
        one.email,
        why,
    )


def _marks(customer: Customer) -> list[tuple[str, ...]]:
    """What two records of one person would have in common: the e-mail address, and name with address."""
    mail = _mail(customer.email)
    place = _place(customer.first_name, customer.last_name, customer.street, customer.postal_code)
    return [*([("mail", mail)] if mail else []), *([("place", *place)] if place else [])]


def _mail(text: str) -> str:
    return text.strip().casefold()


def _name(first: str, last: str) -> str:
    return " ".join(f"{first} {last}".casefold().split())


def _place(first: str, last: str, street: str, postal_code: str) -> tuple[str, ...]:
    """Name, street and postal code as they are compared; empty where one of them is missing."""
    parts = (
        _name(first, last),
        " ".join(street.casefold().replace(".", " ").split()),
        "".join(postal_code.casefold().split()),
    )
    return parts if all(parts) and last.strip() else ()
