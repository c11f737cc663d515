"""Logging in with a code that a person types at the system's own address."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LoginCode:
    """What a person needs to let us in: they open ``address`` anywhere, type ``user_code`` and agree. No secret is in it.

    ``complete`` is the address with the code in it, where there is one; ``seconds`` is how long the code lasts.
    """

    user_code: str
    address: str
    seconds: float
    complete: str = ""


class LoginEnd(StrEnum):
    GRANTED = "granted"
    DENIED = "denied"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class LoginResult:
    """How a login ended; ``account`` is whose data may be used from now on."""

    end: LoginEnd
    account: str = ""


class DeviceLogin(Protocol):
    """A login with a code that waits for a person (RFC 8628). What it polls with is a secret and stays inside."""

    code: LoginCode

    async def wait(self, stop: asyncio.Event) -> LoginResult:
        """Ask, as often as the system wants to be asked, until the person decided, the code ended or ``stop`` is set.

        What was granted is kept before this returns. Raises ``AuthenticationError`` when it cannot be, or is for another
        account than this connection's.
        """


class LogsIn(Protocol):
    """A connection whose access a person grants with a code (``ConnectorType.logs_in``)."""

    async def start_login(self) -> DeviceLogin: ...
