"""``crosswalk demo``: the console over simulated systems, or the whole job without a screen."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.errors import CrosswalkError, UsageError
from tui import compose
from tui.cli import failures
from tui.cli.options import JsonOption
from tui.cli.output import Output
from tui.cli.verbs import stop_on_signals

if TYPE_CHECKING:
    from tui.demo.job import Report
    from tui.demo.profile import Profile

#: The vendors' rate windows run this much faster: a person watches, or a script waits.
WATCHED, HEADLESS = 20.0, 120.0


def register(app: typer.Typer) -> None:
    """Add ``demo`` to the command line."""
    app.command("demo")(demo)


def demo(
    headless: Annotated[
        bool, typer.Option("--headless", help="No screen: do the whole job, and prove it from the systems' own state.")
    ] = False,
    customers: Annotated[
        int, typer.Option("--customers", metavar="N", min=0, help="Customers of the storefront.")
    ] = 60,
    products: Annotated[int, typer.Option("--products", metavar="N", min=1, help="Products of the storefront.")] = 240,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="The same seed gives the same data.")] = 1,
    picture: Annotated[
        Path | None,
        typer.Option("--picture", metavar="FILE.svg", help="Draw the console's screen into a file instead."),
    ] = None,
    profile: Annotated[
        str, typer.Option("--profile", metavar="NAME", help="Which pair of systems.")
    ] = "marketplace-syncro",
    as_json: JsonOption = False,
) -> int:
    """Try Crosswalk on simulated systems: nothing real is touched, and everything is gone when the demo ends."""
    from tui import terminal
    from tui.demo.profiles import profile as known

    out = Output(json=as_json)
    chosen = known(profile)
    if headless and picture:
        raise UsageError("give --headless or --picture, not both")
    if as_json and not (headless or picture):
        raise UsageError("--json needs --headless: the console prints no document")
    if not (headless or picture) and (reason := terminal.missing()):
        raise UsageError(terminal.NO_TERMINAL.format(reason=reason).removeprefix("crosswalk: ").rstrip())
    rate = HEADLESS if headless or picture else WATCHED
    with _sandbox(out, chosen, customers=customers, products=products, seed=seed, rate=rate) as sandbox:
        os.environ.update(sandbox.env)
        with tempfile.TemporaryDirectory(prefix="crosswalk-demo-", ignore_cleanup_errors=True) as directory:
            path = Path(directory) / "workspace"
            began = time.monotonic()
            report = asyncio.run(_play(path, chosen, sandbox.systems, out, headless=headless))
            if report is not None:
                return _finish(out, report, chosen, seed, time.monotonic() - began)
            return _open_console(path) if picture is None else _draw(out, path, picture)


def _sandbox(out: Output, profile: Profile, **arguments: Any) -> Any:
    from connectors.sandbox.process import SandboxFailed, start_process

    out.say(f"starting simulated systems: {profile.storefront}, {profile.backoffice}")
    try:
        return start_process((profile.storefront, profile.backoffice), **arguments)
    except SandboxFailed as error:
        raise CrosswalkError(f"the demo's simulated systems did not start: {error}") from error


async def _play(path: Path, profile: Profile, systems: dict[str, Any], out: Output, *, headless: bool) -> Report | None:
    from tui.demo import job, scene

    stop_on_signals()
    ws = compose.open_workspace(path, actor="demo")
    try:
        prepared = await scene.prepare(ws, profile, systems, out.say)
        return await job.do(ws, prepared, out.say) if headless else None
    finally:
        await ws.close()


def _open_console(path: Path) -> int:
    from tui.app import run_console

    return run_console(path, first_tab="products")


def _draw(out: Output, path: Path, file: Path) -> int:
    from tui.cli.mapping_files import save
    from tui.demo.picture import draw

    save(file, asyncio.run(draw(path)))
    out.result({"picture": file}, f"the screen is drawn in {file}")
    return failures.DONE


def _finish(out: Output, report: Report, profile: Profile, seed: int, seconds: float) -> int:
    """Print the report; the exit code is 0 only when the systems' own state is the proof of it."""
    from tui.widgets.plan_lines import totals_text

    document = {"profile": profile.name, "seed": seed, "seconds": round(seconds, 1), **report.document()}
    lines = [
        totals_text(report.run.totals),
        f"left to people (a guard fired): {len(report.left_to_people)} rows",
        f"the systems' own state equals the plan: {'yes' if not report.mismatches else 'NO'}",
        f"differences a second plan finds: {report.left_to_sync}",
        f"in {seconds:.1f} s",
    ]
    out.result(document, *lines)
    for one in report.mismatches:
        out.say(f"{one.system} {one.table} {one.id} {one.column}: expected {one.expected}, found {one.found}")
    if not report.well:
        out.say("crosswalk: the demo's result does not hold; see above")
    return failures.DONE if report.well else failures.FAILED
