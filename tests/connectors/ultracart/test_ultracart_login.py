"""Logging in with a code: the person's decision, the pace of asking, and the grant that is kept and replaced."""

from __future__ import annotations

import asyncio
import json
import logging
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.http import GrantFile
from connectors.ultracart import CONNECTOR
from engine.errors import AuthenticationError, Unreachable, UsageError
from engine.model import Kind
from engine.ports import LoginEnd

APP = {"client_id": "crosswalk-app"}


class Person:
    """Who has the code, and the clock of both sides: time passes only while the login pauses."""

    def __init__(self, served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.oauth, self.now, self.pauses = served.app.oauth, 1000.0, []
        self.script: dict[int, Callable[[], Any]] = {}
        self.hurry = False  # the login's clock runs, UltraCart's does not: we ask too often
        monkeypatch.setattr(self.oauth, "_clock", lambda: self.now)

    def decides(self, after: int, code: str, *, granted: bool) -> None:
        self.script[after] = lambda: self.oauth.decide(code, granted=granted)

    def attend(self, login: Any) -> Any:
        login._pause, login._clock = self.pause, lambda: self.now
        login._ends = self.now + login.code.seconds
        return login

    async def pause(self, stop: asyncio.Event, wait: float) -> bool:
        self.pauses.append(wait)
        if not self.hurry:
            self.now += wait
        if act := self.script.get(len(self.pauses)):
            act()
        return stop.is_set()


@pytest.fixture
def person(monkeypatch) -> Callable[[Any], Person]:
    return lambda served: Person(served, monkeypatch)


@pytest.fixture
def log_in(person) -> Callable[..., Any]:
    """``await log_in(connector, served)``: a person types the code and agrees at once."""

    async def grant(connector: Any, served: Any) -> Any:
        login = await connector.start_login()
        served.app.oauth.decide(login.code.user_code, granted=True)
        return await person(served).attend(login).wait(asyncio.Event())

    return grant


def polls(served: Any) -> int:
    return sum(entry.path == "/oauth/token" for entry in served.requests)


def kept(tmp_path: Path) -> dict[str, Any]:
    return json.loads((tmp_path / "uc.token").read_text())


class TestTheCode:
    async def test_a_person_is_told_where_to_go_and_what_to_type(self, account, connect) -> None:
        served = account(interval=7, device_seconds=900)
        code = (await connect(served, **APP).start_login()).code
        (waiting,) = served.app.oauth.waiting.values()
        assert (code.user_code, code.seconds) == (waiting.user_code, 900)
        assert code.address == f"{served.origin}/device"
        assert code.complete == f"{code.address}?user_code={code.user_code}"
        assert waiting.device_code not in repr(code)

    async def test_it_is_asked_as_often_as_ultracart_wants_until_the_person_agrees(
        self, account, connect, person, gather, crm_world
    ) -> None:
        served = account(interval=7)
        connector = connect(served, **APP)
        someone = person(served)
        login = someone.attend(await connector.start_login())
        someone.decides(3, login.code.user_code, granted=True)

        result = await login.wait(asyncio.Event())

        assert (result.end, result.account) == (LoginEnd.GRANTED, "DEMO")
        assert someone.pauses == [7, 7, 7]
        assert polls(served) == 3
        assert len(await gather(connector)) == len(crm_world.items)

    async def test_asking_too_often_makes_us_slower_by_five_seconds(self, account, connect, person) -> None:
        served = account(interval=5)
        someone = person(served)
        login = someone.attend(await connect(served, **APP).start_login())

        def rush(hurry: bool) -> None:
            someone.hurry = hurry

        someone.script = {1: lambda: rush(True), 2: lambda: rush(False)}
        someone.decides(4, login.code.user_code, granted=True)
        assert (await login.wait(asyncio.Event())).end is LoginEnd.GRANTED
        assert someone.pauses == [5, 5, 10, 10]
        assert polls(served) == 4

    async def test_a_person_who_says_no_ends_it(self, account, connect, person, tmp_path) -> None:
        served = account()
        someone = person(served)
        login = someone.attend(await connect(served, **APP).start_login())
        someone.decides(2, login.code.user_code, granted=False)
        assert (await login.wait(asyncio.Event())).end is LoginEnd.DENIED
        assert not (tmp_path / "uc.token").exists()

    @pytest.mark.parametrize("theirs_first", [True, False])
    async def test_a_code_nobody_types_ends(self, account, connect, person, theirs_first) -> None:
        served = account(interval=5, device_seconds=20)
        someone = person(served)
        login = someone.attend(await connect(served, **APP).start_login())
        if theirs_first:
            login._ends += 1000
        assert (await login.wait(asyncio.Event())).end is LoginEnd.EXPIRED
        assert sum(someone.pauses) == 20

    async def test_stopping_asks_no_more(self, account, connect, person) -> None:
        served = account()
        someone = person(served)
        login = someone.attend(await connect(served, **APP).start_login())
        stop = asyncio.Event()
        someone.script = {2: stop.set}
        assert (await login.wait(stop)).end is LoginEnd.CANCELLED
        assert polls(served) == 1

    async def test_stopping_interrupts_the_pause_itself(self, account, connect) -> None:
        login = await connect(account(interval=600), **APP).start_login()
        stop = asyncio.Event()
        waiting = asyncio.create_task(login.wait(stop))
        stop.set()
        assert (await asyncio.wait_for(waiting, 20)).end is LoginEnd.CANCELLED

    async def test_a_network_that_fails_meanwhile_is_tried_again_more_slowly(self, account, connect, person) -> None:
        served = account(interval=5)
        someone = person(served)
        login = someone.attend(await connect(served, **APP).start_login())
        served.app.faults.add("error", path="/oauth/token", status=503, times=2)
        someone.decides(3, login.code.user_code, granted=True)
        login._grant.endpoint.client._policy = type(login._grant.endpoint.client._policy)(attempts=1)
        assert (await login.wait(asyncio.Event())).end is LoginEnd.GRANTED
        assert someone.pauses == [5, 10, 20]

    async def test_a_network_that_fails_to_the_end_is_named(self, account, connect, person) -> None:
        served = account(interval=5, device_seconds=60)
        someone = person(served)
        login = someone.attend(await connect(served, **APP).start_login())
        served.app.faults.add("error", path="/oauth/token", status=503, times=0)
        with pytest.raises(Unreachable, match="503"):
            await login.wait(asyncio.Event())

    async def test_an_unknown_application_is_named(self, account, connect) -> None:
        with pytest.raises(AuthenticationError, match=r"refused the application.*Check client_id"):
            await connect(account(), client_id="nobody").start_login()

    async def test_a_simple_key_needs_no_login(self, account, connect) -> None:
        served = account()
        with pytest.raises(UsageError, match="needs no login"):
            await connect(served).start_login()
        assert served.requests == []

    async def test_questions_and_requests_take_turns(self, account, connect, person, log_in, gather) -> None:
        served = account(interval=0.01, device_seconds=60, latency_ms=5)
        connector = connect(served, page_size="4", **APP)
        await log_in(connector, served)
        login = await connector.start_login()
        stop = asyncio.Event()
        waiting = asyncio.create_task(login.wait(stop))
        await gather(connector)
        stop.set()
        await waiting
        assert served.app.most_in_flight == 1

    @pytest.mark.parametrize(
        ("options", "logs_in"),
        [({"client_id": "a"}, True), ({"client_id": "a", "simple_key": "env:K"}, False), ({"simple_key": "env:K"}, False), ({}, False)],
    )  # fmt: skip
    def test_a_key_wins_over_a_client_id(self, options, logs_in) -> None:
        assert CONNECTOR.logs_in(options) is logs_in


class TestTheGrant:
    async def test_it_is_kept_for_its_owner_only_and_the_next_process_needs_no_login(
        self, account, connect, log_in, gather, tmp_path
    ) -> None:
        served = account()
        await log_in(connect(served, **APP), served)
        file = tmp_path / "uc.token"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert kept(tmp_path)["refresh_token"] == served.app.oauth.refresh_token
        assert await gather(connect(served, **APP))
        assert served.app.oauth.refreshed == 0

    async def test_every_refresh_takes_the_successor_of_the_last(
        self, account, connect, log_in, gather, tmp_path
    ) -> None:
        served = account()
        connector = connect(served, **APP)
        await log_in(connector, served)
        for turn in range(1, 4):
            served.app.oauth.expire()
            await asyncio.gather(*(gather(connector, Kind.CUSTOMERS) for _ in range(4)))
            assert served.app.oauth.refreshed == turn
            assert kept(tmp_path)["refresh_token"] == served.app.oauth.refresh_token
        assert served.app.most_in_flight == 1

    async def test_a_token_about_to_end_is_replaced_before_it_is_refused(
        self, account, connect, log_in, gather
    ) -> None:
        served = account(token_seconds=1)
        connector = connect(served, **APP)
        await log_in(connector, served)
        connector._api.grant._wall = lambda: kept_until
        kept_until = connector._api.grant._kept.access.expires_at - 0.1
        await gather(connector, Kind.CUSTOMERS)
        assert served.app.oauth.refreshed == 1
        assert 401 not in {entry.status for entry in served.requests}

    async def test_without_a_login_the_advice_is_to_log_in(self, account, connect, gather) -> None:
        served = account()
        with pytest.raises(AuthenticationError, match=r"nobody has logged in yet.*crosswalk connection login uc"):
            await gather(connect(served, **APP))
        assert served.requests == []

    async def test_a_revoked_login_says_reconnect_and_is_not_tried_again(
        self, account, connect, log_in, gather
    ) -> None:
        served = account()
        connector = connect(served, **APP)
        await log_in(connector, served)
        served.app.oauth.restart()
        before = len(served.requests)
        with pytest.raises(AuthenticationError, match=r"Reconnect needed.*crosswalk connection login uc") as caught:
            await gather(connector)
        assert caught.value.code == "invalid_grant"
        assert [entry.path for entry in served.requests[before:]] == ["/item/items", "/oauth/token"]
        report = await connector.check()
        assert (report.ok, report.reconnect) == (False, True)
        assert "Reconnect needed" in report.items[0].message
        await log_in(connector, served)
        assert (await connector.check()).ok

    async def test_a_login_elsewhere_is_taken_over(self, account, connect, log_in, gather) -> None:
        served = account()
        ours, theirs = connect(served, **APP), connect(served, **APP)
        await log_in(ours, served)
        served.app.oauth.restart()
        await log_in(theirs, served)
        assert await gather(ours)
        assert served.app.oauth.refreshed == 0

    async def test_another_account_is_refused_and_nothing_of_it_kept(self, account, connect, log_in, tmp_path) -> None:
        served = account()
        connector = connect(served, **APP)
        await log_in(connector, served)
        held = kept(tmp_path)
        (tmp_path / "uc.token").write_text(json.dumps({**held, "merchant": "OTHER"}))
        with pytest.raises(AuthenticationError, match="for account DEMO, this connection is for account OTHER"):
            await log_in(connect(served, **APP), served)
        assert kept(tmp_path) == {**held, "merchant": "OTHER"}

    async def test_no_code_is_asked_for_when_the_grant_could_not_be_kept(self, account, connect, monkeypatch) -> None:
        served = account()

        def full(_self: GrantFile) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(GrantFile, "prove", full)
        with pytest.raises(AuthenticationError, match=r"could not be kept \(No space left on device\)"):
            await connect(served, **APP).start_login()
        assert served.requests == []

    async def test_a_grant_that_cannot_be_saved_is_not_used_until_it_is(
        self, account, connect, log_in, gather, monkeypatch, tmp_path
    ) -> None:
        served = account()
        connector = connect(served, **APP)
        save, fail = GrantFile.save, [True]

        def sometimes(self: GrantFile, grant: Any) -> None:
            if fail:
                raise OSError(28, "No space left on device")
            save(self, grant)

        monkeypatch.setattr(GrantFile, "save", sometimes)
        with pytest.raises(AuthenticationError, match="held by this process only"):
            await log_in(connector, served)
        with pytest.raises(AuthenticationError, match="held by this process only"):
            await gather(connector)
        assert all(entry.path.startswith("/oauth/") for entry in served.requests)
        fail.clear()
        assert await gather(connector)
        assert kept(tmp_path)["refresh_token"] == served.app.oauth.refresh_token

    async def test_a_file_that_others_can_read_is_refused(self, account, connect, log_in, gather, tmp_path) -> None:
        served = account()
        await log_in(connect(served, **APP), served)
        (tmp_path / "uc.token").chmod(0o644)
        with pytest.raises(AuthenticationError, match=r"can be read by others .*chmod 600"):
            await gather(connect(served, **APP))

    async def test_another_applications_login_is_not_taken(self, account, connect, log_in, gather) -> None:
        served = account()
        await log_in(connect(served, **APP), served)
        with pytest.raises(AuthenticationError, match="nobody has logged in yet"):
            await gather(connect(served, client_id="another-app"))

    async def test_no_secret_reaches_a_log_line_a_message_or_a_repr(
        self, account, connect, log_in, gather, caplog
    ) -> None:
        served = account()
        caplog.set_level(logging.DEBUG)
        connector = connect(served, **APP)
        login = await connector.start_login()
        (device,) = served.app.oauth.waiting
        await log_in(connector, served)
        secrets = [device, served.app.oauth.refresh_token, *served.app.oauth._access]
        served.app.oauth.restart()
        with pytest.raises(AuthenticationError) as caught:
            await gather(connector)
        told = caplog.text + str(caught.value) + repr(connector) + repr(login) + repr(login.code)
        assert [secret for secret in secrets if secret in told] == []
