"""The side panel of one row: both records field by field, baselines, evidence, history."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.widgets.plain import clip, plain

if TYPE_CHECKING:
    from engine.views import Detail, FieldView, HeldUnits, HistoryEntry

LABEL = 12
#: From this width on both sides stand beside each other.
BESIDE = 60
HISTORY = 12
#: Lines that tell the two records apart by their nature.
_NEVER_EQUAL = frozenset({"Id", "External id"})
_CURRENCY = re.compile(r"(?<=\d) [A-Z]{3}\b")


class DetailPanel(VerticalScroll):
    """Shows a ``Detail``; wide panels put both sides next to each other, narrow ones below each other."""

    DEFAULT_CSS = """
    DetailPanel { background: $surface; padding: 0 1; border-left: vkey $primary; scrollbar-size-vertical: 1; }
    DetailPanel > Static { height: auto; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.detail: Detail | None = None

    def compose(self) -> ComposeResult:
        yield Static()

    def show(self, detail: Detail | None) -> None:
        """Show another row (None: nothing is under the cursor)."""
        if detail != self.detail:
            same = detail is not None and self.detail is not None and detail.row.key == self.detail.row.key
            self.detail = detail
            self._draw()
            if not same:
                self.scroll_home(animate=False)

    def to_history(self) -> None:
        """Scroll to the end, where the history is, and take the keys that scroll."""
        self.focus()
        self.scroll_end(animate=False)

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        text = Content("No row under the cursor.") if self.detail is None else lines(self.detail, self.size.width - 3)
        self.query_one(Static).update(text)


def lines(detail: Detail, width: int) -> Content:
    """The panel's text in ``width`` cells."""
    row = detail.row
    out: list[Content] = [Content.styled(plain(row.left or row.right), "bold")]
    if row.left and row.right:
        out.append(Content.assemble(("→ ", "dim"), plain(row.right)))
    out += _pair("status", f"{row.status}", width, style="bold")
    if row.reason:
        out += _wrapped(row.reason, width)
    if detail.orders:
        out.append(_title("In orders that are not posted", width))
        out += [_held(one) for one in detail.orders]
    if detail.mapping:
        out += _pair("mapping", detail.mapping, width)
    if detail.fields:
        out.append(_title("Fields", width))
        for field in detail.fields:
            out += _field(field, width)
    if detail.lines:
        out.append(_title("Both records" if row.left and row.right else "The record", width))
        both = row.left and row.right
        for label, left, right in detail.lines:
            out += _sides(label, left, right, width) if both else _pair(label, left or right, width)
    if detail.suggestions:
        out.append(_title("Suggestions", width))
        for one in detail.suggestions:
            score = "exact" if one.exact else f"{one.score:.2f}"
            name = plain(one.backoffice_name or one.backoffice_id)
            out.append(Content.assemble((f"{score:<6}", "bold"), f"{name}  ", (plain(one.backoffice_id), "dim")))
            out += [Content.styled(f"      · {plain(reason)}", "dim") for reason in one.evidence]
    if detail.history:
        out.append(_title("History", width))
        out += [_entry(entry) for entry in detail.history[:HISTORY]]
    for side, url in detail.urls:
        out += _pair(str(side), url, width)
    return Content("\n").join(out)


def _title(text: str, width: int) -> Content:
    return Content.styled(f"── {text} ".ljust(max(8, width), "─"), "dim")


def _pair(label: str, value: str, width: int, style: str = "") -> list[Content]:
    del width
    value = plain(value)
    return [Content.assemble((clip(plain(label), LABEL), "dim"), (value, style) if style else value)] if value else []


def _wrapped(text: str, width: int) -> list[Content]:
    del width
    return [Content.assemble(" " * LABEL, (plain(text), "italic"))]


def _bare(text: str) -> str:
    """Amounts without their currency: a system that has none (Syncro) does not differ by that.

    >>> _bare("26.42 USD, 3.00 EUR setup FLAT")
    '26.42, 3.00 setup FLAT'
    """
    return _CURRENCY.sub("", text)


def _sides(label: str, left: str, right: str, width: int) -> list[Content]:
    left, right = plain(left), plain(right)
    differ = left and right and label not in _NEVER_EQUAL and _bare(left) != _bare(right)
    sign = ("≠ ", "bold $text-warning") if differ else ("  ", "")
    name = (clip(plain(label), LABEL - 2), "dim")
    if not left and not right:
        return []
    if left == right:
        return [Content.assemble(name, "= ", left)]
    if width >= BESIDE:
        half = (width - LABEL - 2) // 2
        return [Content.assemble(name, sign, clip(left or "–", half), "  ", clip(right or "–", half))]
    return [
        Content.assemble(name, sign, left or "–"),
        Content.assemble(" " * (LABEL - 2), sign, right or "–"),
    ]


def _field(field: FieldView, width: int) -> list[Content]:
    out = _sides(field.field, field.storefront, field.backoffice, width)
    tail = f"{field.status}: {field.reason}" if field.reason else str(field.status)
    if field.reason.casefold().startswith(str(field.status).casefold()):
        tail = field.reason  # "first sync: the storefront wins" says its status itself
    out.append(Content.assemble(" " * LABEL, (plain(tail), "bold" if field.status != "In sync" else "dim")))
    if field.baseline_storefront or field.baseline_backoffice:
        base = f"last synced at {field.baseline_storefront or '–'} / {field.baseline_backoffice or '–'}"
        out.append(Content.assemble(" " * LABEL, (plain(base), "dim")))
    return out


def _held(one: HeldUnits) -> Content:
    units = f"{one.units} unit{'' if one.units == '1' else 's'}"
    return Content.assemble((f"{one.at.astimezone():%Y-%m-%d %H:%M} ", "dim"), plain(f"order {one.order}: {units}"))


def _entry(entry: HistoryEntry) -> Content:
    when = entry.at.astimezone().strftime("%Y-%m-%d %H:%M")
    moved = f" {entry.field}: {entry.before} → {entry.after}" if entry.field is not None else ""
    how = f" ({entry.how})" if entry.how else ""
    return Content.assemble((f"{when} ", "dim"), plain(f"{entry.actor} {entry.action}{moved}{how} {entry.outcome}"))
