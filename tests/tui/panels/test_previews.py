"""Accept all above a score, and mappings from a file: previewed, confirmed once, undone once."""

from __future__ import annotations

import pytest

from engine.model import Kind
from engine.views import Edit, ImportLine, ImportPreview, Suggestion
from tui.screens.previews import AcceptAll, MappingImport

FOUND = (
    Suggestion("p1", "b1", 0.91, ("same brand",), storefront_name="Backup", backoffice_name="Backup one"),
    Suggestion("p2", "b2", 0.97, ("same model",), storefront_name="Seat", backoffice_name="Seat basic"),
    Suggestion("p3", "b3", 1.0, ("same SKU",), exact=True, storefront_name="Wall", backoffice_name="Firewall"),
)


@pytest.fixture
def acceptable(workspace):
    def find(integration, kind, score, ids):
        workspace.asked.append(("acceptable", score, tuple(ids)))
        return tuple(one for one in FOUND if one.score >= score)

    def seen(integration, kind, shown):
        workspace.asked.append(("matches_shown", tuple(one.storefront_id for one in shown)))
        return True

    def mapped(integration, kind, pairs, *, how):
        workspace.asked.append(("map", tuple(pairs), how))
        return Edit(1, "map", len(pairs), "mapped")

    workspace.acceptable, workspace.map, workspace.matches_shown = find, mapped, seen
    return workspace


async def opened(app, pilot, eventually):
    page = AcceptAll("acme", Kind.PRODUCTS, ["p1", "p2", "p3", "p4"])
    app.open(page)
    await pilot.pause()
    await eventually(pilot, lambda: len(page.table.rows) == 3)
    return page


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_the_doubtful_ones_come_first_and_exact_ones_are_counted_apart(
    host, acceptable, golden, eventually, size
):
    app = host(acceptable)
    async with app.run_test(size=size) as pilot:
        page = await opened(app, pilot, eventually)
        await pilot.pause()
        assert [one.storefront_id for one in page.table.rows] == ["p1", "p2", "p3"]
        golden(f"accept_all_{size[0]}", app)


async def test_one_confirmation_maps_them_all(host, acceptable, painted, eventually):
    app = host(acceptable)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot, eventually)
        await pilot.press("s")
        await eventually(pilot, lambda: "Map 3 rows" in painted(app))
        assert "0.91 Backup → Backup one" in painted(app)
        await pilot.press("y")
        await app.finished.wait()
    assert acceptable.asked_for("map") == [
        ("map", (("p1", "b1"), ("p2", "b2"), ("p3", "b3")), "accepted, 0.90 and above")
    ]
    assert app.result.count == 3


async def test_the_score_is_typed_and_counts_live(host, acceptable, painted, eventually):
    app = host(acceptable)
    async with app.run_test(size=(80, 24)) as pilot:
        page = await opened(app, pilot, eventually)
        await pilot.press("slash", "end", "backspace", "5", "enter")
        await eventually(pilot, lambda: len(page.table.rows) == 2)
        assert "2 rows of 4 would be mapped: 1 exact, 1 ranked" in painted(app)
        await pilot.press("slash", "end", "x")
        await eventually(pilot, lambda: "write a score between 0 and 1" in painted(app))
        await pilot.press("enter", "s")
        assert acceptable.asked_for("map") == []


async def test_exact_ones_alone(host, acceptable, eventually):
    app = host(acceptable)
    async with app.run_test(size=(80, 24)) as pilot:
        page = await opened(app, pilot, eventually)
        await pilot.press("x")
        assert [one.storefront_id for one in page.chosen()] == ["p3"]
        await pilot.press("x")
        assert [one.storefront_id for one in page.chosen()] == ["p1", "p2"]
        await pilot.press("x")
        assert len(page.chosen()) == 3


async def test_a_doubtful_one_is_left_out(host, acceptable, painted, eventually):
    app = host(acceptable)
    async with app.run_test(size=(80, 24)) as pilot:
        page = await opened(app, pilot, eventually)
        await pilot.press("space")
        assert "1 left out" in painted(app)
        assert [one.storefront_id for one in page.chosen()] == ["p2", "p3"]
        await pilot.press("up", "space")
        assert len(page.chosen()) == 3


LINES = (
    ImportLine(2, Kind.PRODUCTS, "p1", "b1", "same", before="b1"),
    ImportLine(3, Kind.PRODUCTS, "p2", "b2", "map"),
    ImportLine(4, Kind.PRODUCTS, "p3", "b4", "remap", before="b3"),
    ImportLine(5, Kind.FEES, "f1", "", "ignore", note="sold elsewhere"),
)
BAD = (*LINES, ImportLine(6, None, "p9", "b9", "error", "column storefront_id: no product 'p9'"))


def preview(lines):
    return ImportPreview(lines, {line.action: 1 for line in lines})


async def test_an_import_shows_what_would_change(host, workspace, golden, painted, eventually):
    taken = []
    workspace.import_mappings = lambda _integration, lines: taken.append(lines) or Edit(1, "import", 3, "3 changed")
    app = host(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(MappingImport("acme", "m.csv", preview(LINES)))
        await pilot.pause()
        golden("import_preview", app)
        await pilot.press("a")
        await pilot.pause()
        assert "same" in painted(app)
        await pilot.press("s")
        await eventually(pilot, lambda: "Import 3 mappings" in painted(app))
        await pilot.press("y")
        await app.finished.wait()
    assert len(taken) == 1
    assert app.result.count == 3


async def test_a_file_with_an_error_is_refused_whole_and_names_the_line(host, workspace, painted):
    app = host(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(MappingImport("acme", "m.csv", preview(BAD)))
        await pilot.pause()
        text = painted(app)
        assert "line 6: column storefront_id: no product 'p9'" in " ".join(text.split())
        assert text.index(" 6 error") < text.index(" 3 map")
        assert "1 line cannot be taken" in text
        await pilot.press("s")
        await pilot.pause()
        assert len(app.screen_stack) == 2
        await pilot.press("escape")
        await app.finished.wait()
    assert app.result is None
