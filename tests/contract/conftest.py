"""The vendors' own API descriptions, as fixtures; and what becomes of these tests where the descriptions are absent.

The descriptions are not part of this repository: they lie in ``shared/specs`` beside its root. Where that folder is
absent the tests of this folder are deselected, and the run's warnings say so.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from connectors.sandbox.marketplace import Marketplace
from connectors.sandbox.server import Served, serve_in_thread
from connectors.sandbox.syncro import Syncro
from connectors.sandbox.world import World

HERE = Path(__file__).parent
SPECS = HERE.parents[1].parent / "shared" / "specs"
Json = dict[str, Any]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    ours = [item for item in items if item.path.is_relative_to(HERE)]
    for item in ours:
        item.add_marker("contract")
    if not ours or SPECS.is_dir():
        return
    items[:] = [item for item in items if item not in ours]
    config.hook.pytest_deselected(items=ours)
    if getattr(config, "workerinput", {"workerid": "gw0"})["workerid"] == "gw0":
        with warnings.catch_warnings():
            warnings.simplefilter("always")  # told, although warnings are errors in this suite
            warnings.warn(f"{len(ours)} contract tests deselected: there is no folder shared/specs", stacklevel=1)


@pytest.fixture(scope="session")
def syncro_spec() -> Json:
    spec: Json = json.loads((SPECS / "syncro-subset.openapi.json").read_text(encoding="utf-8"))
    return spec


@pytest.fixture(scope="session")
def simpleapi_spec() -> Json:
    return _yaml("cloudblue-simpleapi-1.15.yaml")


@pytest.fixture(scope="session")
def marketplace_spec() -> Json:
    return _yaml("ingram-cloud-marketplace-cmp-2021.yaml")


def _yaml(name: str) -> Json:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    spec: Json = yaml.load((SPECS / name).read_text(encoding="utf-8"), loader)
    return spec


@pytest.fixture(scope="session")
def world() -> World:
    return World.make(seed=21, customers=140, products=600)


@pytest.fixture(scope="session")
def syncro(world: World) -> Iterator[Served]:
    with serve_in_thread(Syncro(world, rate=0)) as served:
        yield served


@pytest.fixture(scope="session")
def marketplace(world: World) -> Iterator[Served]:
    with serve_in_thread(Marketplace(world, rate=0)) as served:
        yield served


@pytest.fixture
def syncro_client(syncro: Served) -> Iterator[httpx.Client]:
    syncro.app.reset()
    headers = {"Authorization": f"Bearer {syncro.credentials['token']}"}
    with httpx.Client(base_url=syncro.url, headers=headers, trust_env=False, verify=False) as client:
        yield client


@pytest.fixture
def marketplace_client(marketplace: Served) -> Iterator[httpx.Client]:
    marketplace.app.reset()
    with httpx.Client(base_url=marketplace.url, trust_env=False, verify=False) as client:
        client.headers["X-Subscription-Key"] = marketplace.credentials["subscription_key"]
        basic = (marketplace.options["username"], marketplace.credentials["password"])
        token = client.post("/token", auth=basic, json={"marketplace": "us"}).json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


# ------------------------------------------------------------------------------------------------ reading OpenAPI
@pytest.fixture(scope="session")
def json_schema() -> Callable[..., Json]:
    """``json_schema(spec, schema, strict=True)``: an OpenAPI 3.0 schema as a JSON schema without references.

    ``allOf`` is merged, ``nullable`` becomes a type. With ``strict`` an object with named properties has no others.
    """

    def convert(spec: Json, schema: Json, *, strict: bool = True) -> Json:
        if "$ref" in schema:
            found: Any = spec
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            return convert(spec, found, strict=strict)
        merged = {key: value for key, value in schema.items() if key not in {"allOf", "example", "nullable"}}
        properties = dict(merged.get("properties", {}))
        required = set(merged.get("required", ()))
        for part in schema.get("allOf", ()):
            whole = convert(spec, part, strict=strict)
            properties = {**whole.get("properties", {}), **properties}
            required |= set(whole.get("required", ()))
        if properties:
            merged["properties"] = {name: convert(spec, value, strict=strict) for name, value in properties.items()}
            if strict:
                merged.setdefault("additionalProperties", False)
        if required:
            merged["required"] = sorted(required)
        if "items" in merged:
            merged["items"] = convert(spec, merged["items"], strict=strict)
        if isinstance(merged.get("additionalProperties"), dict):
            merged["additionalProperties"] = convert(spec, merged["additionalProperties"], strict=strict)
        if schema.get("nullable"):
            merged["type"] = [merged["type"], "null"]
        return merged

    return convert


@pytest.fixture(scope="session")
def sample() -> Callable[[Json], Any]:
    """``sample(schema)``: a value of a JSON schema with every writable property, its example where there is one."""

    def make(schema: Json) -> Any:
        if "enum" in schema:
            return schema["enum"][0]
        kind = schema.get("type")
        if kind == "object":
            properties = schema.get("properties", {})
            return {name: make(value) for name, value in properties.items() if not value.get("readOnly")}
        if kind == "array":
            return [make(schema["items"])]
        plain: Json = {"integer": 7, "number": 12.5, "boolean": True, "string": "some text"}
        return plain[str(kind)]

    return make


@pytest.fixture(scope="session")
def differences() -> Callable[..., list[str]]:
    """``differences(example, answer)``: where an answer has not the shape of a documented example.

    Names must be the same. A null in the example says nothing about the type; elements are held to the first one.
    """

    def compare(example: Any, answer: Any, at: str = "$") -> list[str]:
        if isinstance(example, dict) and isinstance(answer, dict):
            if not example:
                return []
            found = [f"{at}.{name} is missing" for name in example if name not in answer]
            found += [f"{at}.{name} is invented" for name in answer if name not in example]
            for name in example.keys() & answer.keys():
                found += compare(example[name], answer[name], f"{at}.{name}")
            return found
        if isinstance(example, list) and isinstance(answer, list):
            if not example:
                return []
            return [text for i, item in enumerate(answer) for text in compare(example[0], item, f"{at}[{i}]")]
        if example is None or answer is None:
            return []
        same = _kind(example) == _kind(answer)
        return [] if same else [f"{at} is {_kind(answer)}, documented as {_kind(example)}"]

    return compare


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return type(value).__name__
