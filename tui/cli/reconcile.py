"""``crosswalk reconcile``: every discrepancy between both sides, a spreadsheet of it, and resolving what was chosen."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.admin_files import replace
from engine.errors import Blocked, UsageError
from tui.cli import failures, values
from tui.cli.confirm import confirmed, need_confirmation
from tui.cli.options import AllowOption, YesOption
from tui.cli.output import aligned, counted, terminal_width
from tui.cli.progress import Progress
from tui.cli.stopping import settling_on_signals
from tui.cli.verbs import Work, verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.findings import Compared, Reconciliation, Resolved
    from engine.model import Kind
    from engine.resolving import Resolutions


def register(app: typer.Typer) -> None:
    """Add ``reconcile`` to the command line."""
    app.command("reconcile")(reconcile)


@verb(networked=True)
async def reconcile(
    work: Work,
    integration: Annotated[str | None, typer.Argument(metavar="INTEGRATION", show_default=False)] = None,
    kinds: Annotated[str | None, typer.Option("--kinds", metavar="LIST", help="products,customers [default: both].")] = None,
    listed: Annotated[bool, typer.Option("--list", help="List earlier reconciliations; contacts no system.")] = False,
    show: Annotated[str | None, typer.Option("--show", metavar="ID", help="An earlier one, or last; contacts no system.")] = None,
    xlsx: Annotated[Path | None, typer.Option("--xlsx", metavar="FILE", help="Write a spreadsheet.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write CSV.")] = None,
    compare: Annotated[str | None, typer.Option("--compare", metavar="ID", help="What is new, gone and still there since that one.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Resolve findings that have a proposal, after a preview.")] = False,
    codes: Annotated[str | None, typer.Option("--codes", metavar="LIST", help="With --apply: only these codes, such as LINK_FOUND,PRICE_MISMATCH.")] = None,
    yes: YesOption = False,
    allow: AllowOption = None,
) -> int:  # fmt: skip
    """Read both sides completely and report every discrepancy with a proposed resolution. Without --apply nothing is
    written to any system.
    """
    if listed:
        return _listed(work, integration)
    if apply and show:
        raise UsageError("--apply needs a fresh reconciliation: leave --show out; nothing was written")
    if codes and not apply:
        raise UsageError("--codes goes with --apply; nothing was read")
    if apply:
        need_confirmation(yes=yes, command="reconcile")
    wanted = _codes(codes)
    # known before anything is read, and "last" is the one before the one that is made now
    earlier = work.ws.reconciliation(compare) if compare else None
    if earlier is not None and not show and earlier.integration != work.ws.integration(integration).name:
        raise UsageError(f"reconciliation {earlier.id} is of integration {earlier.integration}; nothing was read")
    with settling_on_signals(work.ws, work.out), Progress(work.ws.events, work.out):
        made = work.ws.reconciliation(show) if show else await work.ws.reconcile(integration, _kinds(kinds))
    code = await _apply(work, made, wanted, yes=yes, allow=allow) if apply else failures.DONE
    made = work.ws.reconciliation(made.id)
    found = work.ws.findings(made.id)
    compared = work.ws.compare_findings(earlier.id, made.id) if earlier is not None else None
    _save(made, found, compared, xlsx, csv)
    _tell(work, made, found, compared, [path for path in (xlsx, csv) if path is not None])
    return code


def _listed(work: Work, integration: str | None) -> int:
    found = work.ws.reconciliations(integration)
    rows = [(r.id, r.integration, f"{r.at:%Y-%m-%d %H:%M}", r.actor, r.total, r.resolved) for r in found]
    if work.out.json:
        work.out.document({"reconciliations": found})
    else:
        work.out.table(("ID", "INTEGRATION", "AT (UTC)", "BY", "FINDINGS", "RESOLVED"), rows)
    return failures.DONE


async def _apply(work: Work, made: Reconciliation, codes: set[str], *, yes: bool, allow: list[str] | None) -> int:
    """Preview what can be resolved, confirm, resolve."""
    from engine.findings import Action

    keys = [
        one.finding.key
        for one in work.ws.findings(made.id)
        if one.finding.action is not Action.MANUAL and (not codes or one.finding.code in codes)
    ]
    if not keys:
        work.out.say("No finding has a proposal that can be carried out: nothing was written")
        return failures.DONE
    with Progress(work.ws.events, work.out):
        planned = await work.ws.plan_resolutions(made.id, keys)
    lines = preview_lines(planned)
    allowed = allow or []
    names = [hit.guard for hit in planned.plan.guards if hit.guard not in allowed] if planned.plan is not None else []
    if names:
        work.out.preview(lines)
        stop = Blocked(f"stopped by: {', '.join(names)}; nothing was written", tuple(names))
        raise failures.Refused(stop, {"reconciliation": made.id})
    if not confirmed(
        work.out, [] if yes and work.out.json else lines, f"Resolve {counted(planned.count, 'finding')}?", yes=yes
    ):
        work.out.say("Not confirmed: nothing was written")
        return failures.FAILED
    with settling_on_signals(work.ws, work.out), Progress(work.ws.events, work.out):
        done = await work.ws.resolve_findings(planned, allow=allowed)
    good = sum(one.result.value == "applied" for one in done)
    work.out.say(f"{good:,} of {len(keys):,} resolved")
    return failures.DONE if good == len(keys) else failures.PARTIAL


def preview_lines(planned: Resolutions) -> list[str]:
    """What would be done, one line for each finding."""
    rows = [(one.code, one.storefront_name, one.field, one.storefront, one.backoffice, one.proposal)
            for one in (*planned.edits, *planned.written)]  # fmt: skip
    rows += [(one.finding.code, one.finding.storefront_name, one.finding.field, one.finding.storefront,
              one.finding.backoffice, f"{one.result}: {one.message}") for one in (*planned.moved, *planned.refused)]  # fmt: skip
    hits = [f"guard {hit.guard}: {hit.message}" for hit in planned.plan.guards] if planned.plan is not None else []
    return [
        *aligned(
            ("CODE", "NAME", "FIELD", "STOREFRONT", "BACK OFFICE", "WHAT IS DONE"), rows, terminal_width(sys.stdout)
        ),
        *hits,
    ]


def _save(
    made: Reconciliation, found: Sequence[Resolved], compared: Compared | None, xlsx: Path | None, csv: Path | None
) -> None:
    from engine import report

    if xlsx is not None:
        replace(xlsx, report.xlsx(made, found, compared))
    if csv is not None:
        text = io.StringIO(newline="")
        report.write_csv(text, found)
        replace(csv, text.getvalue())


def _tell(
    work: Work, made: Reconciliation, found: Sequence[Resolved], compared: Compared | None, files: list[Path]
) -> None:
    from engine import report

    if work.out.json:
        document = report.as_json(made, found)
        if compared is not None:
            document["compared"] = {"new": [one.key for one in compared.new], "gone": [one.key for one in compared.gone],
                                    "still": len(compared.still)}  # fmt: skip
        work.out.document({**document, "files": files})
        return
    work.out.table(
        ("CODE", "NAME", "FIELD", "STOREFRONT", "BACK OFFICE", "PROPOSED", "RESULT", "WHY"), list(report.lines(found))
    )
    counts = ", ".join(f"{count:,} {code}" for code, count in made.counts.items()) or "no discrepancy"
    work.out.say(f"reconciliation {made.id} of {made.integration}: {counts}")
    if compared is not None:
        work.out.say(f"{len(compared.new):,} new, {len(compared.gone):,} gone, {len(compared.still):,} still there")
    for path in files:
        work.out.say(f"written to {path}")


def _kinds(text: str | None) -> list[Kind]:
    from engine.model import Kind

    known = [Kind.PRODUCTS, Kind.CUSTOMERS]
    return (
        known
        if text is None
        else [Kind(word) for word in values.words(text, "--kinds", [kind.value for kind in known])]
    )


def _codes(text: str | None) -> set[str]:
    from engine.findings import Code

    return {word.upper() for word in values.words(text, "--codes", [code.lower() for code in Code])} if text else set()
