"""One HTTP client under every connector: pace, authentication, retries, errors and redaction live here only.

What a connector needs is exported here; the parts are

- ``client``    one connection's ``Client``: ``request`` in, ``Reply`` or an error of ``engine.errors`` out
- ``pool``      the httpx client that all connections of an event loop share, at most ten requests in flight
- ``pace``      the rate limiter and the budget it reports
- ``bucket``    the pace of a system with leaky buckets
- ``auth``      who we are: bearer secrets and tokens that expire
- ``rotating_grant``  OAuth with a refresh token that its use replaces
- ``grant_file``  where such a grant is kept between processes
- ``private_file``  a small file that only its owner can read, and that must not be lost
- ``failures``  the border where a transport's and a vendor's failures become ours
- ``fates``     what became of a write that failed
- ``redact``    secrets never reach a log line or a message
- ``wire``      JSON whose numbers are ``Decimal`` in both directions
- ``ledger``    what a paged read has seen, and whether it adds up
- ``screens``   where a record is shown to people
- ``options``   reading a connection's options
- ``fan``       a few requests at once
"""

from __future__ import annotations

from connectors.http.auth import Auth, BearerSecret, SecretSource, Token, TokenAuth
from connectors.http.bucket import LeakyPace
from connectors.http.client import Client, Reply, RetryPolicy
from connectors.http.failures import Dialect, Explained
from connectors.http.fan import each
from connectors.http.fates import FAILED_WRITE, Fate, fate
from connectors.http.grant_file import GrantFile, KeptGrant
from connectors.http.ledger import ReadLedger, TotalMoved
from connectors.http.options import COMMON_OPTIONS, Endpoint, endpoint
from connectors.http.pace import Pace
from connectors.http.redact import Redactor
from connectors.http.rotating_grant import RotatingGrant, SeededGrant
from connectors.http.screens import SCREEN_OPTIONS, Screens, screens

__all__ = [
    "COMMON_OPTIONS",
    "FAILED_WRITE",
    "SCREEN_OPTIONS",
    "Auth",
    "BearerSecret",
    "Client",
    "Dialect",
    "Endpoint",
    "Explained",
    "Fate",
    "GrantFile",
    "KeptGrant",
    "LeakyPace",
    "Pace",
    "ReadLedger",
    "Redactor",
    "Reply",
    "RetryPolicy",
    "RotatingGrant",
    "Screens",
    "SecretSource",
    "SeededGrant",
    "Token",
    "TokenAuth",
    "TotalMoved",
    "each",
    "endpoint",
    "fate",
    "screens",
]
