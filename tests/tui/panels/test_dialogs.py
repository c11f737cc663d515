from __future__ import annotations

import pytest
from textual.widgets import Button, Input

from tui.widgets.dialogs import Answer, ChooseOne, Confirm, MessageDialog, Phrase, named

SIZES = [(80, 24), (160, 50)]


def confirm(**more):
    return Confirm("Sync 3 rows", ["3 changes go to Syncro."], names=["Backup", "Seat", "Firewall"], yes="Sync", **more)


@pytest.mark.parametrize(("keys", "answer"), [("y", True), ("enter", True), ("n", False), ("escape", False)])
async def test_a_confirmation_takes_one_key(host, keys, answer):
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(confirm())
        await pilot.pause()
        await pilot.press(keys)
        await app.finished.wait()
    assert app.result is answer


@pytest.mark.parametrize("size", SIZES)
async def test_a_confirmation_says_how_many_and_which(host, painted, size):
    app = host()
    async with app.run_test(size=size) as pilot:
        app.open(Confirm("Sync", ["Go?"], names=[f"Product {n}" for n in range(30)], count=2000))
        await pilot.pause()
        text = painted(app)
    assert "Product 0" in text
    assert "Product 7" in text
    assert "and 1,992 more" in text


def test_names_that_all_fit_are_all_shown():
    assert named(["A", "B"], 2) == ["A", "B"]


async def test_each_guard_must_be_typed_word_for_word(host):
    app = host()
    phrases = [Phrase("zero_price", "1 price becomes 0"), Phrase("max_rows", "600 rows")]
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(confirm(phrases=phrases))
        await pilot.pause()
        button = app.screen.query_one("#yes", Button)
        assert button.disabled
        await pilot.press(*"zero_price", "enter")
        assert app.screen.focused.id == "phrase-1"
        await pilot.press(*"max_row", "enter")
        assert button.disabled
        app.screen.query_one("#phrase-1", Input).focus()
        await pilot.press("end", "s")
        assert not button.disabled
        await pilot.press("enter")
        await app.finished.wait()
    assert app.result is True


async def test_a_wrong_word_is_said_and_stays_where_it_was_typed(host, painted):
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(confirm(phrases=[Phrase("zero-price", "1 price becomes 0"), Phrase("row-count", "600 rows")]))
        await pilot.pause()
        await pilot.press(*"zero", "enter")
        await pilot.pause()
        assert app.screen.focused.id == "phrase-0"
        assert "'zero' is not zero-price: type it word for word" in painted(app)
        await pilot.press("minus", *"price", "enter")
        await pilot.pause()
        assert app.screen.focused.id == "phrase-1"
        assert "is not" not in painted(app)
        await pilot.press(*"row", "minus", *"count", "enter")
        await app.finished.wait()
    assert app.result is True


async def test_letters_of_a_phrase_are_not_taken_for_yes_or_no(host):
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(confirm(phrases=[Phrase("yn", "really")]))
        await pilot.pause()
        await pilot.press("y", "n")
        assert not app.finished.is_set()
        assert app.screen.query_one(Input).value == "yn"
        await pilot.press("escape")
        await app.finished.wait()
    assert app.result is False


async def test_a_message_has_all_four_parts(host, golden):
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(
            MessageDialog(
                "Not synced",
                "Syncro refused the price",
                about="Backup 1 TB (4711)",
                written="3 rows before it; this one was not",
                advice="Press r to resume",
                error=True,
            )
        )
        await pilot.pause()
        golden("message", app)
        await pilot.press("enter")
        await app.finished.wait()


@pytest.mark.parametrize(("keys", "answer"), [(["2"], "skip"), (["down", "enter"], "skip"), (["escape"], None)])
async def test_choosing_by_arrow_and_by_number(host, keys, answer):
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(ChooseOne("Unmapped", ["12 rows are not mapped."], [Answer("map", "Map"), Answer("skip", "Skip")]))
        await pilot.pause()
        await pilot.press(*keys)
        await app.finished.wait()
    assert app.result == answer


async def test_an_answer_that_cannot_be_taken_says_why_and_is_passed_over(host, painted):
    app = host()
    answers = [Answer("a", "Keep storefront", disabled="not writable"), Answer("b", "Keep back office")]
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(ChooseOne("Resolve", [], answers))
        await pilot.pause()
        assert "not writable" in painted(app)
        await pilot.press("1")
        assert not app.finished.is_set()
        await pilot.press("enter")
        await app.finished.wait()
    assert app.result == "b"


async def test_hostile_names_are_plain_text_in_every_dialog(host, painted, hostile):
    app = host()
    dialogs = [
        Confirm(hostile, [hostile], names=[hostile], phrases=[Phrase(hostile, hostile)], yes=hostile),
        MessageDialog(hostile, hostile, about=hostile, written=hostile, advice=hostile),
        ChooseOne(hostile, [hostile], [Answer("a", hostile, help=hostile)]),
    ]
    async with app.run_test(size=(80, 24)) as pilot:
        for dialog in dialogs:
            app.open(dialog)
            await pilot.pause()
            text = painted(app)
            assert text.count("[/bar] [red]x[/]") >= 2
            assert "\x1b" not in text
            assert "\u202e" not in text
            await pilot.press("escape")
            await app.finished.wait()


async def test_a_long_dialog_scrolls_and_keeps_its_buttons_at_80x24(host, painted):
    app = host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(Confirm("Long", [f"line {n}" for n in range(60)], yes="Do it"))
        await pilot.pause()
        text = painted(app)
    assert "Do it" in text
    assert "y or Enter yes" in text
