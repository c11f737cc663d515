"""Outside text as Textual content: ``plain`` first, and never through the markup parser."""

from __future__ import annotations

from textual.content import Content

from tui.widgets.plain import plain


def content(text: str, style: str = "") -> Content:
    """One safe line of ``text``; ``style`` is a Textual style such as ``"bold"``."""
    return Content.styled(plain(text), style) if style else Content(plain(text))
