from __future__ import annotations

from dataclasses import replace

import pytest

from engine.errors import AuthenticationError
from engine.ports import Budget, CheckItem, CheckReport
from tests.waiting import Heard
from tui.screens.connections import ConnectionsScreen, budget_text
from tui.widgets.call_lines import cost_text
from tui.widgets.check_report import CheckDialog, report_lines
from tui.widgets.connection_form import changed_options, option_fields, options_of
from tui.widgets.forms import Form


@pytest.fixture
def screen(host, connected, eventually, painted):
    async def start(pilot, app):
        app.open(ConnectionsScreen())
        await eventually(pilot, lambda: "erp" in painted(app))
        return app.screen

    return host(connected), start


def offering_currencies(kind):
    """The type as if its currency were chosen from what the connected system offers."""
    options = [replace(one, choices_of="currencies") if one.name == "currency" else one for one in kind.options]
    return replace(kind, options=tuple(options))


async def test_all_connections_with_their_state(screen, golden):
    app, start = screen
    async with app.run_test(size=(80, 24)) as pilot:
        page = await start(pilot, app)
        assert [view.name for view in page.table.rows] == ["erp", "shop"]
        await pilot.press("down")
        await pilot.pause()
        assert page.table.row.name == "shop"


async def test_a_connection_is_added_and_tested_at_once(screen, connected, files, painted, eventually):
    app, start = screen
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await start(pilot, app)
        await pilot.press("n")
        await eventually(pilot, lambda: "Which system?" in painted(app))
        await pilot.press("1")
        await eventually(pilot, lambda: "New connection: Files" in painted(app))
        form = app.screen.query_one(Form)
        form.row("name").value = "third"
        form.row("option-products.path").value = str(files / "shop.csv")
        await pilot.press("ctrl+s")
        await eventually(pilot, lambda: "third: works" in painted(app))
        await pilot.press("enter")
    assert connected.connection("third").state == "ok"


async def test_an_option_is_changed_and_another_taken_away(screen, connected, painted, eventually):
    app, start = screen
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot, app)
        await pilot.press("e")
        await eventually(pilot, lambda: "erp: Files" in painted(app))
        form = app.screen.query_one(Form)
        form.row("option-writable").value = ""
        form.row("option-more").value = "products.columns.name=name"
        await pilot.press("ctrl+s")
        await eventually(pilot, lambda: "erp: works" in painted(app))
    options = connected.connection("erp").options
    assert "writable" not in options
    assert options["products.columns.name"] == "name"


async def test_an_option_is_picked_from_what_the_system_offers(screen, connected, painted, eventually, monkeypatch):
    kinds = [offering_currencies(kind) for kind in connected.connection_types()]

    async def offer(_name, what):
        return [f"CAD of {what}"]

    monkeypatch.setattr(connected, "connection_types", lambda: kinds)
    monkeypatch.setattr(connected, "connection_choices", offer)
    connected.set_connection("erp", {"currency": "USD"})
    app, start = screen
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot, app)
        await pilot.press("e")
        await eventually(pilot, lambda: "erp: Files" in painted(app))
        row = app.screen.query_one(Form).row("option-currency")
        assert [value for value, _ in row.field.choices] == ["CAD of currencies", "USD"], "what is set stays choosable"
        assert row.value == "USD"


async def test_what_cannot_be_offered_is_typed(screen, connected, painted, eventually, monkeypatch):
    kinds = [offering_currencies(kind) for kind in connected.connection_types()]

    async def refuse(_name, _what):
        raise AuthenticationError("token refused", connection="erp", request_id="r-9")

    monkeypatch.setattr(connected, "connection_types", lambda: kinds)
    monkeypatch.setattr(connected, "connection_choices", refuse)
    app, start = screen
    heard = Heard()
    async with app.run_test(size=(80, 24), notifications=True, message_hook=heard) as pilot:
        await start(pilot, app)
        await pilot.press("e")
        await eventually(pilot, lambda: "erp: Files" in painted(app))
        assert app.screen.query_one(Form).row("option-currency").field.kind == "text"
        assert "token refused" in heard.notes[-1].message


