"""Catalogues for the suggestion benchmark: a public pair beside the repository, and generated ones.

The public pair lies in ``shared/data`` beside the repository's root. Where that folder is absent the tests that use it
are deselected, and the run's warnings say so.
"""

from __future__ import annotations

import csv
import importlib.util
import sys
import warnings
from pathlib import Path
from types import ModuleType

import pytest

from connectors.files import CONNECTOR
from engine.model import Kind, Product
from engine.ports import ConnectionContext

HERE = Path(__file__).parent
ABT_BUY = HERE.parents[1].parent / "shared" / "data" / "abt_buy"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    ours = [item for item in items if "abt_buy" in getattr(item, "fixturenames", ())]
    if not ours or ABT_BUY.is_dir():
        return
    items[:] = [item for item in items if item not in ours]
    config.hook.pytest_deselected(items=ours)
    if getattr(config, "workerinput", {"workerid": "gw0"})["workerid"] == "gw0":
        with warnings.catch_warnings():
            warnings.simplefilter("always")  # told, although warnings are errors in this suite
            warnings.warn(f"{len(ours)} benchmarks deselected: there is no folder shared/data/abt_buy", stacklevel=1)


@pytest.fixture
async def abt_buy() -> tuple[list[Product], list[Product], dict[str, set[str]]]:
    """(storefront, back office, true counterparts by storefront id), read through the ``files`` connector."""
    sides = []
    for name in ("abt.csv", "buy.csv"):
        options = {"products.path": str(ABT_BUY / name)}
        connector = CONNECTOR.open(ConnectionContext(name, options, lambda reference: reference))
        sides.append([record async for page in connector.read(Kind.PRODUCTS) for record in page.records])
    true: dict[str, set[str]] = {}
    with (ABT_BUY / "gold.csv").open(encoding="utf-8") as file:
        for line in csv.DictReader(file):
            true.setdefault(line["abt_id"], set()).add(line["buy_id"])
    return sides[0], sides[1], true


@pytest.fixture(scope="session")
def catalogue_generator() -> ModuleType:
    """The module ``catalogue_generator`` of this folder."""
    spec = importlib.util.spec_from_file_location("catalogue_generator", HERE / "catalogue_generator.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module
