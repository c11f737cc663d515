"""A rule-based machine over map, unmap, ignore, un-ignore, undo, import and the CSV round trip, against a plain model."""

from __future__ import annotations

import csv
import io
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine import mapping_files
from engine.errors import UsageError
from engine.history import History
from engine.integrations import Integration
from engine.mapping_exchange import MappingExchange
from engine.mappings import Mappings, RowEdit
from engine.model import Kind, Product
from engine.settings import IntegrationSettings
from engine.store import open_store

LEFT = [f"s{n}" for n in range(6)]
RIGHT = [f"b{n}" for n in range(6)]
ids = st.sampled_from(LEFT)
targets = st.sampled_from(RIGHT)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class FixedClock:
    def now(self):
        return NOW

    def monotonic(self):
        return 0.0

    async def sleep(self, seconds):
        raise AssertionError("nothing here sleeps")


class Known:
    """The cache of both sides, as far as an import asks it."""

    def raw(self, connection, kind):
        here = (LEFT if connection == "shop" else RIGHT) if kind is Kind.PRODUCTS else []
        return [(record_id, f"Product {record_id}", b"{}") for record_id in here]

    def get(self, connection, kind, wanted):
        return {i: Product(i, name) for i, name, _ in self.raw(connection, kind) if i in set(wanted)}


def fresh(directory, *, many_to_one=False):
    store = open_store(Path(directory) / "workspace.db")
    book = Mappings(store, History(store), FixedClock(), "tester")
    return store, book, Integration("one", "shop", "books", IntegrationSettings(many_to_one=many_to_one))


