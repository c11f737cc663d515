"""``crosswalk sandbox``: simulated systems on loopback, for trying things out and for tests."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from engine.errors import CrosswalkError, UsageError
from tui.cli.options import JsonOption
from tui.cli.output import Output

app = typer.Typer(
    name="sandbox", help="Simulated systems on loopback that speak the vendors' protocols.", no_args_is_help=True
)


@app.callback()
def group() -> None:
    """Simulated systems on loopback that speak the vendors' protocols."""


@app.command("up")
def up(
    systems: Annotated[
        str, typer.Option("--systems", metavar="LIST", help="Which systems, separated by commas.")
    ] = "marketplace,syncro",
    customers: Annotated[int, typer.Option("--customers", min=0, help="Customers of the storefront.")] = 60,
    products: Annotated[int, typer.Option("--products", min=0, help="Products of the storefront.")] = 240,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same data.")] = 1,
    latency_ms: Annotated[float, typer.Option("--latency-ms", min=0, help="Added to every request.")] = 0.0,
    rate: Annotated[
        float, typer.Option("--rate", min=0, help="Speeds the vendors' rate windows up; 0: no limits.")
    ] = 1.0,
    port_base: Annotated[
        int, typer.Option("--port-base", min=0, max=65_000, help="First port; 0: the kernel's choice.")
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Serve simulated systems until interrupted; prints one JSON document: base URLs, credentials, control URLs."""
    from connectors.sandbox import launcher

    out = Output(json=as_json)

    def announce(where: dict[str, Any]) -> None:
        out.document(where)
        out.say("Listening on loopback. Ctrl-C ends it.")

    try:
        launcher.run(
            [name.strip() for name in systems.split(",") if name.strip()],
            customers=customers,
            products=products,
            seed=seed,
            latency_ms=latency_ms,
            rate=rate,
            port_base=port_base,
            announce=announce,
        )
    except ValueError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        raise CrosswalkError(f"the sandbox cannot listen: {error.strerror or error}") from error
