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
