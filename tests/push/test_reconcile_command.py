"""``crosswalk reconcile`` as an admin uses it: looked at, applied in parts, compared with the one before, kept as files."""

from __future__ import annotations

import asyncio
import csv
import json
import sys
from pathlib import Path
from typing import Any

import openpyxl


async def crosswalk(shop: Any, *argv: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tui", "--workspace", str(shop.ws.path), "reconcile", *argv,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_parts_are_applied_and_two_runs_compared(shop: Any, tmp_path: Path) -> None:
    item = shop.add("900001", "NEW-1")
    other = shop.add("900002", "NEW-2")
    await shop.push()
    shop.edit(item, Name="=1+1")
    shop.reprice(other, 900.0)
    before = len(shop.crm.log.since())
    code, out, err = await crosswalk(shop, "acme", "--kinds", "products", "--json")
    assert (code, err) == (0, err)
    first = json.loads(out)
    assert (first["counts"]["NAME_MISMATCH"], first["counts"]["PRICE_MISMATCH"]) == (1, 1)
    assert {one.method for one in shop.crm.log.since()[before:] if "oauth" not in one.path} == {"GET"}

    code, _, err = await crosswalk(shop, "--apply", "--codes", "NAME_MISMATCH,PRICE_MISMATCH", "--yes")
    assert code == 3
    assert "change-percent" in err
    assert shop.product(item)["Name"] == "=1+1"
    sheet, lines = tmp_path / "out.xlsx", tmp_path / "out.csv"
    code, _, err = await crosswalk(shop, "--apply", "--codes", "NAME_MISMATCH", "--yes", "--csv", str(lines))
    assert code == 0, err
    assert shop.product(item)["Name"] == "New thing NEW-1"
    assert shop.price(other) == 900.0
    (row,) = [one for one in csv.DictReader(lines.read_text("utf-8").splitlines()) if one["code"] == "NAME_MISMATCH"]
    assert (row["back-office value"], row["result"]) == ("'=1+1", "applied")

    code, out, err = await crosswalk(shop, "--kinds", "products", "--compare", "last", "--xlsx", str(sheet), "--json")
    assert code == 0, err
    compared = json.loads(out)["compared"]
    assert (compared["new"], len(compared["gone"])) == ([], 1)
    gone = list(openpyxl.load_workbook(sheet)["Gone"].iter_rows(values_only=True))
    found = dict(zip(gone[0], gone[1], strict=True))
    assert (found["back-office value"], found["result"]) == ("=1+1", "applied")
    assert found["action taken"] == "write New thing NEW-1 to the back office"
    assert found["run"]


async def test_what_cannot_be_compared_is_said_before_anything_is_read(shop: Any) -> None:
    made = await shop.ws.reconcile("acme")
    shop.ws.add_integration("other", "ultracart", "salesforce", {"fields": "sku"})
    before = len(shop.crm.log.since())
    code, _, err = await crosswalk(shop, "other", "--compare", made.id)
    assert code == 2
    assert f"reconciliation {made.id} is of integration acme" in err
    code, _, err = await crosswalk(shop, "acme", "--compare", "nope")
    assert code == 2
    assert "no reconciliation 'nope'" in err
    assert len(shop.crm.log.since()) == before
