"""What an error is told as where there is one line for it."""

from __future__ import annotations

import pytest

from engine.errors import UsageError
from tui.widgets.explain import explain


@pytest.mark.parametrize("text", ["page_size must be a number above 0, not 'us'", "it is no number."])
def test_what_happened_and_what_to_do_are_two_sentences(text: str) -> None:
    assert explain(UsageError(text)).sentence == f"{text.rstrip('.')}. Correct what is named above and try again."