async def test_a_connection_in_use_is_not_removed_and_says_why(screen, connected, painted, eventually):
    app, start = screen
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot, app)
        await pilot.press("delete")
        await eventually(pilot, lambda: "Remove erp" in painted(app))
        await pilot.press("y")
        await eventually(pilot, lambda: "is used by acme" in painted(app))
    assert len(connected.connections()) == 2


async def test_a_failing_test_says_what_to_do(screen, connected, painted, eventually, monkeypatch):
    async def refuse(_name):
        raise AuthenticationError("token refused", connection="erp", request_id="r-9")

    monkeypatch.setattr(connected, "check_connection", refuse)
    app, start = screen
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot, app)
        await pilot.press("t")
        await eventually(pilot, lambda: "erp does not answer" in painted(app))
        assert "request r-9" in painted(app)
        assert "Check the connection's credentials" in painted(app)


async def test_what_a_connection_needs_can_be_read_to_its_last_word(
    screen, connected, painted, eventually, monkeypatch
):
    advice = "Connect the app to company 4620816365001234 again, and test the connection"
    known = connected.connections
    message = f"{'Reconnect needed: the refresh token was refused (invalid_grant). ' * 5}{advice}"
    monkeypatch.setattr(connected, "connections", lambda: [replace(view, message=message) for view in known()])
    app, start = screen
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot, app)
        await eventually(pilot, lambda: advice in " ".join(painted(app).split()))


REPORT = CheckReport(
    (
        CheckItem("Sign in", ok=True),
        CheckItem("Products - Edit", ok=False, message="missing; needed to write prices"),
        CheckItem("Customers - Create", ok=False, message="only to create customers", required=False),
    ),
    account="ada@example.com",
)


async def test_a_report_names_the_missing_permission(host, golden):
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(CheckDialog("syncro", REPORT))
        await pilot.pause()
        golden("check_report", app)


def test_a_report_says_in_words_what_its_colours_say():
    assert [line.split()[0] for line, _ in report_lines(REPORT)] == ["Account:", "ok", "MISSING", "absent"]


def test_hostile_names_in_a_report_are_plain(hostile):
    report = CheckReport((CheckItem(hostile, ok=False, message=hostile),), hostile)
    assert len(report_lines(report)) == 2


def test_options_survive_the_form(real):
    kind = next(one for one in real.connection_types() if one.name == "files")
    options = {"products.path": "a b.csv", "products.columns.name": "Long title"}
    values = {field.name: field.value for field in option_fields(kind, options)}
    assert {name: value for name, value in options_of(values).items() if value} == options
    values["option-more"] = ""
    values["option-products.path"] = ""
    assert changed_options(options, values)["products.columns.name"] == ""
    assert changed_options(options, values)["products.path"] == ""


@pytest.mark.parametrize("text", ["nonsense", "other.path=x", "products.columns.name='unclosed"])
def test_free_options_are_checked(real, text):
    kind = next(one for one in real.connection_types() if one.name == "files")
    more = next(field for field in option_fields(kind, {}) if field.name == "option-more")
    assert more.check(text)


def test_a_budget_of_points_says_so(make):
    points = Budget(limit=1000, window=10, used=420, unit="points")
    assert budget_text(make.view("shop", budget=points)) == "420/1,000 points in 10 s"


def test_a_budget_in_words(make):
    day = Budget(limit=9500, window=86400, used=1040)
    both = Budget(limit=950, window=3600, used=12, throttled=3, also=(day,))
    assert budget_text(make.view("uc", budget=both)) == "12/950 an hour · 1,040/9,500 a day, 3 throttled"
    assert budget_text(make.view("syncro")) == "3/150 a min"


def test_calls_are_held_against_every_limit(make):
    budget = Budget(limit=950, window=3600, used=50, also=(Budget(limit=9500, window=86400, used=500),))
    plan = make.plan(calls={"uc": 40})
    assert cost_text(plan, {"uc": budget}, ["uc"]) == "uc 40 calls of 900 left this hour, 9,000 left today"
