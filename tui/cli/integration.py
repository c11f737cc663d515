"""``crosswalk integration``: a storefront and a back office with their settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.errors import UsageError
from tui.cli import values
from tui.cli.options import SetOption
from tui.cli.verbs import Work, verb

if TYPE_CHECKING:
    from engine.integrations import Integration

app = typer.Typer(name="integration", help="A storefront and a back office, with their settings.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The integration.", show_default=False)]


@app.command("add")
@verb()
async def add(
    work: Work,
    name: NameArgument,
    storefront: Annotated[
        str, typer.Argument(metavar="STOREFRONT", help="The storefront's connection.", show_default=False)
    ],
    backoffice: Annotated[
        str, typer.Argument(metavar="BACKOFFICE", help="The back office's connection.", show_default=False)
    ],
    settings: SetOption = None,
) -> None:
    """Add an integration. Settings may follow later; see `crosswalk integration show NAME` for all of them."""
    made = work.ws.add_integration(name, storefront, backoffice, values.assignments(settings))
    work.out.result(
        _document(work, made), f"{made.name} added: {storefront} -> {backoffice}. Read both sides: crosswalk pull"
    )
    _say_undecided(work, made)


@app.command("set")
@verb()
async def set_settings(work: Work, name: NameArgument, settings: SetOption = None) -> None:
    """Change settings, such as --set price.type=recurring --set guards.max_rows=200."""
    changed = values.assignments(settings)
    if not changed:
        raise UsageError("nothing to change: give --set NAME=VALUE; see `crosswalk integration show` for the names")
    made = work.ws.set_integration(name, changed)
    work.out.result(_document(work, made), *(f"{key} = {value}" for key, value in changed.items()))
    _say_undecided(work, made)


@app.command("list")
@verb()
async def list_all(work: Work) -> None:
    """List the integrations."""
    found = work.ws.integrations()
    if work.out.json:
        work.out.document({"integrations": [_document(work, one) for one in found]})
    elif not found:
        work.out.say("No integration yet: crosswalk integration add NAME STOREFRONT BACKOFFICE")
    else:
        work.out.table(("NAME", "STOREFRONT", "BACK OFFICE"), [(i.name, i.storefront, i.backoffice) for i in found])


@app.command("show")
@verb()
async def show(
    work: Work,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="May be left out when there is one.")] = None,
) -> None:
    """Show an integration with every setting and its value, as `--set` takes them."""
    found = work.ws.integration(name)
    document = _document(work, found)
    if work.out.json:
        work.out.document(document)
        return
    work.out.lines([f"{found.name}: {found.storefront} -> {found.backoffice}"])
    work.out.table(("SETTING", "VALUE"), document["settings"].items())


@app.command("remove")
@verb()
async def remove(work: Work, name: NameArgument) -> None:
    """Remove an integration with its mappings and fees; its history and runs stay."""
    work.ws.remove_integration(name)
    work.out.result({"removed": name}, f"{name} removed")


def _say_undecided(work: Work, integration: Integration) -> None:
    """Which masters are still to be chosen; nothing of such a field is ever written before that."""
    unset = work.ws.undecided(integration.name)
    missing = [field.value for field in integration.settings.fields if field in unset]
    if missing:
        settings = " ".join(f"--set masters.{name}=backoffice" for name in missing)
        work.out.say(
            f"Which side wins is not chosen yet for {', '.join(missing)}: crosswalk integration set {integration.name} "
            f"{settings} (or =storefront)"
        )


def _document(work: Work, integration: Integration) -> dict[str, Any]:
    from engine.integrations import setting_values

    return {
        "name": integration.name,
        "storefront": integration.storefront,
        "backoffice": integration.backoffice,
        "settings": setting_values(integration.settings, work.ws.undecided(integration.name)),
    }
