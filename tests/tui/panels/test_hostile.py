"""Names from outside are plain text on every page: never markup, no escape sequence reaches the terminal."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.model import Customer, Kind
from engine.ports import CheckItem, CheckReport, Draft
from engine.views import CustomerReadiness, DraftProblem, Edit, ImportLine, ImportPreview, Suggestion
from tui.screens.add_products import BatchPage
from tui.screens.connections import ConnectionsScreen
from tui.screens.history import FactsDialog
from tui.screens.import_customers import ImportCustomers
from tui.screens.plan_page import PlanPage
from tui.screens.previews import AcceptAll, MappingImport
from tui.screens.run import RunScreen
from tui.widgets.check_report import CheckDialog
from tui.widgets.explain import error_dialog
from tui.widgets.product_form import FormChoices


def pages(name, make, workspace):
    guess = Suggestion("p1", "b1", 0.99, (name,), storefront_name=name, backoffice_name=name)
    workspace.acceptable = lambda *_what: (guess,)
    workspace.matches_shown = lambda *_what: True
    workspace.customer_readiness = lambda *_what: [CustomerReadiness(Customer("c1", name, email=name), (name,))]
    workspace.views = [make.view("market", message=name, options={"base_url": name}, holder=name)]
    workspace.next_run = make.run(message=name, actor=name)
    workspace.all_outcomes = [make.outcome(name=name, message=name)]
    workspace.map = lambda *_what, **_more: Edit(1, "map", 1, name)
    draft = Draft("k", Kind.PRODUCTS, "p1", name, price=Decimal(1), category=name)
    line = ImportLine(2, Kind.PRODUCTS, name, name, "error", name, note=name)
    return [
        AcceptAll("acme", Kind.PRODUCTS, ["p1"]),
        MappingImport("acme", name, ImportPreview((line,), {"error": 1})),
        BatchPage("acme", ["p1"], [draft], [DraftProblem("p1", name, name)], FormChoices(frozenset(), problem=name)),
        ImportCustomers("acme"),
        PlanPage(make.plan(make.change(name=name, reason=name))),
        RunScreen("r1"),
        ConnectionsScreen(),
        CheckDialog(name, CheckReport((CheckItem(name, ok=False, message=name),), name)),
        FactsDialog(name, [("What", name), (name, name)]),
        error_dialog(name, OSError(2, name, name), about=name),
    ]


@pytest.mark.parametrize("number", range(10))
async def test_hostile_names_are_plain_text(host, workspace, make, painted, hostile, eventually, number):
    app = host(workspace)
    async with app.run_test(size=(160, 50), notifications=True) as pilot:
        app.open(pages(hostile, make, workspace)[number])
        await eventually(pilot, lambda: "[/bar] [red]x[/] [@click=app.quit]q[/]" in painted(app))
        text = painted(app)
        assert "\x1b" not in text
        assert "\u202e" not in text
