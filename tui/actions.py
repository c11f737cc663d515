"""The registry of actions: footer, ``?``, command palette, row menu and key map are all drawn from it.

An action that cannot run now is greyed with its reason, never hidden. Keys are remapped by action id.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from textual.binding import Binding

if TYPE_CHECKING:
    from textual.screen import Screen

    from engine.views import Row, Snapshot
    from tui.app import Console

EVERYWHERE = ""


def _no_rows() -> list[Row]:
    return []


@dataclass(frozen=True)
class Context:
    """What an action acts on, taken at the moment of the key press.

    ``targets()`` is the marked rows (also those a filter hides), or the row under the cursor when nothing is marked.
    ``kind`` is the value of an ``engine.model.Kind`` on the three list tabs and empty elsewhere.
    """

    console: Console
    screen: Screen[Any]
    integration: str
    kind: str = ""
    snapshot: Snapshot | None = None
    row: Row | None = None
    marked: int = 0
    targets: Callable[[], list[Row]] = _no_rows
    storefront: str = "the storefront"  # the connections' names, for labels
    backoffice: str = "the back office"

    @property
    def count(self) -> int:
        """How many rows ``targets()`` would give, without building them."""
        return self.marked or (self.row is not None)


def always(_context: Context) -> str:
    """The ``enabled`` of an action that can always run."""
    return ""


@dataclass(frozen=True)
class Action:
    """One thing an admin can do. ``enabled`` returns "" or the reason why it cannot be done now (cheap: asked often).

    ``key`` holds Textual key names, several separated by commas, or "" for none. ``run`` may be async; what it raises
    is shown to the admin. ``short`` is the footer's word ("" keeps it out of the footer); ``menu`` puts it into the
    row menu; ``rows`` says that it acts on all marked rows (its label then tells how many). ``{backoffice}`` and
    ``{storefront}`` in a label stand for the connections' names.
    """

    id: str
    key: str
    label: str
    help: str
    run: Callable[[Context], Awaitable[None] | None]
    enabled: Callable[[Context], str] = always
    short: str = ""
    menu: bool = False
    rows: bool = False

    def title(self, context: Context) -> str:
        """The label, with the number of rows it acts on when rows are marked."""
        label = self.label.replace("{backoffice}", context.backoffice).replace("{storefront}", context.storefront)
        return f"{label} ({context.marked:,} rows)" if self.rows and context.marked else label

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(key.strip() for key in self.key.split(",") if key.strip())

    def binding(self) -> Binding:
        return Binding(
            self.key,
            f"act('{self.id}')",
            self.short or self.label,
            show=bool(self.short),
            tooltip=self.help,
            id=self.id,
        )


class Registry:
    """Actions by screen name, in the order of registration; those of ``EVERYWHERE`` come last on every screen."""

    def __init__(self) -> None:
        self._screens: dict[str, dict[str, Action]] = {EVERYWHERE: {}}
        self._keymap: dict[str, str] = {}

    def register(self, screen: str, actions: Iterable[Action]) -> None:
        """Add actions to a screen; one with a known id replaces the earlier one in its place."""
        known = self._screens.setdefault(screen, {})
        for action in actions:
            known[action.id] = action

    def of(self, screen: str) -> tuple[Action, ...]:
        """All actions that work on a screen."""
        own = self._screens.get(screen, {}) if screen != EVERYWHERE else {}
        rest = (action for action in self._screens[EVERYWHERE].values() if action.id not in own)
        return tuple(self._mapped(action) for action in (*own.values(), *rest))

    def find(self, screen: str, action_id: str) -> Action:
        """Raises ``KeyError`` for an id that is not registered on that screen."""
        own = self._screens.get(screen, {})
        return self._mapped(own[action_id] if action_id in own else self._screens[EVERYWHERE][action_id])

    def bindings(self, screen: str) -> list[Binding]:
        """One binding per action of this screen that has a key, everywhere's included."""
        return [action.binding() for action in self.of(screen) if action.keys]

    def remap(self, keymap: Mapping[str, str]) -> list[str]:
        """Give actions other keys by id. Returns what is wrong with the map (unknown ids, a key taken twice)."""
        self._keymap = dict(keymap)
        problems = [f"{id!r} is no action" for id in keymap if not any(id in known for known in self._screens.values())]
        for name in self._screens:
            taken: dict[str, str] = {}
            problems += [
                f"{key!r} means both {taken[key]} and {action.id} on {name or 'every screen'}"
                for action in self.of(name)
                for key in action.keys
                if taken.setdefault(key, action.id) != action.id
            ]
        return problems

    def _mapped(self, action: Action) -> Action:
        return replace(action, key=self._keymap[action.id]) if action.id in self._keymap else action


#: The console's actions. Screens register theirs when their module is imported.
REGISTRY = Registry()


def register(screen: str, actions: Iterable[Action]) -> None:
    """Add actions to a screen of the console (``EVERYWHERE`` for all of them)."""
    REGISTRY.register(screen, actions)


_SHOWN = {
    "full_stop": ".",
    "question_mark": "?",
    "slash": "/",
    "asterisk": "*",
    "plus": "+",
    "minus": "-",
    "comma": ",",
    "space": "␣",
    "enter": "⏎",
    "escape": "esc",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "down": "↓",
    "up": "↑",
    "left": "←",
    "right": "→",
    "pageup": "pgup",
    "pagedown": "pgdn",
}


def key_text(key: str) -> str:
    """A key as an admin reads it: ``full_stop`` -> ``.``, ``ctrl+z`` -> ``^z``."""
    *modifiers, last = key.split("+") if key != "plus" else [key]
    shown = _SHOWN.get(last, last)
    return "".join("^" if m == "ctrl" else f"{m}+" for m in modifiers) + shown
