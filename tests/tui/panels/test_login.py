from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from connectors.sandbox.crm_world import CrmWorld
from connectors.sandbox.server import serve_in_thread
from connectors.sandbox.ultracart import UltraCart
from engine.errors import AuthenticationError
from engine.events import LoginWaiting, Waiting
from engine.ports import LoginCode, LoginEnd, LoginResult
from tests.waiting import DEADLINE, Heard
from tui.screens.connections import ConnectionsScreen
from tui.screens.setup import BACKOFFICE, SetupScreen
from tui.widgets.check_report import CheckDialog
from tui.widgets.forms import Form
from tui.widgets.login_dialog import LoginDialog, time_left

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CODE = LoginCode("BCDF-GHJK", "https://example.com/device", 600, "https://example.com/device?user_code=BCDF-GHJK")


class Desk:
    """A workspace whose logins end as the test says: ``ends.put_nowait(result or error)``."""

    def __init__(self):
        self.ends = asyncio.Queue()
        self.asked = []

    async def log_in(self, name):
        self.asked.append(("log_in", name))
        end = await self.ends.get()
        if isinstance(end, Exception):
            raise end
        return end

    def cancel_login(self, name):
        self.asked.append(("cancel_login", name))
        self.ends.put_nowait(LoginResult(LoginEnd.CANCELLED))
        return True


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def dialog(host, desk, eventually, painted):
    """``app, start``: the dialog of a connection ``uc``, whose code is shown."""
    app = host(desk)
    app.clock = [NOW]

    async def start(pilot, code=CODE):
        app.open(LoginDialog("uc", "UltraCart", now=lambda: app.clock[0]))
        await eventually(pilot, lambda: desk.asked)
        if code is not None:
            app.tell(events=[LoginWaiting("uc", code, NOW + timedelta(seconds=code.seconds))])
            await eventually(pilot, lambda: "left" in painted(app))

    return app, start


async def test_the_code_the_address_and_the_time_left(dialog, golden, painted, eventually):
    app, start = dialog
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot)
        app.clock[0] += timedelta(seconds=83)
        app.screen.show_time()
        await eventually(pilot, lambda: "8:37 left" in painted(app))
        golden("login", app)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (LoginResult(LoginEnd.GRANTED, "DEMO"), "Granted: account DEMO."),
        (LoginResult(LoginEnd.DENIED), "Denied at that address. Nothing changed."),
        (LoginResult(LoginEnd.EXPIRED), "The code ended before anybody agreed."),
    ],
)
async def test_how_it_ended_is_said_and_returned(dialog, desk, painted, eventually, result, words):
    app, start = dialog
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot)
        desk.ends.put_nowait(result)
        await eventually(pilot, lambda: words in painted(app))
        assert "left" not in painted(app)
        await pilot.press("escape")
        await asyncio.wait_for(app.finished.wait(), DEADLINE)
    assert app.result is (result.end is LoginEnd.GRANTED)
    assert desk.asked == [("log_in", "uc")], "nothing is left to cancel"


async def test_escape_stops_waiting(dialog, desk):
    app, start = dialog
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot)
        await pilot.press("escape")
        await asyncio.wait_for(app.finished.wait(), DEADLINE)
    assert app.result is False
    assert desk.asked == [("log_in", "uc"), ("cancel_login", "uc")]


async def test_a_login_that_ended_is_tried_again_with_a_new_code(dialog, desk, painted, eventually):
    app, start = dialog
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot)
        await pilot.press("r")
        desk.ends.put_nowait(LoginResult(LoginEnd.EXPIRED))
        await eventually(pilot, lambda: "code ended" in painted(app))
        await pilot.press("r")
        await eventually(pilot, lambda: "Asking UltraCart" in painted(app))
        assert "BCDF-GHJK" not in painted(app)
        app.tell(events=[LoginWaiting("uc", LoginCode("NEWC-ODES", "https://example.com", 60), NOW)])
        await eventually(pilot, lambda: "NEWC-ODES" in painted(app) and "0:00 left" in painted(app))
    assert desk.asked == [("log_in", "uc")] * 2, "r does nothing while a code is waited for"


async def test_an_error_says_what_to_do(dialog, desk, painted, eventually):
    app, start = dialog
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot, code=None)
        desk.ends.put_nowait(AuthenticationError("UltraCart refused the application", connection="uc"))
        await eventually(pilot, lambda: "refused the application" in painted(app))
        words = " ".join(painted(app).replace("│", " ").split())  # the sentence wraps inside the dialog's border
        assert "UltraCart refused the application. Check the connection's credentials (Connections)" in words
        assert "Try again" in painted(app)


async def test_who_holds_the_connection_is_told_and_other_codes_are_not(dialog, painted, eventually):
    app, start = dialog
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot, code=None)
        app.tell(events=[LoginWaiting("other", CODE, NOW), Waiting("uc", "sync of shop, by ada", NOW)])
        await eventually(pilot, lambda: "sync of shop, by ada" in painted(app))
        assert "BCDF-GHJK" not in painted(app)