class Edits(RuleBasedStateMachine):
    """The model: two dicts and a stack of what they were before each edit."""

    @initialize(many_to_one=st.booleans())
    def start(self, many_to_one):
        self.directory = tempfile.TemporaryDirectory()
        self.store, self.book, self.integration = fresh(self.directory.name, many_to_one=many_to_one)
        self.mapped: dict[str, str] = {}
        self.ignored: dict[str, str] = {}
        self.undo: list[tuple[dict[str, str], dict[str, str]]] = []

    def teardown(self):
        if hasattr(self, "store"):
            self.store.close()
            self.directory.cleanup()

    def _remember(self, edit):
        if edit.count:
            self.undo.append(self._before)

    def _begin(self):
        self._before = (dict(self.mapped), dict(self.ignored))

    @rule(pairs=st.dictionaries(ids, targets, min_size=1, max_size=4))
    def map(self, pairs):
        self._begin()
        wanted = {**self.mapped, **pairs}
        shared = [t for t in pairs.values() if sum(t == other for other in wanted.values()) > 1]
        if shared and not self.integration.settings.many_to_one:
            with pytest.raises(UsageError, match="nothing was mapped"):
                self.book.map(self.integration, Kind.PRODUCTS, list(pairs.items()), {}, {}, "by hand")
            return
        edit = self.book.map(self.integration, Kind.PRODUCTS, list(pairs.items()), {}, {}, "by hand")
        self.mapped = wanted
        for sid in pairs:
            self.ignored.pop(sid, None)
        self._remember(edit)

    @rule(chosen=st.sets(ids, min_size=1))
    def unmap(self, chosen):
        self._begin()
        edit = self.book.unmap(self.integration, Kind.PRODUCTS, chosen)
        assert edit.count == len(chosen & self.mapped.keys())
        assert {sid for sid, _ in edit.skipped} == chosen - self.mapped.keys()
        for sid in chosen:
            self.mapped.pop(sid, None)
        self._remember(edit)

    @rule(chosen=st.sets(ids, min_size=1), reason=st.sampled_from(["internal", "not ours"]))
    def ignore(self, chosen, reason):
        self._begin()
        edit = self.book.ignore(self.integration, Kind.PRODUCTS, dict.fromkeys(chosen, ""), reason, date(2027, 1, 1))
        self.ignored.update(dict.fromkeys(chosen, reason))
        self._remember(edit)

    @rule(chosen=st.sets(ids, min_size=1))
    def unignore(self, chosen):
        self._begin()
        edit = self.book.unignore(self.integration, Kind.PRODUCTS, chosen)
        for sid in chosen:
            self.ignored.pop(sid, None)
        self._remember(edit)

    @precondition(lambda self: self.undo)
    @rule()
    def undo_the_newest(self):
        self.book.undo(self.integration)
        self.mapped, self.ignored = self.undo.pop()

    @precondition(lambda self: not self.undo)
    @rule()
    def nothing_to_undo(self):
        with pytest.raises(UsageError, match="no mapping edit to undo"):
            self.book.undo(self.integration)

    @rule(rows=st.dictionaries(ids, st.tuples(st.one_of(st.just(""), targets), st.booleans()), min_size=1, max_size=4))
    def import_a_file(self, rows):
        """Each row of the file becomes mapped, or ignored with or without a counterpart; all of it, or nothing."""
        self._begin()
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("kind", "storefront_id", "backoffice_id", "status", "reason"))
        for sid, (bid, ignored) in rows.items():
            writer.writerow(("products", sid, bid, *(("ignored", "by file") if ignored else ("mapped", ""))))
        exchange = MappingExchange(self.store, Known(), self.book, FixedClock(), "tester")
        shown = exchange.preview(self.integration, io.StringIO(out.getvalue()), ())
        wanted = {sid: bid for sid, bid in self.mapped.items() if sid not in rows}
        wanted |= {sid: bid for sid, (bid, _) in rows.items() if bid}
        taken = [bid for sid, (bid, _) in rows.items() if bid and list(wanted.values()).count(bid) > 1]
        refused = (taken and not self.integration.settings.many_to_one) or ("", False) in rows.values()
        assert shown.ok is not bool(refused)
        if refused:
            with pytest.raises(UsageError, match="nothing was imported"):
                exchange.apply(self.integration, shown, ())
            return
        edit = exchange.apply(self.integration, shown, ())
        assert edit.count == sum(line.action != "same" for line in shown.lines)
        self.mapped = wanted
        self.ignored = {sid: why for sid, why in self.ignored.items() if sid not in rows}
        self.ignored |= {sid: "by file" for sid, (_, ignored) in rows.items() if ignored}
        self._remember(edit)

    @rule()
    def csv_round_trip(self):
        mapped = self.book.mapped("one", Kind.PRODUCTS)
        ignored = self.book.ignored("one", Kind.PRODUCTS)
        out = io.StringIO()
        count = mapping_files.write(out, Kind.PRODUCTS, mapped, ignored, header=True)
        assert count == len({*mapped, *ignored})
        known_left, known_right = {Kind.PRODUCTS: dict.fromkeys(LEFT, "")}, {Kind.PRODUCTS: dict.fromkeys(RIGHT, "")}
        many = self.integration.settings.many_to_one
        same = mapping_files.preview(
            io.StringIO(out.getvalue()), known_left, known_right,
            {Kind.PRODUCTS: mapped}, {Kind.PRODUCTS: ignored}, many_to_one=many,
        )  # fmt: skip
        assert same.ok
        assert {line.action for line in same.lines} <= {"same"}
        empty = mapping_files.preview(io.StringIO(out.getvalue()), known_left, known_right, {}, {}, many_to_one=many)
        assert {line.storefront_id: line.backoffice_id for line in empty.lines if line.backoffice_id} == self.mapped
        assert {line.storefront_id: line.note for line in empty.lines if line.action == "ignore"} == self.ignored

    @invariant()
    def the_store_is_the_model(self):
        if not hasattr(self, "store"):
            return
        assert {k: m.backoffice_id for k, m in self.book.mapped("one", Kind.PRODUCTS).items()} == self.mapped
        assert {k: i.reason for k, i in self.book.ignored("one", Kind.PRODUCTS).items()} == self.ignored


TestEdits = Edits.TestCase
TestEdits.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)


@pytest.fixture
def book(tmp_path):
    store, made, integration = fresh(tmp_path)
    yield store, made, integration
    store.close()


