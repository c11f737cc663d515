"""Options that several commands share, spelled once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        metavar="DIR",
        help="Workspace directory [default: $CROSSWALK_WORKSPACE, else the user's data directory].",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
IntegrationOption = Annotated[
    str | None,
    typer.Option("--integration", metavar="NAME", help="The integration; may be left out when there is only one."),
]
YesOption = Annotated[
    bool, typer.Option("--yes", help="Confirm the preview without asking; guards still need --allow.")
]


def _guards(given: list[str] | None) -> list[str] | None:
    """A misspelt guard would seem to be allowed; whatever is no guard is refused. ``_`` and ``-`` mean the same."""
    from engine.guards import GUARD_NAMES

    names = [name.replace("_", "-") for name in given or ()]
    for name in names:
        if name not in GUARD_NAMES:
            raise typer.BadParameter(f"{name!r} is no guard; guards are {', '.join(GUARD_NAMES)}")
    return None if given is None else names


AllowOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow", metavar="GUARD", callback=_guards, help="Go ahead although this guard fired; once for each guard."
    ),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would happen; change nothing.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="One setting; repeat for more. NAME= removes it."),
]
LimitOption = Annotated[int | None, typer.Option("--limit", metavar="N", min=1, help="Show at most this many.")]

KindWord = Literal["customers", "products", "fees"]
PairWord = Literal["customers", "products"]
SideWord = Literal["storefront", "backoffice"]

KindArgument = Annotated[
    KindWord, typer.Argument(metavar="KIND", help="customers, products or fees", show_default=False)
]
IdsArgument = Annotated[list[str], typer.Argument(metavar="ID...", help="Storefront ids.", show_default=False)]

FieldsOption = Annotated[
    str | None,
    typer.Option("--fields", metavar="LIST", help="Only these fields: price,cost,sku,quantity."),
]
IdsOption = Annotated[
    list[str] | None,
    typer.Option("--ids", metavar="LIST", help="Only these rows: ids separated by commas, or @FILE with one a line."),
]
KindsOption = Annotated[
    str | None, typer.Option("--kinds", metavar="LIST", help="Only these lists: products,fees [default: both].")
]
OverwriteOption = Annotated[
    SideWord | None,
    typer.Option("--overwrite", help="Write to this side only, whatever the settings say is master."),
]
