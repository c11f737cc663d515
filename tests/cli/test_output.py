"""What is printed: aligned text that no data can break, and a printing that outlives its reader."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import CrosswalkError
from engine.model import Kind, PriceOption, Product, Side, Status
from engine.settings import IntegrationSettings
from engine.views import Row, Snapshot
from tui.cli.documents import plain_value, row_document
from tui.cli.output import aligned, plain, write

HOSTILE = [
    "[/bar]",
    "[@click=app.quit]x",
    "a\x1b[31mred",
    "tab\there",
    "two\nlines",
    "\u202eRTL",
    "日本",
    "e\u0301",
    "\x9b2J",
    "🙂",
]


@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=30)), max_size=8), st.integers(20, 100))
def test_any_data_stays_in_its_columns(rows, width):
    from rich.cells import cell_len

    lines = aligned(("NAME", "VALUE"), rows, width)
    assert len(lines) == len(rows) + 1
    assert all(cell_len(line) <= width for line in lines)
    assert all("\n" not in line and "\x1b" not in line for line in lines)


@pytest.mark.parametrize("text", HOSTILE)
def test_data_is_text_never_commands(text):
    shown = plain(text)
    assert all(char.isprintable() for char in shown)
    assert plain(shown) == shown


def test_markup_is_left_as_it_is():
    assert plain("[/bar] [@click=x]") == "[/bar] [@click=x]"


def test_a_table_reads_well_and_is_not_cut_in_a_file():
    lines = aligned(("ID", "NAME"), [("1", "Backup 日本"), ("22", "x" * 200)])
    assert lines[0] == "ID  NAME"
    assert lines[1] == "1   Backup 日本"
    assert lines[2] == f"22  {'x' * 200}"


def test_a_table_fits_its_terminal():
    lines = aligned(("ID", "NAME"), [("1", "x" * 200)], 20)
    assert lines[1] == "1   " + "x" * 15 + "…"


class Broken(io.StringIO):
    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def flush(self) -> None:
        raise OSError(self.number, os.strerror(self.number))

    def fileno(self) -> int:
        return os.open(os.devnull, os.O_WRONLY)


def test_a_full_disk_is_said():
    import errno

    with pytest.raises(CrosswalkError, match="could not be written"):
        write(Broken(errno.ENOSPC), "x")
    write(Broken(errno.EPIPE), "x")


def test_a_closed_stream_is_silence():
    stream = io.StringIO()
    stream.close()
    write(stream, "x")


def test_values_become_json_without_losing_digits():
    product = Product("p1", "Seat", prices=(PriceOption(Decimal("10.10"), "USD"),))
    at = datetime(2026, 3, 1, tzinfo=UTC)
    value = {Kind.PRODUCTS: product, "at": at, "day": date(2026, 3, 1), "path": Path("x"), "set": {Side.STOREFRONT}}
    found = json.loads(json.dumps(plain_value(value)))
    assert found["products"]["prices"][0]["amount"] == "10.10"
    assert (found["at"], found["day"], found["path"]) == ("2026-03-01T00:00:00+00:00", "2026-03-01", "x")
    assert found["set"] == ["storefront"]
    assert plain_value(IntegrationSettings())["price"]["type"] == "recurring"


def test_a_row_hangs_on_its_own_side():
    row = Row("b1", Side.BACKOFFICE, "Widget", "b1", "", "", "", Status.UNMAPPED, "", "")
    document = row_document(row)
    assert (document["storefront_id"], document["backoffice_id"]) == ("", "b1")
    assert document["backoffice_name"] == "Widget"


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {sys.executable} -c {SHOUTING!r} | head -c 10; echo \" ${{PIPESTATUS[0]}}\""],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.stdout.split()[-1] == "0"
    assert done.stderr == ""


SHOUTING = "from tui.cli.output import Output; o = Output(json=False); [o.lines(['x' * 100]) for _ in range(9999)]"


def test_json_is_ascii_whatever_the_locale(crosswalk, ws):
    rows = [Row("1", Side.STOREFRONT, "Müller 日本 \x1b", "1", "", "", "", Status.UNMAPPED, "", "müller")]
    ws.answers["snapshot"] = Snapshot("shop", Kind.CUSTOMERS, 1, rows, {Status.UNMAPPED: 1}, 0, None, None)
    ended = crosswalk("list", "customers", "--json")
    assert ended.out.isascii()
    assert ended.document["rows"][0]["storefront_name"] == "Müller 日本 \x1b"


def test_lists_are_filtered_by_status_words_and_number(crosswalk, ws):
    rows = [
        Row("1", Side.STOREFRONT, "Alpha Seat", "1", "", "", "", Status.UNMAPPED, "", "alpha seat 1"),
        Row("2", Side.STOREFRONT, "Beta Seat", "2", "Beta", "b2", "price", Status.OUT_OF_SYNC, "", "beta seat 2"),
        Row("3", Side.STOREFRONT, "Gamma", "3", "", "", "", Status.AMBIGUOUS, "two", "gamma 3"),
        Row("b9", Side.BACKOFFICE, "Other", "b9", "", "", "", Status.UNMAPPED, "", "other b9"),
    ]
    counts = {Status.UNMAPPED: 1, Status.AMBIGUOUS: 1, Status.OUT_OF_SYNC: 1}
    ws.answers["snapshot"] = Snapshot("shop", Kind.PRODUCTS, 1, rows, counts, 1, None, None)

    def ids(*argv):
        return [row["id"] for row in crosswalk("list", "products", "--json", *argv).document["rows"]]

    assert ids() == ["1", "2", "3"]
    assert ids("--unmapped") == ["1", "3"]
    assert ids("--status", "out-of-sync") == ids("--status", "Out of sync") == ["2"]
    assert ids("--filter", "SEAT alpha") == ["1"]
    assert ids("--side", "backoffice") == ["b9"]
    assert ids("--side", "both", "--limit", "2") == ["1", "2"]
    document = crosswalk("list", "products", "--json", "--limit", "1").document
    assert (document["unmapped"], document["unmapped_backoffice"], document["found"]) == (2, 1, 3)
    wrong = crosswalk("list", "products", "--status", "sideways")
    assert wrong.code == 2
    assert "out-of-sync" in wrong.err