def test_a_row_edited_since_is_left_alone_by_undo(book):
    _, mappings, integration = book
    mappings.map(integration, Kind.PRODUCTS, [("s1", "b1"), ("s2", "b2")], {}, {}, "by hand")
    other = Mappings(book[0], History(book[0]), FixedClock(), "somebody else")
    newer = RowEdit("s1", "s1", None, None)
    other.apply(Integration("two", "shop", "books", IntegrationSettings()), Kind.PRODUCTS, [newer], "import")
    mappings.unmap(integration, Kind.PRODUCTS, ["s1"])
    mappings.undo(integration)
    done = mappings.undo(integration)
    assert done.count == 2
    assert mappings.mapped("one", Kind.PRODUCTS) == {}


def test_history_says_who_when_and_how(book):
    store, mappings, integration = book
    names, others = {"s1": "Mail seat"}, {"b1": "Mailbox"}
    mappings.map(integration, Kind.PRODUCTS, [("s1", "b1")], names, others, "suggestion 0.93")
    mappings.unmap(integration, Kind.PRODUCTS, ["s1"])
    newest, oldest = History(store).search("one")
    assert (oldest.action, oldest.actor, oldest.how, oldest.at) == ("map", "tester", "suggestion 0.93", NOW)
    assert (oldest.before, oldest.after) == (None, "Mailbox (b1)")
    assert (newest.action, newest.before, newest.after, newest.name) == ("unmap", "Mailbox (b1)", None, "Mail seat")


def test_an_expired_ignore_is_over(book):
    _, mappings, integration = book
    mappings.ignore(integration, Kind.PRODUCTS, {"s1": ""}, "later", NOW.date() + timedelta(days=1))
    assert "s1" in mappings.ignored("one", Kind.PRODUCTS)
    with pytest.raises(UsageError, match="not in the future"):
        mappings.ignore(integration, Kind.PRODUCTS, {"s2": ""}, "later", NOW.date())
    with pytest.raises(UsageError, match="reason"):
        mappings.ignore(integration, Kind.PRODUCTS, {"s2": ""}, "  ", None)


def test_a_fee_and_a_product_cannot_share_a_target(book):
    _, mappings, integration = book
    mappings.map(integration, Kind.PRODUCTS, [("s1", "b1")], {"s1": "Mail seat"}, {}, "by hand")
    with pytest.raises(UsageError, match="Mail seat"):
        mappings.map(integration, Kind.FEES, [("cancellation-fee", "b1")], {}, {}, "by hand")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("storefront_id,backoffice_id\ns1,b1\n", "line 1: the header lacks kind"),
        ('kind,storefront_id,backoffice_id\nproducts,"s1,b1\n', "not CSV"),
    ],
)
def test_a_file_that_is_not_one_is_refused_whole(text, message):
    with pytest.raises(UsageError, match=message):
        mapping_files.preview(io.StringIO(text), {}, {}, {}, {}, many_to_one=False)


def test_every_bad_line_is_named_with_its_column():
    text = (
        "kind,storefront_id,backoffice_id,status,reason,until\n"
        "boxes,s1,b1,,,\n"
        "products,s9,b1,,,\n"
        "products,s1,b9,,,\n"
        "products,s1,,ignored,,\n"
        "products,s2,,ignored,why,soon\n"
        "products,s3,b3\n"
        "products,s4,b4,,,\n"
        "products,s4,b5,,,\n"
        "products,s5,b4,,,\n"
    )
    left = {Kind.PRODUCTS: dict.fromkeys(LEFT, "")}
    right = {Kind.PRODUCTS: dict.fromkeys(RIGHT, "")}
    found = mapping_files.preview(io.StringIO(text), left, right, {}, {}, many_to_one=False)
    errors = {line.line: line.error for line in found.lines}
    assert "column kind: 'boxes'" in errors[2]
    assert "column storefront_id: no product 's9'" in errors[3]
    assert "column backoffice_id: no product 'b9'" in errors[4]
    assert "column reason" in errors[5]
    assert "column until: 'soon'" in errors[6]
    assert "3 cells where the header has 6" in errors[7]
    assert "line 8 already" in errors[9]
    assert "many_to_one is off" in errors[8]
    assert "many_to_one is off" in errors[10]
    assert not found.ok
