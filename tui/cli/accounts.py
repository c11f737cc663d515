"""``crosswalk accounts``: accounts of the people who buy; policies simulated first, carried out, and what waits for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.errors import UsageError
from engine.settings import AccountPolicy, LastName
from tui.cli import failures
from tui.cli.confirm import confirmed, need_confirmation
from tui.cli.documents import run_document
from tui.cli.options import AllowOption, DryRunOption, IntegrationOption, YesOption
from tui.cli.output import aligned, counted
from tui.cli.progress import Progress
from tui.cli.syncing import running
from tui.cli.verbs import Work, verb

if TYPE_CHECKING:
    from engine.account_work import Accounts, AccountsRun
    from engine.crm import PersonAccounts
    from engine.settings import AccountSettings

app = typer.Typer(name="accounts", help="Accounts and contacts of the people who buy.", no_args_is_help=True)
policy = typer.Typer(
    name="policy", help="What becomes of buyers whom the back office does not have.", no_args_is_help=True
)
app.add_typer(policy, rich_help_panel=None)

#: Orders shown of each outcome of a simulation.
EXAMPLES = 5

WithOption = Annotated[AccountPolicy | None, typer.Option("--with-profile", help="Orders with a customer profile.")]
WithoutOption = Annotated[AccountPolicy | None, typer.Option("--without-profile", help="Orders without one.")]
TypeOption = Annotated[
    str | None,
    typer.Option("--record-type", metavar="NAME", help="An active person-account record type, by name or id."),
]
LastNameOption = Annotated[
    LastName | None, typer.Option("--no-last-name", help="What stands for a last name that is missing.")
]
DaysOption = Annotated[int | None, typer.Option("--days", min=1, max=365, help="How far back orders are looked at.")]


@policy.command("show")
@verb(networked=True)
async def show(work: Work, integration: IntegrationOption = None) -> None:
    """Show the policies, and the record types that the org offers now."""
    org = await work.ws.account_org(integration)
    settings = work.ws.integration(integration).settings.accounts
    work.out.result(_document(settings, org), *_settings_lines(settings, org))


@policy.command("set")
@verb(networked=True)
async def set_policy(
    work: Work,
    with_profile: WithOption = None,
    without_profile: WithoutOption = None,
    record_type: TypeOption = None,
    no_last_name: LastNameOption = None,
    days: DaysOption = None,
    integration: IntegrationOption = None,
) -> None:
    """Set policies. A record type must be one that the org offers; try them first: ``accounts policy simulate``."""
    chosen = work.ws.integration(integration)
    changed = _changed(with_profile, without_profile, record_type, no_last_name, days)
    if not changed:
        raise UsageError("say what to set, such as --with-profile person_account --record-type NAME; nothing was saved")
    org = await work.ws.account_org(chosen.name)
    settings = _with(chosen.settings.accounts, changed)
    _refuse(org, settings)
    work.ws.set_integration(chosen.name, {f"accounts.{name}": str(value) for name, value in changed.items()})
    saved = work.ws.integration(chosen.name).settings.accounts
    work.out.result(_document(saved, org), *_settings_lines(saved, org))


@policy.command("simulate")
@verb(networked=True)
async def simulate(
    work: Work,
    with_profile: WithOption = None,
    without_profile: WithoutOption = None,
    record_type: TypeOption = None,
    no_last_name: LastNameOption = None,
    days: DaysOption = None,
    integration: IntegrationOption = None,
) -> None:
    """Say what policies would have done with past orders: these, or those that are set. Changes nothing."""
    chosen = work.ws.integration(integration)
    changed = _changed(with_profile, without_profile, record_type, no_last_name, days)
    settings = _with(chosen.settings.accounts, changed)
    seen = await work.ws.look_at_buyers(chosen.name, settings)
    work.out.result(_seen(seen), *_settings_lines(settings, seen.org), *count_lines(seen), *_examples(seen))


@app.command("run")
@verb(networked=True)
async def run(
    work: Work,
    dry_run: DryRunOption = False,
    integration: IntegrationOption = None,
    yes: YesOption = False,
    allow: AllowOption = None,
) -> int:
    """Link the buyers that are found, make those that the policies say, and queue those that wait for a person."""
    if not dry_run:
        need_confirmation(yes=yes, command="accounts run --dry-run")
    with Progress(work.ws.events, work.out):
        seen = await work.ws.look_at_buyers(integration)
    lines = [*buyer_lines(seen), *count_lines(seen)]
    if dry_run:
        work.out.result(_seen(seen), *lines)
        return failures.DONE
    counts = seen.count()
    what = f"Link {counts['match']:,} and make {counts['create']:,} (orders; each buyer once)?"
    if not confirmed(work.out, [] if yes and work.out.json else lines, what, yes=yes):
        work.out.say("Not confirmed: nothing was written")
        return failures.FAILED
    return _finish(work, await running(work, work.ws.keep_buyers(seen.integration, seen, allow=allow or ())))


@app.command("queue")
@verb()
async def queue(work: Work, integration: IntegrationOption = None) -> None:
    """List the buyers that wait for a person, with the records that may be theirs."""
    found = work.ws.waiting_buyers(integration)
    if work.out.json:
        work.out.document({"waiting": found, "count": len(found)})
        return
    rows = [
        (one.order, one.name, one.email, one.why, "; ".join(f"{hit.id} {hit.name}" for hit in one.hits))
        for one in found
    ]
    work.out.table(("ORDER", "BUYER", "E-MAIL", "WHY", "MAY BE"), rows)
    work.out.say(
        f"{counted(len(found), 'buyer')} waiting"
        + (": crosswalk accounts answer ORDER --use ID (or --create FORM, --skip)" if found else "")
    )


@app.command("answer")
@verb(networked=True)
async def answer(
    work: Work,
    order: Annotated[
        str, typer.Argument(metavar="ORDER", help="The number of the order that waits.", show_default=False)
    ],
    use: Annotated[
        str | None, typer.Option("--use", metavar="ID", help="This record of the back office is the buyer.")
    ] = None,
    create: Annotated[
        AccountPolicy | None,
        typer.Option("--create", help="Make one in this form (person_account, account_and_contact)."),
    ] = None,
    skip: Annotated[bool, typer.Option("--skip", help="Keep no record of this buyer.")] = False,
    ask: Annotated[bool, typer.Option("--ask", help="Forget the answer that was given, and ask again.")] = False,
    integration: IntegrationOption = None,
) -> None:
    """Decide about a buyer who waits. A record to use is linked at once; one to make is made by the next run."""
    from engine.accounts import Answer
    from engine.crm import AccountForm

    if sum((use is not None, create is not None, skip, ask)) != 1:
        raise UsageError("say one of --use ID, --create FORM, --skip and --ask; nothing was decided")
    if create in {AccountPolicy.ASK, AccountPolicy.SKIP}:
        raise UsageError("--create takes person_account or account_and_contact; nothing was decided")
    given = None if ask else Answer(use or "", AccountForm(create.value) if create else None)
    done = await work.ws.answer_buyer(integration, order, given)
    made = "is made by the next run: crosswalk accounts run"
    said = f"is {use}" if use else "is skipped" if skip else "is asked about again" if ask else made
    work.out.result({"order": done.order, "key": done.key, "answer": given}, f"{done.order} ({done.name}) {said}")


# -------------------------------------------------------------------------------------------------- inside
def _finish(work: Work, done: AccountsRun) -> int:
    counts = f"{len(done.linked):,} linked, {done.run.totals.applied if done.run else 0:,} made, {len(done.waiting):,} waiting"
    moved = f"{len(done.moved):,} changed since the preview and were left alone" if done.moved else ""
    value: dict[str, Any] = {
        "run": None if done.run is None else run_document(done.run, work.ws.outcomes(done.run.id)),
        "linked": [{"order": one.order.number, "key": one.key, "record": one.record} for one in done.linked],
        "waiting": done.waiting,
        "moved": [one.order.number for one in done.moved],
        "counts": done.accounts.count(),
    }
    bad = [] if done.run is None else [one for one in work.ws.outcomes(done.run.id) if one.message]
    lines = [f"  {one.name} ({one.storefront_id}): {one.result}: {one.message}" for one in bad]
    work.out.result(value, *lines, *filter(None, [f"{counts}.", moved]))
    totals = None if done.run is None else done.run.totals
    whole = totals is None or totals.planned == totals.applied + totals.unchanged
    return failures.DONE if whole and not done.moved else failures.PARTIAL


def buyer_lines(seen: Accounts) -> list[str]:
    """The preview: every buyer who is not known yet, once."""
    shown = [one for one in seen.buyers if one.step.value != "linked" and not one.with_order]
    rows = [
        (one.order.number, one.name, one.customer.email, one.step, one.record or (one.form or ""), one.why)
        for one in shown
    ]
    return aligned(("ORDER", "BUYER", "E-MAIL", "WHAT", "RECORD", "WHY"), rows) if rows else ["Every buyer is known."]


def count_lines(seen: Accounts) -> list[str]:
    """Orders by what becomes of their buyer, with and without a profile."""
    rows = [
        (name, *(f"{seen.count(guests=guests)[name]:,}" for guests in (False, True)))
        for name, n in seen.count().items()
        if n
    ]
    since = f"{len(seen.buyers):,} paid orders since {seen.since:%Y-%m-%d}"
    return [since, *(aligned(("BUYER", "WITH PROFILE", "WITHOUT"), rows) if rows else [])]


def _examples(seen: Accounts) -> list[str]:
    lines = []
    for step in ("create", "waits", "blocked"):
        found = [one for one in seen.buyers if one.step.value == step and not one.with_order]
        lines += [f"{step}: {one.order.number} {one.name} {one.customer.email}: {one.why}" for one in found[:EXAMPLES]]
        if len(found) > EXAMPLES:
            lines.append(f"{step}: and {len(found) - EXAMPLES:,} more")
    return lines


def _seen(seen: Accounts) -> dict[str, Any]:
    buyers = [
        {
            "order": one.order.number,
            "key": one.key,
            "name": one.name,
            "email": one.customer.email,
            "step": one.step,
            "why": one.why,
            "record": one.record,
            "form": one.form,
            "with_order": one.with_order,
            "fields": dict(one.fields),
            "hits": one.hits,
        }
        for one in seen.buyers
    ]
    counts = {"all": seen.count(), "with_profile": seen.count(guests=False), "without_profile": seen.count(guests=True)}
    return {
        "since": seen.since,
        "orders": len(seen.buyers),
        "counts": counts,
        "buyers": buyers,
        **_document(seen.settings, seen.org),
    }


def _changed(
    with_profile: AccountPolicy | None,
    without_profile: AccountPolicy | None,
    record_type: str | None,
    no_last_name: LastName | None,
    days: int | None,
) -> dict[str, Any]:
    given = {
        "with_profile": with_profile,
        "without_profile": without_profile,
        "record_type": record_type,
        "no_last_name": no_last_name,
        "days": days,
    }
    return {name: value for name, value in given.items() if value is not None}


def _with(settings: AccountSettings, changed: dict[str, Any]) -> AccountSettings:
    return type(settings).model_validate({**settings.model_dump(), **changed})


def _refuse(org: PersonAccounts, settings: AccountSettings) -> None:
    """Raises ``UsageError`` for person accounts that the org cannot make."""
    from engine.accounts import record_type, record_type_problem

    wants = AccountPolicy.PERSON_ACCOUNT in {settings.with_profile, settings.without_profile}
    problem = record_type_problem(org, settings) if wants else ""
    if not problem and settings.record_type and record_type(org, settings.record_type) is None:
        problem = record_type_problem(org, settings)
    if problem:
        raise UsageError(f"{problem}; nothing was saved")


def _document(settings: AccountSettings, org: PersonAccounts) -> dict[str, Any]:
    return {"policy": settings.model_dump(mode="json"), "person_accounts": org}


def _settings_lines(settings: AccountSettings, org: PersonAccounts) -> list[str]:
    types = "; ".join(f"{one.name} ({one.id})" for one in org.record_types) or "none that this user may use"
    return [
        f"orders with a profile: {settings.with_profile.value}; without one: {settings.without_profile.value}",
        (
            f"record type: {settings.record_type or '(none chosen)'}; last name missing: {settings.no_last_name.value}; "
            f"orders of the last {settings.days} days"
        ),
        f"the org has person accounts, with record types: {types}" if org.enabled else "the org has no person accounts",
    ]
