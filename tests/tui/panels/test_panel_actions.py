from __future__ import annotations

from types import SimpleNamespace

from tui.screens.panel_actions import KEYS, PANEL
from tui.widgets.sync_panel import SyncPanel


def test_every_key_of_the_panel_is_an_action_with_the_same_key():
    bound = {binding.action: binding.key for binding in SyncPanel.BINDINGS if binding.action != "close"}
    assert {name: key for name, key, _, _ in KEYS} == bound


async def test_an_action_works_on_the_open_panel_and_says_why_not(host, workspace, eventually):
    async def never(*_what):
        return False

    app = host(workspace, lambda: SyncPanel("products", lambda: None, never))
    actions = {action.id: action for action in PANEL}
    async with app.run_test(size=(80, 24)) as pilot:
        context = SimpleNamespace(screen=app.screen)
        panel = app.screen.query_one(SyncPanel)
        assert actions["panel.start"].enabled(context) == "open the sync panel first (S)"
        panel.add_class("-open")
        assert actions["panel.start"].enabled(context) == "plan first (p)"
        actions["panel.zoom"].run(context)
        await pilot.pause()
        assert panel.has_class("-full")
