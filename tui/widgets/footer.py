"""The footer: the keys that work here and now, on one line.

Textual's own Footer keeps one dead widget per shown key on every refresh of the bindings (textual issue 6666);
this one has no children, paints only when what it shows changed, and grows by nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from tui.actions import key_text
from tui.widgets.line import Line, Piece

if TYPE_CHECKING:
    from textual.binding import ActiveBinding
    from textual.screen import Screen


class StableFooter(Line):
    """Draws the shown bindings of its screen; a click does what the key does; what cannot run now is dim."""

    DEFAULT_CSS = """
    StableFooter { dock: bottom; background: $footer-background; color: $footer-foreground; }
    StableFooter > .line--key { color: $footer-key-foreground; text-style: bold; }
    """

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def _bindings_changed(self, screen: Screen[object]) -> None:
        if screen is self.screen:
            self.changed()

    def _shown(self) -> list[tuple[str, ActiveBinding]]:
        seen: set[str] = set()
        shown = []
        for key, active in self.screen.active_bindings.items():
            if active.binding.show and active.binding.action not in seen:
                seen.add(active.binding.action)
                shown.append((key, active))
        return shown

    def pieces(self, width: int) -> Sequence[Piece]:
        reason = getattr(self.screen, "reason", None)
        pieces: list[Piece] = []
        used = 0
        for key, active in self._shown():
            name = active.binding.id or ""
            off = not active.enabled or bool(reason and active.binding.action.startswith("act(") and reason(name))
            shown, word = f" {key_text(key)} ", f"{active.binding.description} "
            used += cell_len(shown + word)
            if used > width:
                break
            pieces.append(Piece(shown, "dim" if off else "key", key))
            pieces.append(Piece(word, "dim" if off else "", key))
        return pieces

    def right(self, width: int) -> Sequence[Piece]:
        del width
        if getattr(self.screen, "reason", None) is None:
            return ()
        return (Piece(" ? ", "key", "question_mark"), Piece("All keys ", "", "question_mark"))

    def clicked(self, what: str) -> None:
        self.app.simulate_key(what)
