"""Which keys belong to a panel that shares its screen with a list: a key of the list must not act from inside it."""

from __future__ import annotations

from collections.abc import Callable

from textual.widget import Widget

from tui.widgets.plain import plain

#: Keys that mean the same in the whole console.
EVERYWHERE = frozenset({"tab", "shift+tab", "question_mark", "f1", "comma", "ctrl+p", "ctrl+q"})
EVERYWHERE |= {"left_square_bracket", "right_square_bracket", *(str(number) for number in range(1, 10))}


def meant_for(panel: Widget, key: str) -> bool:
    """Whether a key pressed inside ``panel`` is bound there, or means the same everywhere."""
    if key in EVERYWHERE:
        return True
    focused = panel.app.focused
    for node in focused.ancestors_with_self if focused is not None else (panel,):
        if isinstance(node, Widget) and key in node._bindings.key_to_bindings:  # noqa: SLF001 - Textual offers no other way to the bindings
            return True
        if node is panel:
            break
    return False


def say_why_not(node: Widget, key: str, why_not: Callable[[str], str]) -> None:
    """Tell why a key of ``node`` that is greyed does nothing now."""
    for binding in node._bindings.key_to_bindings.get(key, ()):  # noqa: SLF001 - Textual offers no other way to the bindings
        reason = why_not(binding.action)
        if reason:
            node.app.notify(plain(f"Not now: {reason}."), title=binding.description, timeout=3, markup=False)
