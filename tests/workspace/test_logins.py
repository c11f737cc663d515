"""Logging in through the front door: what is published, what others see meanwhile, and how waiting is stopped."""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio

from connectors.registry import EntryPointRegistry
from connectors.sandbox.crm_world import CrmWorld
from connectors.sandbox.server import serve_in_thread
from connectors.sandbox.ultracart import UltraCart
from connectors.secrets import resolve
from engine.errors import AuthenticationError, Busy, UsageError
from engine.events import LoginWaiting
from engine.ports import LoginEnd
from engine.workspace import Workspace


@pytest.fixture(scope="module")
def account():
    with serve_in_thread(UltraCart(CrmWorld.make(seed=3, items=12), rate=0, interval=0.01)) as served:
        yield served


@pytest_asyncio.fixture
async def ws(tmp_path, account):
    account.app.reset()
    made = Workspace.open(tmp_path / "workspace", EntryPointRegistry(), actor="tester", secret=resolve)
    made.add_connection("uc", "ultracart", {**account.options, "client_id": "crosswalk-app"})
    yield made
    await made.close()


@pytest.fixture
def code(ws):
    """``await code()``: the next code that is shown."""
    shown: asyncio.Queue[LoginWaiting] = asyncio.Queue()
    ws.events.subscribe(lambda event: shown.put_nowait(event) if isinstance(event, LoginWaiting) else None)
    return lambda: asyncio.wait_for(shown.get(), 20)


async def test_a_grant_makes_the_connection_well_again(ws, code, account):
    assert not (await ws.check_connection("uc")).ok
    assert ws.connection("uc").state == "reconnect needed"
    login = asyncio.create_task(ws.log_in("uc"))
    waiting = await code()
    assert waiting.connection == "uc"
    assert 590 < (waiting.until - ws.clock.now()).total_seconds() <= 600
    account.app.oauth.decide(waiting.code.user_code, granted=True)
    result = await login
    assert (result.end, result.account) == (LoginEnd.GRANTED, "DEMO")
    assert (ws.connection("uc").state, ws.connection("uc").message) == ("ok", "")
    assert (await ws.check_connection("uc")).ok


async def test_others_are_told_what_the_connection_is_held_for(ws, code, tmp_path):
    login = asyncio.create_task(ws.log_in("uc"))
    await code()
    assert ws.connection("uc").holder_purpose == "logging in to uc"
    other = Workspace.open(tmp_path / "workspace", EntryPointRegistry(), actor="other", secret=resolve)
    other._operations.patience = 0.0
    with pytest.raises(Busy, match="logging in to uc"):
        await other.check_connection("uc")
    with pytest.raises(UsageError, match="waits for its code already"):
        await ws.log_in("uc")
    await other.close()
    assert ws.cancel_login("uc")
    await login


async def test_waiting_is_stopped_and_the_connection_let_go(ws, code, account):
    login = asyncio.create_task(ws.log_in("uc"))
    await code()
    assert not ws.cancel_login("other")
    assert ws.cancel_login()
    assert (await login).end is LoginEnd.CANCELLED
    assert ws.connection("uc").holder == ""
    asked = len(account.requests)
    assert not ws.cancel_login("uc")
    again = asyncio.create_task(ws.log_in("uc"))
    await code()
    assert len(account.requests) > asked
    ws.cancel_login("uc")
    await again


async def test_a_denied_request_changes_nothing(ws, code, account):
    login = asyncio.create_task(ws.log_in("uc"))
    account.app.oauth.decide((await code()).code.user_code, granted=False)
    assert (await login).end is LoginEnd.DENIED
    assert ws.connection("uc").state == "not checked"
    assert not (ws.path / "tokens" / "uc.json").exists()


async def test_a_refused_application_shows_in_the_connections_state(ws, code):
    ws.set_connection("uc", {"client_id": "nobody"})
    with pytest.raises(AuthenticationError, match="refused the application"):
        await ws.log_in("uc")
    assert ws.connection("uc").state == "reconnect needed"
    assert "refused the application" in ws.connection("uc").message


async def test_saving_the_same_options_keeps_what_a_test_found(ws):
    assert not (await ws.check_connection("uc")).ok
    assert ws.set_connection("uc", {"client_id": "crosswalk-app"}).state == "reconnect needed"
    assert ws.set_connection("uc", {"client_id": "another-app"}).state == "not checked"
