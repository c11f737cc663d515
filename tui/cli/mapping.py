"""``crosswalk map``, ``unmap``, ``ignore``, ``unignore``, ``reject``, ``resolve`` and ``undo-edit``: the mapping edits.

Each edit is one transaction in the workspace, is in the history, and can be undone; nothing is sent to a system.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from engine.errors import UsageError
from tui.cli import failures
from tui.cli.options import DryRunOption, IdsArgument, IntegrationOption, KindArgument, SideWord
from tui.cli.output import counted
from tui.cli.verbs import Work, verb

if TYPE_CHECKING:
    from engine.model import Kind
    from engine.views import Edit, Suggestion

StorefrontArgument = Annotated[str, typer.Argument(metavar="STOREFRONT_ID", show_default=False)]
BackofficeArgument = Annotated[str, typer.Argument(metavar="BACKOFFICE_ID", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the mapping edits to the command line."""
    app.command("map")(map_rows)
    app.command("unmap")(unmap)
    app.command("ignore")(ignore)
    app.command("unignore")(unignore)
    app.command("reject")(reject)
    app.command("resolve")(resolve)
    app.command("undo-edit")(undo_edit)


@verb()
async def map_rows(
    work: Work,
    kind: KindArgument,
    storefront_id: Annotated[str | None, typer.Argument(metavar="STOREFRONT_ID", show_default=False)] = None,
    backoffice_id: Annotated[str | None, typer.Argument(metavar="BACKOFFICE_ID", show_default=False)] = None,
    integration: IntegrationOption = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Map every row to its top suggestion, if good enough.")
    ] = False,
    min_score: Annotated[
        float | None, typer.Option("--min-score", min=0, max=1, help="With --accept: the weakest score to accept.")
    ] = None,
    exact: Annotated[bool, typer.Option("--exact", help="With --accept: identical keys only.")] = False,
    dry_run: DryRunOption = False,
) -> int:
    """Map one row to its counterpart, or accept all suggestions above a score."""
    from engine.model import Kind

    chosen = Kind(kind)
    if accept:
        if storefront_id is not None:
            raise UsageError("give either two ids or --accept, not both; nothing was mapped")
        if min_score is None and not exact:
            raise UsageError("--accept needs --min-score X (or --exact); look first with --dry-run; nothing was mapped")
        return await _accept(
            work, integration, chosen, 1.0 if exact else min_score or 0.0, exact=exact, dry_run=dry_run
        )
    if storefront_id is None or backoffice_id is None:
        raise UsageError("give a storefront id and a back-office id, or --accept --min-score X")
    if dry_run:
        names = {choice.id: choice.name for choice in work.ws.choices_for(integration, chosen)}
        left = work.ws.detail(integration, chosen, storefront_id).row
        if backoffice_id not in names:
            raise UsageError(f"there is no {chosen.counterpart.singular} {backoffice_id!r} in the back office")
        pair = {"storefront_id": storefront_id, "backoffice_id": backoffice_id}
        work.out.result(
            {"dry_run": True, "count": 1, "pairs": [pair]},
            f"would map {left.left} ({storefront_id}) to {names[backoffice_id]} ({backoffice_id})",
        )
        return failures.DONE
    return _done(work, work.ws.map(integration, chosen, [(storefront_id, backoffice_id)]), chosen)


async def _accept(
    work: Work, integration: str | None, kind: Kind, min_score: float, *, exact: bool, dry_run: bool
) -> int:
    if not work.ws.all_suggestions(integration, kind):
        work.out.say("No suggestions are stored yet: computing them first")
        await work.ws.suggest(integration, kind)
    found = work.ws.acceptable(integration, kind, min_score)
    if exact:
        found = tuple(guess for guess in found if guess.exact)
    document: dict[str, Any] = {"dry_run": dry_run, "count": len(found), "pairs": found}
    if dry_run or not found:
        _preview(work, found, document)
        if exact:
            work.ws.matches_shown(integration, kind, found)
        return failures.DONE
    edit = work.ws.map(
        integration, kind, [(guess.storefront_id, guess.backoffice_id) for guess in found], how="accepted suggestion"
    )
    document |= {"edit": edit}
    work.out.result(document, edit.message)
    _say_skipped(work, edit)
    return failures.DONE


