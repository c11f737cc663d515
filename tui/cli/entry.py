"""From arguments to an exit code: builds the typer application and maps everything that can go wrong, once."""

from __future__ import annotations

import asyncio
import functools
import logging
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.errors import CrosswalkError, UsageError
from tui import compose
from tui.cli import failures
from tui.cli.options import JsonOption, WorkspaceOption
from tui.cli.output import Output
from tui.cli.verbs import Settings

WIDTH = 100
HELP = """Map customers, products and fees of a storefront to a back office, and keep their prices equal.

Without a command the console opens. Exit codes: 0 done, 1 failed, 2 usage, 3 blocked by a guard, 4 partial, 5 busy.
"""


@functools.cache
def command_line() -> Any:
    """The whole command line as the framework's root command; ``tui.cli.reference`` renders docs/commands.md from it."""
    from tui.cli import (
        accounts,
        adding,
        alarms,
        connection,
        demo,
        duplicates,
        fees,
        fields,
        held_orders,
        importing,
        integration,
        listing,
        mapping,
        mapping_files,
        planning,
        pulling,
        push,
        reconcile,
        rules,
        runs,
        sandbox,
        schedule,
        schema,
        suggesting,
        syncing,
        watching,
        workspace_files,
    )

    app = typer.Typer(
        name="crosswalk",
        help=HELP,
        no_args_is_help=False,
        invoke_without_command=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDTH},
    )
    app.callback(invoke_without_command=True, help=HELP)(root)
    for group in (
        connection,
        integration,
        adding,
        importing,
        fees,
        mapping_files,
        schema,
        fields,
        rules,
        push,
        accounts,
        schedule,
        workspace_files,
        sandbox,
    ):
        app.add_typer(group.app, rich_help_panel=None)
    for verbs in (
        pulling,
        listing,
        suggesting,
        duplicates,
        held_orders,
        mapping,
        planning,
        syncing,
        reconcile,
        runs,
        alarms,
        watching,
        demo,
    ):
        verbs.register(app)
    return typer.main.get_command(app)


def root(
    ctx: typer.Context,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """What stands before the command; without a command the console opens."""
    ctx.obj = Settings(workspace=workspace, json=as_json)
    if show_version:
        Output(json=as_json).result({"version": version("crosswalk")}, f"crosswalk {version('crosswalk')}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        raise typer.Exit(open_console(workspace))


def open_console(workspace: Path | None) -> int:
    """The console, when options stand alone; ``tui.__main__`` takes the plain ways to it, without this module."""
    from tui import terminal

    if reason := terminal.missing():
        raise UsageError(terminal.NO_TERMINAL.format(reason=reason).removeprefix("crosswalk: ").rstrip())
    from tui.app import run_console

    return run_console(workspace)


def run(argv: Sequence[str] | None = None) -> int:
    """Run one command line. Never raises; a traceback goes to the log, not to the screen."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    out = Output(json="--json" in arguments)
    log_file = compose.start_log(_named_workspace(arguments) or compose.default_workspace())
    logging.captureWarnings(capture=True)
    try:
        code = command_line().main(args=arguments, prog_name="crosswalk", standalone_mode=False)
    except CrosswalkError as error:
        return failures.report(error, out)
    except typer.TyperException as error:
        return _usage(error, out)
    except (typer.Abort, KeyboardInterrupt):
        out.say("crosswalk: interrupted")
        return failures.INTERRUPTED
    except asyncio.CancelledError:
        out.say("crosswalk: terminated")
        return failures.TERMINATED
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else failures.FAILED
    except Exception as error:  # noqa: BLE001 - logged and told; never a traceback
        return failures.report_bug(error, out, log_file)
    if code == failures.INTERRUPTED:
        out.say("crosswalk: interrupted")
    return code if isinstance(code, int) else failures.DONE


def _usage(error: typer.TyperException, out: Output) -> int:
    """A command line that does not parse: the framework's own words, our exit code."""
    message = error.format_message()
    context = getattr(error, "ctx", None)
    if message and context is not None:
        out.say(context.get_usage(), f"Try '{context.command_path} --help' for help.", "")
    out.say(f"crosswalk: {message}" if message else context.get_help() if context else "")
    if out.json:
        out.document({"error": {"type": "UsageError", "message": message}, "exit_code": failures.USAGE})
    return failures.USAGE


def _named_workspace(arguments: Sequence[str]) -> Path | None:
    """The directory after ``--workspace``, before anything is parsed: the log must be open by then."""
    for at, argument in enumerate(arguments):
        if argument == "--workspace" and at + 1 < len(arguments):
            return Path(arguments[at + 1])
        if argument.startswith("--workspace="):
            return Path(argument.partition("=")[2])
    return None
