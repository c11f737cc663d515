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
    from tui.demo.crm_job import CrmReport
    from tui.demo.job import Report
    from tui.demo.profile import Profile
    from tui.demo.ultracart_salesforce import CrmProfile

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
        str,
        typer.Option("--profile", metavar="NAME", help="marketplace-syncro, store-accounting or ultracart-salesforce."),
    ] = "marketplace-syncro",
    xlsx: Annotated[
        Path | None,
        typer.Option("--xlsx", metavar="FILE", help="With --headless: the spreadsheet of a reconciliation at the end."),
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Try Crosswalk on simulated systems: nothing real is touched, and everything is gone when the demo ends."""
    from tui import terminal
    from tui.demo.profiles import profile as known

    out = Output(json=as_json)
    chosen = known(profile)
    if products < chosen.least:
        raise UsageError(f"the demo {chosen.name} needs --products {chosen.least} at least")
    if headless and picture:
        raise UsageError("give --headless or --picture, not both")
    if xlsx and not headless:
        raise UsageError("--xlsx needs --headless: in the console, the Reconcile tab exports what it shows")
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
            report = asyncio.run(_play(path, chosen, sandbox.systems, out, headless=headless, xlsx=xlsx))
            if report is not None:
                return _finish(out, report, chosen.name, seed, time.monotonic() - began, xlsx)
            return _open_console(path, chosen) if picture is None else _draw(out, path, picture)


def _sandbox(out: Output, profile: Profile | CrmProfile, **arguments: Any) -> Any:
    from connectors.sandbox.process import SandboxFailed, start_process

    out.say(f"starting simulated systems: {profile.storefront}, {profile.backoffice}")
    try:
        return start_process((profile.storefront, profile.backoffice), **arguments)
    except SandboxFailed as error:
        raise CrosswalkError(f"the demo's simulated systems did not start: {error}") from error


async def _play(
    path: Path,
    profile: Profile | CrmProfile,
    systems: dict[str, Any],
    out: Output,
    *,
    headless: bool,
    xlsx: Path | None,
) -> Report | CrmReport | None:
    """Prepare the workspace, and (headless) do the whole job; the spreadsheet is of the last reconciliation."""
    from tui.demo import crm_job, job, scene, sheet
    from tui.demo.profile import Profile

    stop_on_signals()
    ws = compose.open_workspace(path, actor="demo")
    try:
        if isinstance(profile, Profile):
            prepared = await scene.prepare(ws, profile, systems, out.say)
            report = await job.do(ws, prepared, out.say) if headless else None
            if report is not None and xlsx is not None:
                out.say("reconciling")
                sheet.write(ws, xlsx, (await ws.reconcile(scene.INTEGRATION)).id)
            return report
        played = await crm_job.prepare(ws, profile, systems, out.say)
        if not headless:
            return None
        reconciled = await crm_job.do(ws, played, out.say)
        if xlsx is not None:
            sheet.write(ws, xlsx, reconciled.second.id, older=played.first.id)
        return reconciled
    finally:
        await ws.close()


def _open_console(path: Path, profile: Profile | CrmProfile) -> int:
    from tui.app import run_console
    from tui.demo.profile import Profile

    return run_console(path, first_tab="products" if isinstance(profile, Profile) else "reconcile")


def _draw(out: Output, path: Path, file: Path) -> int:
    from engine.admin_files import replace
    from tui.demo.picture import draw

    replace(file, asyncio.run(draw(path)))
    out.result({"picture": file}, f"the screen is drawn in {file}")
    return failures.DONE


def _finish(out: Output, report: Report | CrmReport, profile: str, seed: int, seconds: float, xlsx: Path | None) -> int:
    """Print the report; the exit code is 0 only when the systems' own state is the proof of it."""
    document = {"profile": profile, "seed": seed, "seconds": round(seconds, 1), **report.document()}
    lines = [*report.lines(), *([f"written to {xlsx}"] if xlsx else []), f"in {seconds:.1f} s"]
    out.result({**document, **({"xlsx": xlsx} if xlsx else {})}, *lines)
    for text in report.problems():
        out.say(text)
    if not report.well:
        out.say("crosswalk: the demo's result does not hold; see above")
    return failures.DONE if report.well else failures.FAILED