async def test_the_address_is_copied_with_the_code(dialog, painted, eventually, monkeypatch):
    app, start = dialog
    copied = []

    async def copy(_app, text):
        copied.append(text)
        return "somewhere"

    monkeypatch.setattr("tui.widgets.login_dialog.copy", copy)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await start(pilot)
        await pilot.press("c")
        await eventually(pilot, lambda: copied)
    assert copied == [CODE.complete]


async def test_hostile_words_of_a_system_are_plain(dialog, hostile, painted):
    app, start = dialog
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot, LoginCode(hostile, hostile, 60))
        assert "[red]x[/]" in painted(app)


def test_time_left_never_goes_below_zero():
    assert [time_left(seconds) for seconds in (600, 59.9, 0, -5)] == ["10:00", "0:59", "0:00", "0:00"]


# ------------------------------------------------------------------------------------------------ over real HTTP
@pytest.fixture(scope="module")
def account():
    with serve_in_thread(UltraCart(CrmWorld.make(seed=3, items=12), rate=0, interval=0.01)) as served:
        yield served


@pytest.fixture
def options(account):
    account.app.reset()
    account.app.oauth.auto = False
    return {**account.options, "client_id": "crosswalk-app"}


def hear(app, ws):
    """What the bridge does: tell the screens of the engine's events."""
    ws.events.subscribe(lambda event: app.tell(events=[event]))


async def test_a_test_that_finds_no_login_offers_one_and_tests_again(
    host, connected, options, account, painted, eventually
):
    connected.add_connection("uc", "ultracart", options)
    app = host(connected)
    hear(app, connected)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        app.open(ConnectionsScreen())
        await eventually(pilot, lambda: "UltraCart" in painted(app))
        await pilot.press("end", "t")
        await eventually(pilot, lambda: "waiting for you to agree" in painted(app))
        code = app.screen.waiting.code.user_code
        assert code in painted(app)
        account.app.oauth.decide(code, granted=True)
        await eventually(pilot, lambda: "Granted: account DEMO." in painted(app))
        await pilot.press("enter")
        await eventually(pilot, lambda: isinstance(app.screen, CheckDialog))
        assert "uc: works" in painted(app)
    assert connected.connection("uc").state == "ok"


async def test_the_login_key_is_greyed_where_there_is_none_and_says_what_to_do(
    host, connected, options, painted, eventually
):
    connected.add_connection("uc", "ultracart", options)
    app = host(connected)
    hear(app, connected)
    heard = Heard()
    async with app.run_test(size=(80, 24), notifications=True, message_hook=heard) as pilot:
        app.open(ConnectionsScreen())
        await eventually(pilot, lambda: "UltraCart" in painted(app))
        assert app.screen.check_action("log_in", ()) is None
        await pilot.press("l")
        await eventually(pilot, lambda: heard.notes)
        (note,) = heard.notes
        assert "erp has no login with a code: Files need no credentials" in note.message
        await pilot.press("end")
        assert app.screen.check_action("log_in", ()) is True
        await pilot.press("l")
        await eventually(pilot, lambda: "waiting for you to agree" in painted(app))
        await pilot.press("escape")
        await eventually(pilot, lambda: isinstance(app.screen, ConnectionsScreen))


async def test_the_wizards_test_offers_the_login(host, real, options, account, painted, eventually):
    app = host(real)
    hear(app, real)
    async with app.run_test(size=(80, 24), notifications=False) as pilot:
        app.open(SetupScreen())
        await eventually(pilot, lambda: app.screen.query(Form) and app.screen.query_one(Form).rows)
        wizard, form = app.screen, app.screen.query_one(Form)
        form.row("type").value = "ultracart"
        await eventually(pilot, lambda: any(row.field.name == "option-client_id" for row in form.rows))
        names = ("base_url", "client_id", "currency", "requests_per_hour", "requests_per_day", "burst")

        def filled() -> bool:
            """Whether the form, which may be laid out anew meanwhile, holds what was typed; what it does not is typed again."""
            rows = {row.field.name: row for row in form.rows}
            missing = [
                name for name in names if f"option-{name}" not in rows or rows[f"option-{name}"].value != options[name]
            ]
            for name in missing:
                if f"option-{name}" in rows:
                    rows[f"option-{name}"].value = options[name]
            return not missing

        for _ in range(3):
            await eventually(pilot, filled)
        await pilot.press("ctrl+s")
        await eventually(pilot, lambda: "waiting for you to agree" in painted(app))
        account.app.oauth.decide(app.screen.waiting.code.user_code, granted=False)
        await eventually(pilot, lambda: "Denied at that address" in painted(app))
        await pilot.press("escape")
        await eventually(pilot, lambda: not wizard.busy)
        assert "! It has no access yet" in painted(app)
        await pilot.press("ctrl+t")
        await eventually(pilot, lambda: "waiting for you to agree" in painted(app))
        account.app.oauth.decide(app.screen.waiting.code.user_code, granted=True)
        await eventually(pilot, lambda: "Granted: account DEMO." in painted(app))
        await pilot.press("enter")
        await eventually(pilot, lambda: not wizard.busy)
        assert "Account: DEMO" in painted(app)
        await pilot.press("ctrl+s")
        await eventually(pilot, lambda: wizard.step == BACKOFFICE)
    assert real.connection("ultracart").state == "ok"
