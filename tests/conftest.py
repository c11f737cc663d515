"""Shared by all tests: no colour or proxy of the developer's shell reaches them, and hypothesis has one profile."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "crosswalk", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.load_profile("crosswalk")

for name in list(os.environ):
    if name.lower().endswith("_proxy") or name in {"NO_COLOR", "TMUX", "SSH_CONNECTION", "CROSSWALK_WORKSPACE"}:
        del os.environ[name]
