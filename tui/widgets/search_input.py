"""A field for words to look for: what is pasted into it is one line."""

from __future__ import annotations

from textual.events import Paste
from textual.widgets import Input


class SearchInput(Input):
    """Textual's own field takes the first pasted line and drops the rest; here the lines become words of one search."""

    def _on_paste(self, event: Paste) -> None:
        event.stop()
        event.prevent_default()  # Input's own handler would paste the first line once more
        words = " ".join(event.text.split())
        if words:
            self.replace(words, *sorted((self.selection.start, self.selection.end)))
