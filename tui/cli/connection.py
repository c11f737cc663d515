"""``crosswalk connection``: configured access to the systems outside."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.errors import UsageError
from tui.cli import failures, login, values
from tui.cli.options import SetOption
from tui.cli.verbs import Work, verb

app = typer.Typer(name="connection", help="Configured access to the systems outside.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The connection.", show_default=False)]


@app.command("types")
@verb()
async def types(work: Work) -> None:
    """List the kinds of systems that can be connected, with their options and what each can do."""
    found = work.ws.connection_types()
    if work.out.json:
        work.out.document({"types": found})
        return
    for kind in found:
        able = kind.capabilities
        work.out.lines(
            [
                f"{kind.name}: {kind.title}. {kind.description}",
                f"  side      {', '.join(sorted(kind.sides))}",
                f"  reads     {_words(able.reads)}; fields {_words(able.reads_fields)}",
                f"  writes    {_words(able.writes_fields)}; creates {_words(able.creates)}",
            ]
        )
        for option in kind.options:
            marks = [
                word for word, true in (("required", option.required), ("secret reference", option.secret)) if true
            ]
            marks += [f"default {option.default}"] if option.default else []
            name = f"{option.name}NAME" if option.prefix else option.name
            work.out.lines([f"  --set {name}=...  {option.label}" + (f" ({', '.join(marks)})" if marks else "")])
        work.out.lines([*(f"  note      {note}" for note in kind.notes), ""])


@app.command("add")
@verb()
async def add(
    work: Work,
    name: NameArgument,
    type_name: Annotated[
        str, typer.Argument(metavar="TYPE", help="See `crosswalk connection types`.", show_default=False)
    ],
    settings: SetOption = None,
) -> None:
    """Add a connection. A secret is given as a reference: env:NAME, file:/path, command:... or keyring:service/user."""
    view = work.ws.add_connection(name, type_name, values.assignments(settings))
    work.out.result(view, f"{view.name} added ({view.title}). Test it: crosswalk connection check {view.name}")


@app.command("set")
@verb()
async def set_options(work: Work, name: NameArgument, settings: SetOption = None) -> None:
    """Change options of a connection; NAME= removes one."""
    changed = values.assignments(settings)
    if not changed:
        raise UsageError("nothing to change: give --set NAME=VALUE")
    view = work.ws.set_connection(name, changed)
    work.out.result(view, f"{view.name} changed. Test it: crosswalk connection check {view.name}")


@app.command("list")
@verb()
async def list_all(work: Work) -> None:
    """List the connections with their health."""
    views = work.ws.connections()
    if work.out.json:
        work.out.document({"connections": views})
    elif not views:
        work.out.say("No connection yet: crosswalk connection add NAME TYPE --set ...")
    else:
        rows = [(one.name, one.type, one.state, one.holder, one.message) for one in views]
        work.out.table(("NAME", "TYPE", "STATE", "IN USE BY", "MESSAGE"), rows)


@app.command("check")
@verb(networked=True)
async def check(work: Work, name: NameArgument) -> int:
    """Test a connection: reaches the system and names every missing permission. Writes nothing."""
    report = await work.ws.check_connection(name)
    if work.out.json:
        work.out.document({"connection": name, "ok": report.ok, "account": report.account, "items": report.items})
    else:
        work.out.lines([f"{name}: {report.account}"] if report.account else [])
        rows = [("ok" if i.ok else "MISSING" if i.required else "absent", i.name, i.message) for i in report.items]
        work.out.table(("", "CHECK", "MESSAGE"), rows)
    if not report.ok:
        work.out.say(f"{name}: the connection cannot do its work yet; see the lines marked MISSING")
    return failures.DONE if report.ok else failures.FAILED


@app.command("login")
@verb(networked=True)
async def log_in(work: Work, name: NameArgument) -> int:
    """Log in to a connection with a code: open the address it prints on any device, type the code and agree. Waits.

    For UltraCart with a client_id; other connections have credentials that an admin issues, and are refused with what to do.
    """
    return await login.log_in(work, name)


@app.command("remove")
@verb()
async def remove(work: Work, name: NameArgument) -> None:
    """Remove a connection that no integration uses."""
    work.ws.remove_connection(name)
    work.out.result({"removed": name}, f"{name} removed")


def _words(words: frozenset[str]) -> str:
    return ", ".join(sorted(words)) or "nothing"
