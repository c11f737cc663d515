"""Pure: what a plan and its outcomes look like as lines of text, and the sums shown under them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from engine.changes import Change, Outcome, Plan, Push, TextChange, Totals
    from engine.ports import Budget

TO_BACKOFFICE, TO_STOREFRONT = "→", "←"
ABSENT = "–"


class Delta(NamedTuple):
    """The difference of two amounts, and in percent of the old one; empty where there is none to tell."""

    difference: str
    percent: str


def delta(before: str | None, after: str | None) -> Delta:
    """What changes between two canonical amounts.

    >>> delta("10", "12.5"), delta(None, "5"), delta("0", "5")
    (Delta(difference='+2.5', percent='+25.0%'), Delta(difference='', percent='new'), Delta(difference='+5', percent='new'))
    """
    try:
        new = Decimal(after) if after else None
        old = Decimal(before) if before else None
    except InvalidOperation:
        return Delta("", "")
    if new is None:
        return Delta("", "")
    if old is None:
        return Delta("", "new")
    difference = new - old
    if old == 0:
        return Delta(f"{difference:+f}", "new" if difference else "")
    percent = difference / abs(old) * 100
    return Delta(f"{difference:+f}", f"{percent:+,.0f}%" if abs(percent) >= 1000 else f"{percent:+.1f}%")


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One field of one row, or one record that will be created (``change`` is None)."""

    name: str
    id: str
    field: str
    arrow: str
    old: str
    new: str
    difference: str
    percent: str
    margin: str
    status: str
    blocked: str
    verb: str
    guards: tuple[str, ...]
    change: Change | None
    why: str = ""

    @property
    def note(self) -> str:
        """The whole truth about the line in one sentence: why it is blocked, or why it is sent."""
        if self.blocked:
            return f"Blocked: {self.blocked}" + (f"  [{self.verb}]" if self.verb else "")
        reason = self.change.reason if self.change is not None else self.why or "will be created and mapped"
        if self.change is not None and self.change.rule:
            reason += f" · {value_text(self.change.source)} by the rule: {self.change.rule}"
        return reason + (f" · guard: {', '.join(self.guards)}" if self.guards else "")


def amount_text(value: str | None, currency: str = "") -> str:
    """An amount with the decimals of its currency, never fewer than it has, or a dash where there is none.

    >>> amount_text("132.3"), amount_text("28", "USD"), amount_text("1500", "JPY"), amount_text("0.0105"), amount_text("28")
    ('132.30', '28.00', '1500', '0.0105', '28')
    """
    from engine.fields import digits

    try:
        amount = Decimal(value) if value else None
    except InvalidOperation:
        return value_text(value)
    if amount is None or not amount.is_finite():
        return value_text(value)
    own = -int(amount.as_tuple().exponent)
    least = digits(currency) if currency or own > 0 else 0
    return f"{amount:.{max(own, least, 0)}f}"


def value_text(value: str | None) -> str:
    """A value, or a dash where there is none.

    >>> value_text(None), value_text(""), value_text("A-1")
    ('–', '–', 'A-1')
    """
    return value or ABSENT


def plan_lines(plan: Plan) -> list[PlanLine]:
    """One line per change in the plan's order, then one per record to be created."""
    from engine.model import Side

    lines = []
    for change in plan.changes:
        money = change.field.is_money
        old, new = (
            amount_text(value, change.currency) if money else value_text(value)
            for value in (change.before, change.after)
        )
        difference = delta(old if change.before else None, new if change.after else None) if money else Delta("", "")
        lines.append(
            PlanLine(
                change.name,
                change.storefront_id,
                change.field.value,
                TO_BACKOFFICE if change.target is Side.BACKOFFICE else TO_STOREFRONT,
                old,
                new,
                difference.difference,
                difference.percent,
                f"{change.margin_percent}%" if change.margin_percent else "",
                "Blocked" if change.blocked else change.status.value,
                change.blocked,
                change.verb,
                change.guards,
                change,
            )
        )
    for creation in plan.creations:
        draft = creation.draft
        price = "" if draft.price is None else f"{draft.price:f}"
        arrow = TO_BACKOFFICE if creation.target is Side.BACKOFFICE else TO_STOREFRONT
        status = "Blocked" if creation.blocked else "Create"
        lines.append(
            PlanLine(
                draft.name, draft.source_id, "new", arrow, ABSENT, value_text(price), "", "", "", status,
                creation.blocked, "", (), None,
            )
        )  # fmt: skip
    return lines + [_push_line(push) for push in plan.pushes] + [_text_line(text) for text in plan.texts]


def _push_line(push: Push) -> PlanLine:
    """One pushed product: what is done with it, and why."""
    left_out = f"; left out: {'; '.join(push.problems)}" if push.problems else ""
    return PlanLine(
        push.name, push.item.source_id, "push", TO_BACKOFFICE, value_text(push.item.product_id),
        value_text(push.reason), "", "", "", "Blocked" if push.blocked else push.action.value.capitalize(), push.blocked,
        "ambiguous" if push.action == "ambiguous" else "", push.guards, None, push.reason + left_out,
    )  # fmt: skip


