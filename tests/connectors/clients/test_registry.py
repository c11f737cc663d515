"""Connector types come from entry points; a broken one is reported and leaves the others working."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from connectors.registry import GROUP, EntryPointRegistry
from engine.errors import UsageError
from engine.ports import Capabilities, ConnectorType

GOOD = """
from engine.ports import Capabilities, ConnectorType
def made(name):
    return ConnectorType(name, name.title(), "", frozenset({"storefront"}), (), Capabilities(), open=lambda context: None)
CONNECTOR = made("good")
OTHER = made("other")
TEXT = "not a type"
"""


class Dist:
    def __init__(self, name: str) -> None:
        self.name = name


def point(name: str, value: str, dist: str = "third-party") -> EntryPoint:
    made = EntryPoint(name, value, GROUP)
    vars(made)["dist"] = Dist(dist)
    return made


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "cw_good.py").write_text(GOOD)
    (tmp_path / "cw_broken.py").write_text("import a_module_that_does_not_exist\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    for name in ("cw_good", "cw_broken"):
        sys.modules.pop(name, None)


def test_our_own_systems_are_installed() -> None:
    registry = EntryPointRegistry()
    assert {"marketplace", "syncro"} <= set(registry.names())
    for name in ("marketplace", "syncro"):
        found = registry.get(name)
        assert isinstance(found, ConnectorType)
        assert found.name == name
        assert isinstance(found.capabilities, Capabilities)
        assert all(option.label for option in found.options)
        assert [option.name for option in found.options if option.secret]


@pytest.mark.usefixtures("modules")
class TestThirdParties:
    def test_nothing_is_imported_before_it_is_asked_for(self) -> None:
        registry = EntryPointRegistry(lambda: [point("good", "cw_good:CONNECTOR"), point("bad", "cw_broken:CONNECTOR")])
        assert registry.names() == ["bad", "good"]
        assert "cw_good" not in sys.modules
        assert registry.get("good").title == "Good"
        assert "cw_broken" not in sys.modules

    def test_a_broken_one_is_reported_and_the_rest_works(self) -> None:
        registry = EntryPointRegistry(lambda: [point("good", "cw_good:CONNECTOR"), point("bad", "cw_broken:CONNECTOR")])
        assert [type.name for type in registry.types()] == ["good"]
        assert "a_module_that_does_not_exist" in registry.problems()["bad"]
        assert "third-party" in registry.problems()["bad"]
        with pytest.raises(UsageError, match=r"cannot be loaded.*a_module_that_does_not_exist"):
            registry.get("bad")

    def test_what_is_no_connector_type_is_reported(self) -> None:
        registry = EntryPointRegistry(lambda: [point("text", "cw_good:TEXT"), point("alias", "cw_good:OTHER")])
        assert registry.types() == []
        assert "no ConnectorType but a str" in registry.problems()["text"]
        assert "calls itself 'other'" in registry.problems()["alias"]

    def test_an_unknown_name_lists_the_known_ones(self) -> None:
        registry = EntryPointRegistry(lambda: [point("good", "cw_good:CONNECTOR")])
        with pytest.raises(UsageError, match="no connector type 'shop'; the installed ones are: good"):
            registry.get("shop")

    def test_nobody_takes_the_name_of_one_of_ours(self) -> None:
        ours, theirs = point("good", "cw_good:CONNECTOR", "crosswalk"), point("good", "cw_broken:CONNECTOR")
        for order in ([ours, theirs], [theirs, ours]):
            registry = EntryPointRegistry(lambda order=order: order)
            assert registry.get("good").name == "good"
            assert "already taken by crosswalk" in registry.problems()["good (third-party)"]
