from __future__ import annotations

from datetime import date

import pytest
from textual.widgets import Input, Select

from engine.errors import UsageError
from tui.widgets import checks
from tui.widgets.form_dialogs import FormDialog, Reason, ReasonPrompt, TextPrompt
from tui.widgets.forms import Form, FormField

FIELDS = [
    FormField("name", "Name", required=True, help="What it is called."),
    FormField("price", "Price", check=checks.amount, help="In the integration's currency."),
    FormField("type", "Type", "choice", value="b", choices=(("a", "First"), ("b", "Second")), required=True),
    FormField("taxable", "Taxable", "switch", value="true"),
]


async def save(values):
    return values


def dialog(submit=save, **more):
    return FormDialog("Add a product", FIELDS, submit, save="Add", **more)


async def test_it_returns_what_was_entered(host):
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(dialog())
        await pilot.pause()
        await pilot.press(*"Seat", "enter", *"12.50", "ctrl+s")
        await app.finished.wait()
    assert app.result == {"name": "Seat", "price": "12.50", "type": "b", "taxable": "true"}


async def test_enter_walks_the_fields_down_to_the_button(host):
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(FormDialog("Two", FIELDS[:2], save))
        await pilot.pause()
        await pilot.press(*"Seat", "enter", *"3", "enter")
        assert app.screen.focused.id == "save"
        await pilot.press("enter")
        await app.finished.wait()
    assert app.result == {"name": "Seat", "price": "3"}


async def test_errors_stand_beside_their_fields_and_the_cursor_on_the_first(host, painted, golden):
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(dialog())
        await pilot.pause()
        await pilot.press("tab", *"cheap", "ctrl+s")
        await pilot.pause()
        text = painted(app)
        assert "^ needed" in text
        assert "'cheap' is not an amount" in text
        assert not app.finished.is_set()
        assert app.screen.query_one(Form).row("name").control.has_focus
        golden("form_errors", app)


async def test_an_error_goes_away_as_soon_as_it_is_mended(host, painted):
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(dialog())
        await pilot.pause()
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert "^ needed" in painted(app)
        await pilot.press("S")
        await pilot.pause()
        assert "^ needed" not in painted(app)


async def test_a_refusal_of_the_engine_keeps_what_was_typed(host, painted):
    async def refuse(_values):
        raise UsageError("a fee named 'Seat' exists already; nothing was added")

    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(dialog(refuse))
        await pilot.pause()
        await pilot.press(*"Seat", "ctrl+s")
        await pilot.pause()
        await app.workers.wait_for_complete()
        text = painted(app)
    assert "exists already; nothing was added" in text
    assert "Seat" in text
    assert not app.finished.is_set()


async def test_fields_that_disagree_are_found_together(host, painted):
    app = host()
    check = lambda values: {"price": "the price is below the cost"} if values["name"] == "x" else {}  # noqa: E731
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(dialog(check=check))
        await pilot.pause()
        await pilot.press("x", "ctrl+s")
        await pilot.pause()
        assert "below the cost" in painted(app)
        assert app.screen.query_one(Form).row("price").control.has_focus


async def test_escape_leaves_an_untouched_form_at_once(host):
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(dialog())
        await pilot.pause()
        await pilot.press("escape")
        await app.finished.wait()
    assert app.result is None


async def test_escape_never_loses_what_was_typed(host, painted):
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(dialog())
        await pilot.pause()
        await pilot.press(*"Seat", "escape")
        await pilot.pause()
        assert "Discard what you typed?" in painted(app)
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen.query_one(Form).values()["name"] == "Seat"
        await pilot.press("escape")
        await pilot.pause()
        await pilot.press("y")
        await app.finished.wait()
    assert app.result is None


async def test_help_of_the_field_under_the_cursor(host, painted):
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(dialog())
        await pilot.pause()
        assert "What it is called." in painted(app)
        await pilot.press("tab")
        await pilot.pause()
        assert "In the integration's currency." in painted(app)


async def test_other_fields_keep_what_was_typed_into_those_that_stay(host):
    app = host(widget=lambda: Form(FIELDS))
    async with app.run_test(size=(80, 24)) as pilot:
        form = app.query_one(Form)
        form.row("name").value = "Seat"
        form.row("type").value = "a"
        await form.set_fields([FIELDS[0], FIELDS[2], FormField("sku", "SKU", value="A-1")])
        await pilot.pause()
        assert form.values() == {"name": "Seat", "type": "a", "sku": "A-1"}


async def test_a_choice_is_made_by_keyboard(host):
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(dialog())
        await pilot.pause()
        await pilot.press(*"Seat", "tab", "tab")
        assert isinstance(app.screen.focused, Select)
        await pilot.press("enter", "up", "enter", "tab", "space", "ctrl+s")
        await app.finished.wait()
    assert app.result["type"] == "a"
    assert app.result["taxable"] == "false"


async def test_a_choice_is_found_by_typing_its_name(host):
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(dialog())
        await pilot.pause()
        await pilot.press(*"Seat", "tab", "tab", "enter", *"fir", "enter", "ctrl+s")
        await app.finished.wait()
    assert app.result["type"] == "a"


async def test_hostile_labels_values_and_choices_are_plain_text(host, painted, hostile):
    fields = [
        FormField("a", hostile, value=hostile, help=hostile, check=lambda _text: hostile),
        FormField("b", "B", "choice", value=hostile, choices=((hostile, hostile),), required=True),
    ]
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(FormDialog(hostile, fields, save, lines=[hostile]))
        await pilot.pause()
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert painted(app).count("[/bar] [red]x[/]") >= 4


@pytest.mark.parametrize(("typed", "until"), [("", None), ("2030-01-31", date(2030, 1, 31)), ("2w", date(2026, 1, 15))])
async def test_ignoring_takes_a_reason_and_a_day(host, typed, until):
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(ReasonPrompt(["Seat"], 1, date(2026, 1, 1)))
        await pilot.pause()
        await pilot.press(*"sold elsewhere", "enter", *typed, "ctrl+s")
        await app.finished.wait()
    assert app.result == Reason("sold elsewhere", until)


async def test_a_day_in_the_past_is_refused(host, painted):
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(ReasonPrompt(["Seat"], 12, date(2026, 1, 1)))
        await pilot.pause()
        await pilot.press("x", "enter", *"2025-12-31", "ctrl+s")
        await pilot.pause()
        assert "not in the future" in painted(app)
        assert not app.finished.is_set()


async def test_a_prompt_is_taken_by_enter(host):
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(TextPrompt("Export", "File", value="a.csv"))
        await pilot.pause()
        assert app.screen.query_one(Input).value == "a.csv"
        await pilot.press("end", "2", "enter")
        await app.finished.wait()
    assert app.result == "a.csv2"


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (checks.amount, ["0", "12.50", "1E3"], ["-1", "x", "NaN", "1,5"]),
        (checks.percent, ["50", "0"], ["-1", "x"]),
        (checks.whole, ["1", "500"], ["0", "-1", "1.5", "٣"]),
        (checks.score, ["0", "0.95", "1"], ["1.1", "x"]),
        (checks.currency, ["USD", "eur"], ["US", "12A", "евр"]),
        (checks.name, ["market-us", "A.1"], ["-a", "two words", "x" * 41, "ä"]),
        (checks.secret_reference, ["env:TOKEN", "file:/run/token"], ["hunter2", "env:", "keyring: "]),
    ],
)
def test_what_may_be_typed(check, good, bad):
    assert [check(text) for text in good] == [""] * len(good)
    assert all(check(text) for text in bad)
