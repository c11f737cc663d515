"""What matching knows of one customer: the name without legal forms, e-mail, web domain, phone, place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.matching.corpus import Corpus
from engine.matching.lexicon import FREE_MAIL, LEGAL_FORMS
from engine.matching.text import compact, compact_words, fold
from engine.model import Customer

_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}[a-z]?")
_DIGITS = re.compile(r"\D+")
#: Second-level labels that are not names: contoso.co.uk is contoso.
_REGISTRY_LABELS = frozenset({"co", "com", "net", "org", "ac", "gov", "edu", "or", "ne"})


@dataclass(frozen=True, slots=True)
class CustomerProfile:
    """One customer ready to be compared; every text folded, absent ones empty."""

    id: str
    title: str
    name: tuple[str, ...]  # words without legal forms, sorted
    weights: dict[str, float]  # word -> idf
    squeezed: str
    mail: str
    domain: str
    root: str
    phone: str
    postal: str
    city: str
    street: str
    country: str
    person: str
    active: bool


def name_words(name: str) -> tuple[str, ...]:
    """Normalised words of a company's name, sorted: case, accents, punctuation, "&" and legal forms do not count.

    >>> name_words("The Smith & Sons Co., L.L.C."), name_words("Smith and Sons")
    (('smith', 'sons'), ('smith', 'sons'))
    """
    folded = _DOTTED.sub(lambda found: found.group().replace(".", ""), fold(name).replace("&", " "))
    words = compact_words(folded)
    kept = [word for word in words if word not in LEGAL_FORMS]
    return tuple(sorted(kept or words))


def mail_of(text: str) -> tuple[str, str]:
    """(address, company's web domain) of an e-mail address; no domain for free-mail, nothing for what is no address."""
    address = text.strip().casefold()
    local, at, domain = address.rpartition("@")
    if not at or not local or "." not in domain or " " in address:
        return "", ""
    domain = domain.removeprefix("www.")
    return address, "" if domain in FREE_MAIL else domain


def root_of(domain: str) -> str:
    """The label that names the company: ``mail.contoso.co.uk`` -> ``contoso``."""
    labels = domain.split(".")
    if len(labels) >= 3 and labels[-2] in _REGISTRY_LABELS:
        labels.pop()
    return compact(labels[-2]) if len(labels) >= 2 else ""


def phone_of(text: str) -> str:
    """The last nine digits (country and trunk prefixes differ), or empty where there are fewer than seven."""
    digits = _DIGITS.sub("", text.partition("x")[0])
    return digits[-9:] if len(digits) >= 7 and len(set(digits)) > 2 else ""


def search_words(record: Customer) -> tuple[str, ...]:
    """The words a customer is searched by: name, name written together, web domain, person."""
    words = name_words(record.name)
    _, domain = mail_of(record.email)
    person = [word for word in compact_words(fold(f"{record.first_name} {record.last_name}")) if word not in words]
    return (*words, *([root_of(domain)] if domain else []), *person)


def keys(record: Customer) -> tuple[str, ...]:
    """Exact keys that bring a candidate in whatever its name is."""
    mail, domain = mail_of(record.email)
    phone = phone_of(record.phone)
    postal, street = compact(record.postal_code), compact(record.street)
    together = "".join(name_words(record.name))
    return tuple(
        key
        for key, given in (
            (f"mail {mail}", mail),
            (f"domain {domain}", domain),
            (f"phone {phone}", phone),
            (f"place {postal} {street}", postal and street),
            (f"name {together}", together),
        )
        if given
    )


def profile(record: Customer, corpus: Corpus) -> CustomerProfile:
    """Read one record."""
    name = name_words(record.name)
    mail, domain = mail_of(record.email)
    return CustomerProfile(
        record.id,
        record.name,
        name,
        {word: corpus.idf(word) + 0.1 for word in name},
        "".join(compact_words(fold(record.name))),
        mail,
        domain,
        root_of(domain) if domain else "",
        phone_of(record.phone),
        compact(record.postal_code),
        compact(record.city),
        compact(record.street),
        compact(record.country),
        compact(f"{record.first_name}{record.last_name}"),
        record.active,
    )
