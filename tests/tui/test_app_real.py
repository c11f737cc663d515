"""The console over a real workspace: two files are read, mapped and put right again at the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.errors import WorkspaceError
from engine.model import Kind, Side, Status
from engine.workspace import Workspace
from tui import compose

PRODUCTS = ["Backup Server 500 GB", "Firewall WX-240", "Mailbox 50 GB", "Endpoint Protection Seat"]


@pytest.fixture
def workspace(tmp_path: Path) -> Callable[[], Workspace]:
    """Opens a workspace over two product files that hold the same things at other prices."""
    for side, names in (("shop", PRODUCTS), ("office", [name.upper() for name in PRODUCTS])):
        lines = [f"{side}{n},{name},MPN-{n},{10 + n}.00\n" for n, name in enumerate(names)]
        (tmp_path / f"{side}.csv").write_text("id,name,mpn,price\n" + "".join(lines))

    def open_it() -> Workspace:
        ws = compose.open_workspace(tmp_path / "w", actor="anna")
        if not ws.connections():
            for side in ("shop", "office"):
                ws.add_connection(side, "files", {"products.path": str(tmp_path / f"{side}.csv")})
            ws.add_integration("acme", "shop", "office")
        return ws

    return open_it


async def rows(d: Any) -> dict[str, Any]:
    snapshot = await d.console.bridge.call(lambda ws: ws.snapshot("acme", Kind.PRODUCTS))
    return {row.id: row for row in snapshot.rows if row.side is Side.STOREFRONT}


async def test_reading_mapping_and_undoing(open_real: Callable[..., Any], workspace: Callable[[], Workspace]) -> None:
    async with open_real(workspace) as d:
        assert "Nothing read yet" in d.text
        await d.press("r", until=lambda: any("have a suggestion" in toast for toast in d.toasts))
        await d.settle(lambda: "4 unmapped" in d.text and "= BACKUP" in d.text)

        await d.press("home", "a")
        await d.settle(lambda: "3 unmapped" in d.text)
        assert (await rows(d))["shop0"].right_id == "office0"

        await d.press("home", "j", "enter", until=lambda: d.top == "Picker" and not d.console.screen._reading)
        await d.type("firewall")
        await d.press("enter", until=lambda: d.top != "Picker")
        await d.settle(lambda: "2 unmapped" in d.text)
        assert (await rows(d))["shop1"].right_id == "office1"

        await d.press("home", "j", "j", "space", "x", until=lambda: d.top == "ReasonPrompt")
        await d.type("not sold")
        await d.press("ctrl+s", until=lambda: d.top != "ReasonPrompt")
        await d.settle(lambda: "1 unmapped" in d.text)
        assert (await rows(d))["shop2"].status is Status.IGNORED

        for left in (2, 3, 4):
            await d.press("ctrl+z")
            await d.settle(lambda left=left: f"{left} unmapped" in d.text)
        assert {row.status for row in (await rows(d)).values()} == {Status.UNMAPPED}


async def test_another_process_shows_up_by_itself(
    open_real: Callable[..., Any], workspace: Callable[[], Workspace]
) -> None:
    first = workspace()
    await first.pull("acme")
    await first.close()
    async with open_real(workspace) as d:
        await d.settle(lambda: "4 unmapped" in d.text)
        other = workspace()
        other.map("acme", Kind.PRODUCTS, [("shop0", "office0"), ("shop1", "office1")])
        await other.close()
        await d.settle(lambda: "2 unmapped" in d.text)
        await d.press("d", "home")
        await d.settle(lambda: "anna" in d.text)


@pytest.fixture
def open_real(open_console: Any) -> Any:
    """A console that opens the workspace itself, in its own thread."""
    return open_console


async def test_an_error_in_the_work_of_a_page_is_told_and_the_page_stays(
    open_real: Callable[..., Any], workspace: Callable[[], Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise WorkspaceError("the disk is full")

    async with open_real(workspace) as d:
        await d.press("r", until=lambda: any("have a suggestion" in toast for toast in d.toasts))
        await d.settle(lambda: "= BACKUP" in d.text)
        monkeypatch.setattr(Workspace, "acceptable", full)
        await d.press("A", until=lambda: d.top == "MessageDialog")
        assert "Accept all above a score" in d.text
        assert "the disk is full" in d.text
        await d.press("escape", until=lambda: d.top == "AcceptAll")
