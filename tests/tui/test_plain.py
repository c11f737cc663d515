"""Text from outside never moves the cursor, reorders a line, or is markup."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.widgets.plain import clip, clip_right, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[/bar] [red]x[/]", "[/bar] [red]x[/]"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07name", "name"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred", "red"),
        ("a\tb\r\nc\x00", "a b c"),
        ("\u202egpj.exe", "gpj.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("Z\u0337\u0321\u0354\u0347", "Z\u0337\u0321"),
        ("e\u0301", "\u00e9"),
        ("\U0001f469\u200d\U0001f467", "\U0001f469\U0001f467"),
        ("\ud800", "\ufffd"),
        ("\u65e5\u672c", "\u65e5\u672c"),
    ],
)
def test_hostile_text_becomes_one_harmless_line(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text())
def test_nothing_that_is_shown_controls_the_terminal(text: str) -> None:
    shown = plain(text)
    assert "\x1b" not in shown
    assert "\n" not in shown
    assert shown.isprintable() or not shown.isascii()
    shown.encode()


@given(st.text(), st.integers(0, 40))
def test_a_cell_is_exactly_as_wide_as_it_must_be(text: str, width: int) -> None:
    shown = plain(text)
    assert cell_len(clip(shown, width)) == width
    assert cell_len(clip_right(shown, width)) == width


def test_what_is_cut_says_so() -> None:
    assert clip("abcdef", 4) == "abc…"
    assert clip("日本語", 4) == "日… "
    assert clip_right("ab", 4) == "  ab"
