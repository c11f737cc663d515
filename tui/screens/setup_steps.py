"""The steps of the first run: what is known so far, and the form that each step asks with. Knows no widget on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from typing import TYPE_CHECKING

from tui.widgets import checks
from tui.widgets.connection_form import Offered, option_fields, type_field
from tui.widgets.forms import FormField
from tui.widgets.settings_form import mapping_fields, master_fields, sku_fields, value_fields

if TYPE_CHECKING:
    from engine.ports import ConnectorType
    from engine.views import ConnectionView, PullReport
    from engine.workspace import Workspace

STOREFRONT, BACKOFFICE, INTEGRATION, READING = range(4)
TITLES = ("the storefront", "the back office", "the integration", "read both sides")
SIDES = ("storefront", "backoffice")
NEW = ""


@dataclass(slots=True)
class SetupSteps:
    """``types`` and ``views`` are the installed systems and the connections that exist; ``connections`` the chosen two.

    ``offered`` are the values that a connection's system offers for its options.
    """

    types: list[ConnectorType] = field(default_factory=list)
    views: list[ConnectionView] = field(default_factory=list)
    connections: list[str] = field(default_factory=lambda: ["", ""])
    integration: str = ""
    offered: dict[str, Offered] = field(default_factory=dict)

    def intro(self, step: int, chosen: str) -> Sequence[str]:
        """What is said above the form of a step; ``chosen`` is the system that is chosen in it."""
        if step == READING:
            pair = " and ".join(self.connections)
            return (f"{self.integration} is saved. Reading {pair} completely comes next; nothing is written.",)
        if step == INTEGRATION:
            return ("One storefront and one back office make an integration. All of this can be changed later.",)
        kind = self.kind(chosen)
        return kind.notes[:2] if kind is not None else ()

    def kind(self, name: str) -> ConnectorType | None:
        """The system of this name."""
        return next((one for one in self.types if one.name == name), None)

    def usable(self, step: int) -> list[ConnectorType]:
        """The systems of this side: first what the storefront is mostly mapped to, then those with an account.

        A first run is rarely about files.
        """
        types = {view.name: view.type for view in self.views}
        front = self.kind(types.get(self.connections[STOREFRONT], "")) if step == BACKOFFICE else None
        usual = front.goes_with if front is not None else ()
        usable = [one for one in self.types if SIDES[step] in one.sides]
        return sorted(usable, key=lambda one: (one.name not in usual, not any(option.secret for option in one.options)))

    def connection_fields(self, step: int, typed: dict[str, str]) -> list[FormField]:
        """The form of a connection's step: one that exists, or the options of a new one of the system typed."""
        usable = self.usable(step)
        names = {one.name for one in usable}
        taken = self.connections[STOREFRONT] if step == BACKOFFICE else ""
        known = [view for view in self.views if view.type in names and view.name != taken]
        fields = []
        use = typed.get("use", self.connections[step])
        if known:
            choices = ((NEW, "a new one"), *((view.name, f"{view.name} ({view.title})") for view in known))
            use = use if any(use == name for name, _ in choices) else NEW
            fields.append(FormField("use", "Connection", "choice", value=use, choices=choices,
                                    help="One that exists already, or a new one."))  # fmt: skip
        view = next((view for view in known if view.name == use and use), None)
        if view is not None:
            kind = self.kind(view.type)
            return fields + (
                option_fields(kind, view.options, self.offered.get(view.name, {})) if kind is not None else []
            )
        chosen = typed.get("type") or (usable[0].name if usable else "")
        kind = self.kind(chosen)
        if kind is None:
            return fields
        fields += [
            type_field(usable, chosen),
            FormField("name", "Name", value=self.free(chosen), required=True, check=checks.name,
                      help="How Crosswalk calls this connection, such as market-us."),
            *option_fields(kind, {}),
        ]  # fmt: skip
        return fields

    def free(self, name: str) -> str:
        """The name, or the first of name-2, name-3 ... that no connection has."""
        taken = {view.name for view in self.views}
        return next(one for one in chain([name], (f"{name}-{n}" for n in count(2))) if one not in taken)

    def first_settings(self, ws: Workspace) -> dict[str, str]:
        """The settings of the integration that was saved, or those a new one begins with. In the engine's thread."""
        from engine.fields import first_settings, undecided
        from engine.integrations import parse_settings, setting_values
        from engine.model import Side
        from engine.settings import IntegrationSettings

        if self.integration:
            return setting_values(ws.integration(self.integration).settings, ws.undecided(self.integration))
        types = {view.name: view.type for view in self.views}
        kinds = [self.kind(types.get(connection, "")) for connection in self.connections]
        able = {side: kind.capabilities for side, kind in zip(Side, kinds, strict=True) if kind is not None}
        if len(able) < len(Side):
            return setting_values(IntegrationSettings())
        settings = parse_settings(IntegrationSettings(), first_settings(able[Side.STOREFRONT], able[Side.BACKOFFICE]))
        return setting_values(settings, undecided(able, settings))

    def integration_fields(self, values: dict[str, str]) -> list[FormField]:
        """The form of the integration's step."""
        name = FormField("name", "Name", value=self.integration or "main", required=True, check=checks.name,
                         help="How Crosswalk calls this pair.")  # fmt: skip
        head = [] if self.integration else [name]
        # switched on later, when its matches have been seen
        mapping = [field for field in mapping_fields(values) if field.name != "match_is_mapping"]
        return [*head, *value_fields(values), *sku_fields(values), *master_fields(values), *mapping]

    def open_options(self, name: str) -> tuple[ConnectorType | None, list[str]]:
        """A connection's system, and its options that are still empty although the system offers values for them."""
        view = next((view for view in self.views if view.name == name), None)
        kind = self.kind(view.type) if view is not None else None
        if view is None or kind is None:
            return None, []
        return kind, [option.name for option in kind.options if option.choices_of and not view.options.get(option.name)]


def pull_lines(report: PullReport) -> list[str]:
    """What was read from each connection, and what could not be."""
    lines = [
        f"{connection}: " + ", ".join(f"{count:,} {kind.value}" for kind, count in kinds.items())
        for connection, kinds in report.read.items()
    ]
    return [*lines, *(f"! {error}" for error in report.errors)]
