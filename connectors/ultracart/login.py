"""The device flow (RFC 8628): a person opens an address anywhere and types a code, while we ask how it ended.

UltraCart answers one request at a time, so each question takes the connection's turn.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from connectors.ultracart.grant import LoginGrant
from connectors.ultracart.tokens import AUTHORIZE, TOKENS, seconds
from engine.errors import AuthenticationError, RateLimited, Rejected, Unreachable
from engine.ports import LoginCode, LoginEnd, LoginResult

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
INTERVAL = 5.0  # seconds between two questions where UltraCart names none, and what slow_down adds
_ENDS = {"access_denied": LoginEnd.DENIED, "expired_token": LoginEnd.EXPIRED}

Pause = Callable[[asyncio.Event, float], Awaitable[bool]]


async def stopped(stop: asyncio.Event, wait: float) -> bool:
    """Wait so many seconds, or until ``stop`` is set: whether it was."""
    try:
        await asyncio.wait_for(stop.wait(), wait)
    except TimeoutError:
        return False
    return True


class Login:
    """``engine.ports.DeviceLogin``."""

    def __init__(
        self,
        grant: LoginGrant,
        turn: asyncio.Lock,
        device_code: str,
        code: LoginCode,
        interval: float,
        *,
        pause: Pause = stopped,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.code = code
        self._grant, self._turn, self._device_code, self._interval = grant, turn, device_code, interval
        self._pause, self._clock = pause, clock
        self._ends = clock() + code.seconds

    async def wait(self, stop: asyncio.Event) -> LoginResult:
        """Ask every few seconds. A network that fails meanwhile is tried again, ever more slowly, until the code ends."""
        unreachable: Unreachable | RateLimited | None = None
        while not await self._pause(stop, min(self._interval, max(0.0, self._ends - self._clock()))):
            try:
                if (result := await self._ask()) is not None:
                    return result
                unreachable = None
            except (Unreachable, RateLimited) as error:
                unreachable, self._interval = error, self._interval * 2
            if self._clock() >= self._ends:
                if unreachable is not None:
                    raise unreachable
                return LoginResult(LoginEnd.EXPIRED)
        return LoginResult(LoginEnd.CANCELLED)

    async def _ask(self) -> LoginResult | None:
        """How it ended, or None while the person has not decided."""
        try:
            async with self._turn:
                answer = await self._grant.endpoint.ask(TOKENS, grant_type=DEVICE_CODE, device_code=self._device_code)
        except (Rejected, AuthenticationError) as error:
            if error.code == "slow_down":
                self._interval += INTERVAL
            elif error.code in _ENDS:
                return LoginResult(_ENDS[error.code])
            elif error.code != "authorization_pending":
                raise self._grant.refused(error) from None
            return None
        return LoginResult(LoginEnd.GRANTED, await self._grant.accept(answer))


async def begin(grant: LoginGrant, scope: str, turn: asyncio.Lock) -> Login:
    """Ask for a code. Raises ``AuthenticationError`` when the application is refused, or a grant could not be kept."""
    await grant.ready()
    try:
        async with turn:
            answer = await grant.endpoint.ask(AUTHORIZE, scope=scope)
    except (Rejected, AuthenticationError) as error:
        raise grant.refused(error) from None
    device, user = answer.get("device_code"), answer.get("user_code")
    address, lasts = answer.get("verification_uri"), seconds(answer.get("expires_in"), 0.0)
    if not (device and user and address and lasts):
        raise grant.endpoint.client.protocol_error("the answer to the request for a code lacks a part of it")
    code = LoginCode(str(user), str(address), lasts, str(answer.get("verification_uri_complete") or ""))
    return Login(grant, turn, str(device), code, seconds(answer.get("interval"), INTERVAL))
