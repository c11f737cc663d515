"""``crosswalk rules``: what the storefront shows of the back office's quantities and prices, tried before it is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tui.cli import values
from tui.cli.options import DryRunOption, IntegrationOption
from tui.cli.output import plain
from tui.cli.verbs import Work, verb

if TYPE_CHECKING:
    from engine.rule_desk import RuleView

app = typer.Typer(
    name="rules", help="Quantity and price rules, store-wide and per item; exclusions.", no_args_is_help=True
)

SettingsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME=VALUE...",
        help="Such as quantity.minus=1 price.ending=.99 exclude.brands=Acme; NAME= puts one part back.",
        show_default=False,
    ),
]
ItemOption = Annotated[
    str,
    typer.Option("--item", metavar="ID", help="The rule of one storefront product; its own word wins, field by field."),
]


@app.command("show")
@verb()
async def show(work: Work, item: ItemOption = "", integration: IntegrationOption = None) -> None:
    """Show the store-wide rule and every item's; with --item all settings of one."""
    if item:
        one = work.ws.rules.show(integration, item)
        work.out.result({"rule": one}, *_lines(one))
        return
    found = work.ws.rules.all(integration)
    if work.out.json:
        work.out.document({"rules": found})
        return
    work.out.lines([*_lines(found[0]), ""])
    rows = [(one.item, one.name, one.words) for one in found[1:]]
    work.out.table(("ITEM", "NAME", "ITS OWN RULE"), rows)


@app.command("simulate")
@verb()
async def simulate(
    work: Work, settings: SettingsArgument = None, item: ItemOption = "", integration: IntegrationOption = None
) -> None:
    """Show what a rule would change over everything that is mapped, as last read. Saves nothing."""
    await _simulate(work, integration, settings, item)


@app.command("set")
@verb()
async def set_rule(
    work: Work,
    settings: SettingsArgument = None,
    item: ItemOption = "",
    dry_run: DryRunOption = False,
    integration: IntegrationOption = None,
) -> None:
    """Change parts of a rule; what is not named stays. Try it first: `rules simulate`, or --dry-run."""
    if dry_run:
        await _simulate(work, integration, settings, item)
        return
    saved = work.ws.rules.set(integration, _wanted(settings), item)
    work.out.result({"rule": saved}, f"{saved.name}: {plain(saved.words) or 'no rule'}. See: crosswalk plan")


@app.command("remove")
@verb()
async def remove(
    work: Work, item: ItemOption = "", dry_run: DryRunOption = False, integration: IntegrationOption = None
) -> None:
    """Take the store-wide rule away, or one item's (which then follows the store's)."""
    if dry_run:
        await _simulate(work, integration, None, item, remove=True)
        return
    gone = work.ws.rules.remove(integration, item)
    work.out.result({"rule": gone}, f"{gone.name}: no rule of its own any more. See: crosswalk plan")


def _wanted(settings: list[str] | None) -> dict[str, str]:
    from engine.errors import UsageError

    found = values.assignments(settings, option="")
    if not found:
        raise UsageError("say what to set, such as quantity.minus=1; see `crosswalk rules show` for the names")
    return found


async def _simulate(
    work: Work, integration: str | None, settings: list[str] | None, item: str, *, remove: bool = False
) -> None:
    from tui.widgets.rule_lines import effect_rows, simulation_lines

    wanted = {} if remove else _wanted(settings)
    found = await work.ws.rules.simulate(integration, wanted, item, remove=remove)
    if work.out.json:
        work.out.document({"simulation": found})
        return
    work.out.lines([plain(line) for line in simulation_lines(found)])
    if found.largest:
        work.out.lines(["", "The largest changes:"])
        headers = ("ID", "NAME", "FIELD", "SOURCE", "OLD", "NEW", "DIFFERENCE", "%", "RULE")
        work.out.table(headers, effect_rows(found))


def _lines(one: RuleView) -> list[str]:
    title = f"{one.name} ({one.item})" if one.item else f"{one.integration}, store-wide"
    settings = [f"  {name} = {plain(value)}" for name, value in one.settings.items()]
    return [f"{plain(title)}: {plain(one.words) or 'no rule'}", *settings]
