"""The lines of the Buyers page: who bought, what becomes of them, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.widgets.columns import Column

if TYPE_CHECKING:
    from engine.account_work import Accounts
    from engine.accounts import Buyer

_TONES = {"waits": "warn", "blocked": "bad", "create": "good", "match": "good", "skip": "dim"}
_RANKS = ("waits", "blocked", "create", "match", "skip")
_WORDS = {"waits": "waits", "blocked": "blocked", "create": "make", "match": "link", "skip": "skip"}
_FORMS = {"person_account": "person account", "account_and_contact": "account + contact"}


def shown(seen: Accounts) -> list[Buyer]:
    """Every buyer who is not known yet, once; those who wait for a person first."""
    found = [one for one in seen.buyers if one.step.value in _WORDS and not one.with_order]
    return sorted(found, key=lambda one: (_RANKS.index(one.step.value), one.order.at, one.order.id))


def counts_text(seen: Accounts) -> str:
    """``41 paid orders since 2026-09-01: 3 buyers wait, 5 to make, 12 to link, 20 known``."""
    buyers = [one for one in seen.buyers if not one.with_order]

    def count(word: str) -> int:
        return sum(one.step.value == word for one in buyers)

    parts = [
        f"{n:,} {word}"
        for n, word in (
            (count("waits"), "wait"),
            (count("blocked"), "blocked"),
            (count("create"), "to make"),
            (count("match"), "to link"),
            (count("skip"), "skipped"),
            (count("linked"), "known"),
        )
        if n
    ]
    return f"{len(seen.buyers):,} paid orders since {seen.since:%Y-%m-%d}: {', '.join(parts) or 'no buyers'}"


def policy_text(seen: Accounts) -> str:
    """Both policies and the record type in one line."""
    policy = seen.settings
    kind = f" · record type {policy.record_type}" if policy.record_type else ""
    return f"With a profile: {policy.with_profile.value} · without: {policy.without_profile.value}{kind}"


def _target(one: Buyer) -> str:
    if one.record:
        return one.record
    if one.form is not None:
        return _FORMS[one.form.value]
    return f"{len(one.hits)} may be" if one.hits else ""


COLUMNS: tuple[Column[Buyer], ...] = (
    Column("what", "What", lambda one: _WORDS[one.step.value], 7, tone=lambda one: _TONES[one.step.value]),
    Column("order", "Order", lambda one: one.order.number, 15, weight=1),
    Column("buyer", "Buyer", lambda one: one.name, 14, weight=2, comfort=24),
    Column("email", "E-mail", lambda one: one.customer.email, 14, weight=2, comfort=30, drop=1),
    Column("record", "Record", _target, 12, weight=1, comfort=18, drop=2),
    Column("why", "Why", lambda one: one.why, 18, weight=4, comfort=40),
)
