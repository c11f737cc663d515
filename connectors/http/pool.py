"""The httpx client that all connections of one event loop share.

Building one reads the certificate authorities (83 ms measured), and httpx slows down with many requests in flight
(at most ten gave twice the throughput of fifty). So there is one per loop and kind of address, closed with its last user.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import ssl
from dataclasses import dataclass, field
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from weakref import WeakKeyDictionary

import httpx

IN_FLIGHT = 10
_KEEP_ALIVE = (
    3.0  # seconds; below the five after which common servers hang up, so that a write never meets a closing door
)


@dataclass(slots=True)
class Pool:
    """A shared client, the gate that keeps at most ``IN_FLIGHT`` requests in it, and its number of users."""

    http: httpx.AsyncClient
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(IN_FLIGHT))
    users: int = 0


_Key = tuple[bool, bool, str]
_pools: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[_Key, Pool]] = WeakKeyDictionary()


class Lease:
    """One connection's hold on the pool of the loop it runs in."""

    def __init__(self, base_url: str, ca_file: str = "") -> None:
        url = httpx.URL(base_url)
        self._key: _Key = (is_loopback(url.host), url.scheme == "https", ca_file)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pool: Pool | None = None

    def pool(self) -> Pool:
        """The pool of the running loop; a connection that moved to another loop gets that one's."""
        loop = asyncio.get_running_loop()
        if self._pool is None or self._loop is not loop:
            pools = _pools.setdefault(loop, {})
            self._pool = pools.get(self._key) or pools.setdefault(self._key, _build(self._key))
            self._pool.users += 1
            self._loop = loop
        return self._pool

    async def release(self) -> None:
        """Give the pool back; its last user closes it."""
        pool, loop, self._pool, self._loop = self._pool, self._loop, None, None
        if pool is None or loop is None or loop is not asyncio.get_running_loop():
            return
        pool.users -= 1
        if pool.users == 0:
            _pools.get(loop, {}).pop(self._key, None)
            await pool.http.aclose()


def _build(key: _Key) -> Pool:
    loopback, tls, ca_file = key
    # httpcore logs response headers as they come, cookies and locations with tokens included: not even at DEBUG.
    logging.getLogger("httpcore").setLevel(logging.INFO)
    # A proxy variable must not capture loopback; everywhere else the machine's proxy settings are obeyed.
    # Without TLS the context is never used: one that trusts nobody is quick to build and safe.
    verify = _authorities(ca_file) if tls or not loopback else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    limits = httpx.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT, keepalive_expiry=_KEEP_ALIVE)
    # The client is shared by accounts: no cookie of one may ever be sent for another.
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return Pool(
        httpx.AsyncClient(
            verify=verify, trust_env=not loopback, limits=limits, cookies=no_cookies, follow_redirects=False
        )
    )


@lru_cache(maxsize=8)
def _authorities(ca_file: str) -> ssl.SSLContext:
    if not ca_file:
        return httpx.create_ssl_context()
    return ssl.create_default_context(cafile=ca_file)


def is_loopback(host: str) -> bool:
    """Whether a host name means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
