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
    return key in EVERYWHERE or _binder(panel, key) is not None


def refused(panel: Widget, key: str, why_not: Callable[[str], str]) -> bool:
    """Whether a key pressed inside ``panel`` is one of its own that is greyed now; it is told why.

    Such a key must be stopped: Textual would offer it to the screen next, where it means something else.
    """
    return _binder(panel, key) is panel and say_why_not(panel, key, why_not)


def say_why_not(node: Widget, key: str, why_not: Callable[[str], str]) -> bool:
    """Tell why a key of ``node`` that is greyed does nothing now; whether there was anything to tell."""
    for binding in node._bindings.key_to_bindings.get(key, ()):  # noqa: SLF001 - Textual offers no other way to the bindings
        reason = why_not(binding.action)
        if reason:
            node.app.notify(plain(f"Not now: {reason}."), title=binding.description, timeout=3, markup=False)
            return True
    return False


def _binder(panel: Widget, key: str) -> Widget | None:
    """The widget inside ``panel`` (itself included), nearest to the focus, that binds a key; None when none does."""
    focused = panel.app.focused
    for node in focused.ancestors_with_self if focused is not None else (panel,):
        if isinstance(node, Widget) and key in node._bindings.key_to_bindings:  # noqa: SLF001 - Textual offers no other way to the bindings
            return node
        if node is panel:
            break
    return None
