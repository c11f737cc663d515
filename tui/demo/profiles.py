"""The demos by name."""

from __future__ import annotations

from engine.errors import UsageError
from tui.demo.marketplace_syncro import MARKETPLACE_SYNCRO
from tui.demo.profile import Profile
from tui.demo.store_accounting import STORE_ACCOUNTING
from tui.demo.ultracart_salesforce import ULTRACART_SALESFORCE, CrmProfile

PROFILES: dict[str, Profile | CrmProfile] = {
    one.name: one for one in (MARKETPLACE_SYNCRO, STORE_ACCOUNTING, ULTRACART_SALESFORCE)
}
DEFAULT = MARKETPLACE_SYNCRO.name


def profile(name: str) -> Profile | CrmProfile:
    """Raises ``UsageError`` naming the known profiles."""
    if name not in PROFILES:
        raise UsageError(f"no demo profile {name!r}; there are: {', '.join(PROFILES)}")
    return PROFILES[name]
