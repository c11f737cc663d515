"""The spreadsheet of a reconciliation, read back cell by cell; nothing in it is ever run."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import openpyxl

from engine import report
from engine.findings import Action, Code, Compared, Finding, Reconciliation, Resolution, Resolved
from engine.model import Kind, Side

AT = datetime(2026, 11, 2, 3, 4, 5, tzinfo=UTC)
EVIL = '=HYPERLINK("http://evil.example","x")'
FOUND = [
    Resolved(
        Finding(Code.PRICE_MISMATCH, Kind.PRODUCTS, "s1", "Lamp", "b1", "LAMP", "price", "12.50", "10", "-2.5", Side.STOREFRONT,
                Action.WRITE, Side.BACKOFFICE, "12.50", "", "https://shop.example/s1", "https://books.example/b1"),
        Resolution.APPLIED, "write 12.50 to the back office", "", "", "ada", AT, "run-1",
    ),
    Resolved(Finding(Code.NAME_MISMATCH, Kind.PRODUCTS, "s2", EVIL, "b2", "@SUM(1)", "name", EVIL, "x" * 40_000)),
    Resolved(Finding(Code.ORPHAN, Kind.CUSTOMERS, backoffice_id="007", backoffice_name="James", why="nobody")),
]  # fmt: skip
MADE = Reconciliation(
    "r1", "acme", AT, "ada", (Kind.PRODUCTS,), {"PRICE_MISMATCH": 1}, {"shop/products": 3}, {"shop": 2}, 0.1
)


def book(compared: Compared | None = None) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(report.xlsx(MADE, FOUND, compared)))


def test_one_row_for_every_finding_with_typed_cells_and_links() -> None:
    sheet = book()["Findings"]
    titles = [cell.value for cell in sheet[1]]
    assert titles == [column.title for column in report.COLUMNS]
    assert sheet.max_row == 1 + len(FOUND)
    row = dict(zip(titles, sheet[2], strict=True))
    assert (row["storefront value"].value, row["back-office value"].value) == (12.5, 10)
    assert row["storefront value"].data_type == "n"
    assert row["at"].value == AT.replace(tzinfo=None)
    assert row["storefront link"].hyperlink.target == "https://shop.example/s1"
    assert (row["result"].value, row["approved by"].value, row["run"].value) == ("applied", "ada", "run-1")
    third = dict(zip(titles, sheet[4], strict=True))
    assert third["back-office id"].value == "007"  # an id is text, whatever it looks like
    assert third["storefront id"].value is None


def test_header_is_frozen_and_filters_are_on() -> None:
    sheet = book()["Findings"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:{openpyxl.utils.get_column_letter(len(report.COLUMNS))}4"


def test_text_is_never_a_formula_and_never_too_long_for_a_cell() -> None:
    sheet = book()["Findings"]
    cells = {cell.column: cell for cell in sheet[3]}
    name = cells[[column.title for column in report.COLUMNS].index("storefront name") + 1]
    assert name.value == EVIL
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d"}
    longest = max(len(cell.value) for cell in sheet[3] if isinstance(cell.value, str))
    assert longest == report.CELL


def test_the_summary_counts_what_the_findings_sheet_lists() -> None:
    gone = FOUND[2].finding
    done = Resolved(gone, Resolution.APPLIED, "written", actor="ada", at=AT, run="run-1")
    workbook = book(Compared((FOUND[1].finding,), (gone,), (), {gone.key: done}))
    summary = {row[0].value: row[1].value for row in workbook["Summary"].iter_rows() if row[0].value}
    assert summary["Findings"] == len(FOUND) == workbook["Findings"].max_row - 1
    assert summary["Reconciled at (UTC)"] == AT.replace(tzinfo=None)
    assert (summary["New since the one before"], summary["Gone"], summary["Still there"]) == (1, 1, 0)
    codes = [row[0].value for row in workbook["Findings"].iter_rows(min_row=2)]
    assert {code: summary[code] for code in ("NAME_MISMATCH", "ORPHAN")} == {"NAME_MISMATCH": 1, "ORPHAN": 1}
    assert codes == [one.finding.code for one in FOUND]
    assert workbook["New"].max_row == workbook["Gone"].max_row == 2
    titles = [column.title for column in report.COLUMNS]
    row = dict(zip(titles, (cell.value for cell in workbook["Gone"][2]), strict=True))
    assert (row["action taken"], row["result"], row["approved by"]) == ("written", "applied", "ada")
    assert (row["run"], row["at"]) == ("run-1", AT.replace(tzinfo=None))


def test_csv_has_the_same_rows_and_disarms_formulas() -> None:
    out = io.StringIO()
    report.write_csv(out, FOUND)
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert [row["code"] for row in rows] == [one.finding.code for one in FOUND]
    assert rows[1]["storefront name"] == f"'{EVIL}"
    assert rows[0]["storefront value"] == "12.50"
    assert rows[0]["at"] == AT.isoformat()


def test_the_json_document_says_all_of_it_too() -> None:
    document = report.as_json(MADE, FOUND)
    assert document["results"] == {"open": 2, "applied": 1}
    assert document["findings"][0]["proposed_action"] == "write 12.50 to the back office"
    assert document["findings"][0]["key"] == FOUND[0].finding.key