def _preview(work: Work, found: tuple[Suggestion, ...], document: dict[str, Any]) -> None:
    if work.out.json:
        work.out.document(document)
    else:
        rows = [
            ("exact" if s.exact else f"{s.score:.2f}", s.storefront_id, s.storefront_name, s.backoffice_id,
             s.backoffice_name, "; ".join(s.evidence))
            for s in found
        ]  # fmt: skip
        work.out.table(("SCORE", "ID", "NAME", "COUNTERPART", "COUNTERPART NAME", "BECAUSE"), rows)
    work.out.say(f"{counted(len(found), 'row')} would be mapped, the doubtful ones first; nothing was mapped")


@verb()
async def unmap(work: Work, kind: KindArgument, ids: IdsArgument, integration: IntegrationOption = None) -> int:
    """Forget the counterpart of rows. Nothing is changed in either system."""
    from engine.model import Kind

    return _done(work, work.ws.unmap(integration, Kind(kind), ids), Kind(kind))


@verb()
async def ignore(
    work: Work,
    kind: KindArgument,
    ids: IdsArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why these rows are left alone.", show_default=False)],
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="The first day they are back, as 2026-12-31.")
    ] = None,
    integration: IntegrationOption = None,
) -> int:
    """Leave rows alone: they are neither counted as unmapped nor synced."""
    from engine.model import Kind

    return _done(work, work.ws.ignore(integration, Kind(kind), ids, reason, _day(until)), Kind(kind))


@verb()
async def unignore(work: Work, kind: KindArgument, ids: IdsArgument, integration: IntegrationOption = None) -> int:
    """Take rows back into the list."""
    from engine.model import Kind

    return _done(work, work.ws.unignore(integration, Kind(kind), ids), Kind(kind))


@verb()
async def reject(
    work: Work,
    kind: KindArgument,
    storefront_id: StorefrontArgument,
    backoffice_id: BackofficeArgument,
    integration: IntegrationOption = None,
) -> int:
    """Remember that two records are not the same thing: they are never suggested to each other again."""
    from engine.model import Kind

    return _done(work, work.ws.reject(integration, Kind(kind), storefront_id, backoffice_id), Kind(kind))


@verb()
async def resolve(
    work: Work,
    kind: Annotated[
        Literal["products", "fees"], typer.Argument(metavar="KIND", help="products or fees", show_default=False)
    ],
    ids: IdsArgument,
    field: Annotated[
        Literal["price", "cost", "sku", "quantity"],
        typer.Option("--field", help="The field to decide.", show_default=False),
    ],
    keep: Annotated[SideWord | None, typer.Option("--keep", help="The side whose value wins.")] = None,
    value: Annotated[str | None, typer.Option("--value", help="A value to write instead of either.")] = None,
    integration: IntegrationOption = None,
) -> int:
    """Decide a conflict for the next sync: keep either side's value, or give one."""
    from engine.model import Field, Kind, Side

    if (keep is None) == (value is None):
        raise UsageError("say --keep storefront, --keep backoffice or --value VALUE; nothing was decided")
    side = Side(keep) if keep else None
    with work.ws.store.transaction():  # all of them or none: a refusal says that nothing was decided
        edits = [
            work.ws.resolve(integration, Kind(kind), one, Field(field), keep=side, value=value)
            for one in dict.fromkeys(ids)
        ]
    work.out.result({"edits": edits, "count": sum(edit.count for edit in edits)}, *(edit.message for edit in edits))
    return failures.DONE


@verb()
async def undo_edit(work: Work, integration: IntegrationOption = None) -> int:
    """Take back the newest mapping edit that is not undone yet."""
    return _done(work, work.ws.undo_edit(integration), None)


def _done(work: Work, edit: Edit, kind: Kind | None) -> int:
    work.out.result({"kind": kind, "edit": edit, "count": edit.count}, edit.message)
    _say_skipped(work, edit)
    return failures.PARTIAL if edit.skipped and edit.count else failures.FAILED if edit.skipped else failures.DONE


def _say_skipped(work: Work, edit: Edit) -> None:
    for row_id, why in edit.skipped:
        work.out.say(f"{row_id}: {why}; left alone")


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--until {text!r}: write a date such as 2026-12-31; nothing was ignored") from None
