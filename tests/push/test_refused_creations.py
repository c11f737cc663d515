"""Between a store and accounting, too, a finding proposes a creation only where it would be made."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.registry import EntryPointRegistry
from connectors.sandbox.launcher import describe
from connectors.sandbox.server import serve_in_thread
from connectors.sandbox.systems import make as make_systems
from connectors.sandbox.world import World
from connectors.secrets import resolve
from engine.findings import Action
from engine.model import Kind
from engine.workspace import Workspace
from tests.push.conftest import Clock


async def test_after_everything_is_applied_only_what_is_manual_is_left(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    boxes = make_systems(["marketplace", "syncro"], World.make(seed=1, customers=4, products=80), rate=0)
    with serve_in_thread(boxes["marketplace"]) as left, serve_in_thread(boxes["syncro"]) as right:
        ws = Workspace.open(tmp_path / "ws", EntryPointRegistry(), actor="ada", clock=Clock(), secret=resolve)
        for name, one in (("marketplace", left), ("syncro", right)):
            for variable, secret in describe(one)["env"].items():
                monkeypatch.setenv(variable, secret)
            ws.add_connection(name, name, describe(one)["options"])
        ws.add_integration("acme", "marketplace", "syncro", {"currency": "USD"})
        try:
            made = await ws.reconcile("acme", (Kind.PRODUCTS,))
            found = ws.findings(made.id)
            refused = [one.finding for one in found if "it is not created" in one.finding.why]
            assert {one.action for one in refused} == {Action.MANUAL}
            assert any("has a product of this name" in one.why for one in refused)
            keys = [one.finding.key for one in found if one.finding.action is not Action.MANUAL]
            plan = await ws.plan_resolutions(made.id, keys)
            guards = [hit.guard for hit in plan.plan.guards] if plan.plan else []
            done = await ws.resolve_findings(plan, allow=guards)
            assert {one.result.value for one in done} == {"applied"}
            again = ws.findings((await ws.reconcile("acme", (Kind.PRODUCTS,))).id)
            assert {one.finding.action for one in again} == {Action.MANUAL}
        finally:
            await ws.close()
