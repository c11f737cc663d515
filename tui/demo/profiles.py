"""The demos by name."""

from __future__ import annotations

from engine.errors import UsageError
from tui.demo.marketplace_syncro import MARKETPLACE_SYNCRO
from tui.demo.profile import Profile
from tui.demo.store_accounting import STORE_ACCOUNTING

PROFILES = {one.name: one for one in (MARKETPLACE_SYNCRO, STORE_ACCOUNTING)}
DEFAULT = MARKETPLACE_SYNCRO.name


def profile(name: str) -> Profile:
    """Raises ``UsageError`` naming the known profiles."""
    if name not in PROFILES:
        raise UsageError(f"no demo profile {name!r}; there are: {', '.join(PROFILES)}")
    return PROFILES[name]
