"""``crosswalk suggest``: ranked guesses with their reasons; nothing is mapped by it."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.cli.options import IntegrationOption, PairWord
from tui.cli.output import counted
from tui.cli.verbs import Work, verb


def register(app: typer.Typer) -> None:
    """Add ``suggest`` to the command line."""
    app.command("suggest")(suggest)


@verb()
async def suggest(
    work: Work,
    kind: Annotated[PairWord, typer.Argument(metavar="KIND", help="customers or products", show_default=False)],
    integration: IntegrationOption = None,
    min_score: Annotated[float, typer.Option("--min-score", min=0, max=1, help="Leave out weaker guesses.")] = 0.0,
    top: Annotated[int, typer.Option("--top", min=1, help="Guesses for each row.")] = 5,
) -> None:
    """Rank counterparts for every unmapped row, with the reasons. Nothing is mapped."""
    from engine.model import Kind

    await work.ws.suggest(integration, Kind(kind), top=top, min_score=min_score)
    found = {
        storefront_id: kept
        for storefront_id, guesses in work.ws.all_suggestions(integration, Kind(kind)).items()
        if (kept := [guess for guess in guesses if guess.score >= min_score][:top])
    }
    open_rows = [row for row in work.ws.snapshot(integration, Kind(kind)).rows if row.side == "storefront"]
    unmapped = sum(row.status in {"Unmapped", "Ambiguous"} for row in open_rows)
    if work.out.json:
        rows = [{"id": storefront_id, "suggestions": guesses} for storefront_id, guesses in found.items()]
        work.out.document({"kind": kind, "unmapped": unmapped, "with_suggestions": len(found), "rows": rows})
        return
    lines = [
        (
            guess.storefront_id if rank == 0 else "",
            guess.storefront_name if rank == 0 else "",
            "exact" if guess.exact else "several" if guess.ambiguous else f"{guess.score:.2f}",
            guess.backoffice_id,
            guess.backoffice_name,
            "; ".join(guess.evidence),
        )
        for guesses in found.values()
        for rank, guess in enumerate(guesses)
    ]
    work.out.table(("ID", "NAME", "SCORE", "COUNTERPART", "COUNTERPART NAME", "BECAUSE"), lines)
    work.out.say(
        f"{counted(len(found), 'row')} of {unmapped:,} unmapped with a suggestion; accept the good ones with: "
        f"crosswalk map {kind} --accept --min-score 0.9 --dry-run"
    )
