"""Shared by all tests: nothing of the developer's shell reaches them, hypothesis has one profile, pilots know idle."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

from tests.waiting import know_idle

settings.register_profile(
    "crosswalk", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.load_profile("crosswalk")
know_idle()

for name in list(os.environ):
    if name.lower().endswith("_proxy") or name in {"NO_COLOR", "TMUX", "SSH_CONNECTION", "CROSSWALK_WORKSPACE"}:
        del os.environ[name]

# Who keeps no bytecode beside the sources keeps it here: compiling its imports takes each of the hundreds of programs
# that the tests start longer than all else it does.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    kept = os.environ.setdefault("PYTHONPYCACHEPREFIX", str(Path(sys.prefix) / "pycache"))
    sys.dont_write_bytecode, sys.pycache_prefix = False, kept


def pytest_terminal_summary(terminalreporter) -> None:
    """How many scenarios of the fault matrix were played, whichever worker played them."""
    told = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "teardown"
        for name, value in report.user_properties
        if name == "fault matrix"
    ]
    if told:
        total, bad = sum(sum(one["count"].values()) for one in told), sum(one["bad"] for one in told)
        terminalreporter.write_line(f"fault matrix: {total} scenarios, {bad} bad")
