"""Preparing the workspace of a demo: half mapped, some in sync, some out of sync, one conflict, one broken, fees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tui.demo.control import Control

if TYPE_CHECKING:
    from engine.model import Kind
    from engine.workspace import Workspace
    from tui.demo.profile import Profile

INTEGRATION = "demo"
#: How many of the mapped rows get a first sync, and how many of those move afterwards.
FIRST_SYNC, MOVED = 40, 8
RISE, FALL = 4, -6  # percent

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Scene:
    """A prepared demo: the systems' control endpoints, and the storefront rows that were played with."""

    profile: Profile
    storefront: Control
    backoffice: Control
    in_sync: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    conflict: str = ""
    broken: str = ""


async def prepare(ws: Workspace, profile: Profile, systems: Mapping[str, Any], say: Say) -> Scene:
    """Set the scene through the workspace's own verbs. Secrets are expected where the announced options refer to."""
    from engine.model import Kind

    for name in (profile.storefront, profile.backoffice):
        ws.add_connection(name, systems[name]["type"], systems[name]["options"])
    ws.add_integration(INTEGRATION, profile.storefront, profile.backoffice, profile.settings)
    say("reading both sides")
    await ws.pull(INTEGRATION)
    scene = Scene(profile, Control(systems[profile.storefront]), Control(systems[profile.backoffice]))
    truth = scene.storefront.truth()
    for kind in (Kind.CUSTOMERS, Kind.PRODUCTS):
        pairs = sorted(truth[f"{kind.singular}_pairs"].items())
        _map_half(ws, kind, pairs)
    _fees(ws)
    say("a first sync of some rows")
    in_sync = await _first_sync(ws)
    say("other people change prices meanwhile")
    scene = _move(ws, scene, in_sync)
    await ws.pull(INTEGRATION)
    for kind in (Kind.CUSTOMERS, Kind.PRODUCTS):
        await ws.suggest(INTEGRATION, kind)
    return scene


def _map_half(ws: Workspace, kind: Kind, pairs: list[tuple[str, str]]) -> None:
    """Every second true pair whose counterpart is active: inactive ones would be broken from the start."""
    active = {row.id for row in ws.snapshot(INTEGRATION, kind).rows if row.side == "backoffice" and not row.detail}
    known = {row.id for row in ws.snapshot(INTEGRATION, kind).rows if row.side == "storefront"}
    half = [(left, right) for left, right in pairs[::2] if right in active and left in known]
    if half:
        ws.map(INTEGRATION, kind, half, how="demo")


def _fees(ws: Workspace) -> None:
    """The Cancellation Fee is mapped, a setup fee is not yet."""
    from engine.model import Kind

    products = {choice.name: choice.id for choice in ws.choices_for(INTEGRATION, Kind.FEES) if not choice.mapped_to}
    cancellation = next(fee for fee in ws.fees(INTEGRATION) if fee.builtin)
    ws.set_fee(INTEGRATION, cancellation.id, amount=Decimal(60), currency="USD")
    if cancellation.name in products:
        ws.map(INTEGRATION, Kind.FEES, [(cancellation.id, products[cancellation.name])], how="demo")
    ws.add_fee(INTEGRATION, "Setup Fee", "setup", Decimal(75), "USD")


async def _first_sync(ws: Workspace) -> list[str]:
    """Sync some rows that nothing stands in the way of; the ids of those that are in sync now."""
    from engine.model import Kind, Status

    plan = await ws.plan(INTEGRATION, kinds=(Kind.PRODUCTS,))
    doubtful = {change.storefront_id for change in plan.changes if change.blocked or change.guards}
    good = [change.storefront_id for change in plan.sending if change.storefront_id not in doubtful]
    chosen = list(dict.fromkeys(good))[:FIRST_SYNC]
    if chosen:
        plan = await ws.plan(INTEGRATION, kinds=(Kind.PRODUCTS,), ids=chosen)
        await ws.sync(plan, allow=[hit.guard for hit in plan.guards], trigger="demo")
    rows = {row.id: row.status for row in ws.snapshot(INTEGRATION, Kind.PRODUCTS).rows if row.side == "storefront"}
    return [one for one in chosen if rows[one] is Status.IN_SYNC]


def _move(ws: Workspace, scene: Scene, in_sync: list[str]) -> Scene:
    """Play the other people: prices rise in the storefront, one moves on both sides, one product is switched off."""
    from engine.model import Kind

    counterpart = {row.id: row.right_id for row in ws.snapshot(INTEGRATION, Kind.PRODUCTS).rows if row.right_id}
    rest = list(in_sync)
    conflict, broken = (rest.pop() if rest else "" for _ in range(2))
    if conflict:
        scene.profile.reprice(scene.storefront, conflict, RISE)
        scene.profile.drift(scene.backoffice, counterpart[conflict], FALL)
    if broken:
        scene.profile.switch_off(scene.backoffice, counterpart[broken])
    if scene.profile.order is not None and rest:
        scene.profile.order(scene.storefront, rest.pop())
    moved = tuple(rest[:MOVED])
    for product in moved:
        if scene.profile.master == "backoffice":
            scene.profile.drift(scene.backoffice, counterpart[product], RISE)
        else:
            scene.profile.reprice(scene.storefront, product, RISE)
    return Scene(scene.profile, scene.storefront, scene.backoffice, tuple(rest[MOVED:]), moved, conflict, broken)
