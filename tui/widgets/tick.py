"""A tick box that says its state in text: ``[x]`` or ``[ ]``, not by colour alone."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Checkbox


class Tick(Checkbox):
    """Textual's checkbox draws the same X in two colours; this one draws what the lists draw."""

    def __init__(
        self, label: str = "", value: bool = False, *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(Content(label), value, compact=True, id=id, classes=classes)

    @property
    def _button(self) -> Content:
        return Content.styled("[x]" if self.value else "[ ]", "bold")