def _text_line(text: TextChange) -> PlanLine:
    arrow = TO_BACKOFFICE if text.target == "backoffice" else TO_STOREFRONT
    return PlanLine(
        text.name, text.storefront_id, text.attribute, arrow, value_text(text.before), value_text(text.after), "", "", "",
        "Blocked" if text.blocked else "Write", text.blocked, "", (), None, text.reason,
    )  # fmt: skip


def many(count: int, noun: str) -> str:
    """A number with its noun.

    >>> many(1, "row"), many(2000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def plan_totals(plan: Plan) -> str:
    """How much the plan sends and why the rest is not sent.

    The numbers count rows and fields; nothing is called "all" that is not all.
    """
    sending, blocked = plan.sending, plan.blocked
    fields = Counter(change.field.value for change in sending)
    parts = [many(plan.rows, "row")]
    if plan.changes or not (plan.pushes or plan.texts):
        parts[0] += f", {many(len(sending), 'change')}"
    if fields:
        parts[0] += " (" + ", ".join(f"{count:,} {name}" for name, count in fields.items()) + ")"
    creations = sum(not creation.blocked for creation in plan.creations)
    if creations:
        parts.append(f"{creations:,} to create")
    pushes = Counter("blocked" if push.blocked else push.action.value for push in plan.pushes)
    parts += [
        f"{count:,} to {word}" if word in {"create", "link", "update"} else f"{count:,} {word}"
        for word, count in pushes.items()
    ]
    if texts := sum(text.sends for text in plan.texts):
        parts.append(f"{many(texts, 'text')}")
    if blocked:
        parts.append(f"{len(blocked):,} blocked")
    if plan.unchanged_rows:
        parts.append(f"{many(plan.unchanged_rows, 'row')} already equal")
    return " · ".join(parts)


def duration(seconds: float | None) -> str:
    """A length of time as people say it.

    >>> duration(None), duration(0.2), duration(75), duration(4000)
    ('unknown', 'under 1 s', '1 min 15 s', '1 h 06 min')
    """
    if seconds is None:
        return "unknown"
    if seconds < 1:
        return "under 1 s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def calls_text(plan: Plan, budgets: Mapping[str, Budget]) -> str:
    """How many requests each connection gets and how long they take at its rate limit."""
    parts = []
    for connection, calls in plan.calls.items():
        budget = budgets.get(connection)
        text = f"{connection} {many(calls, 'call')}"
        if budget is not None and budget.limit and budget.unit == "requests":
            text += f" at {budget.limit / budget.window * 60:,.0f}/min"
        parts.append(text)
    about = "" if plan.eta_seconds < 1 else "about "
    return f"{' · '.join(parts) or 'no calls'} · {about}{duration(plan.eta_seconds)}"


def totals_text(totals: Totals) -> str:
    """The outcome of a run in one line; says so when the numbers do not add up."""
    counts = (
        ("applied", totals.applied),
        ("unchanged", totals.unchanged),
        ("stale", totals.stale),
        ("rejected", totals.rejected),
        ("blocked", totals.blocked),
        ("unverified", totals.unverified),
        ("not sent", totals.not_sent),
    )
    text = f"{totals.planned:,} planned: " + (
        ", ".join(f"{count:,} {name}" for name, count in counts if count) or "nothing yet"
    )
    return text if totals.adds_up else f"{text} · THE TOTALS DO NOT ADD UP"


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """One outcome as shown: the field (``new`` for a creation), both values and what became of it."""

    name: str
    id: str
    field: str
    old: str
    new: str
    result: str
    message: str
    outcome: Outcome


def outcome_lines(outcomes: Iterable[Outcome], result: str = "") -> list[OutcomeLine]:
    """The outcomes, or only those of one result."""
    return [
        OutcomeLine(
            outcome.name,
            outcome.storefront_id,
            outcome.field.value if outcome.field is not None else outcome.attribute or "new",
            _outcome_text(outcome, outcome.before),
            _outcome_text(outcome, outcome.after),
            outcome.result.value.replace("_", " "),
            _message(outcome),
            outcome,
        )
        for outcome in outcomes
        if not result or outcome.result.value == result
    ]


def _outcome_text(outcome: Outcome, value: str | None) -> str:
    money = outcome.field is not None and outcome.field.is_money
    return amount_text(value) if money else value_text(value)


def _message(outcome: Outcome) -> str:
    parts: Sequence[str] = (
        outcome.message,
        f"found {outcome.found}" if outcome.found is not None and outcome.result.value == "stale" else "",
        f"code {outcome.code}" if outcome.code else "",
        f"request {outcome.request_id}" if outcome.request_id else "",
    )
    return " · ".join(part for part in parts if part)
