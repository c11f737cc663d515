"""Every action of the three lists, in the order of the row menu and of the help."""

from __future__ import annotations

from tui.actions import Action
from tui.screens import edits, row_verbs
from tui.screens.edits import on_rows
from tui.screens.view_actions import VIEW_ACTIONS, any_row
from tui.screens.walk import map_targets

MAP = Action(
    "map",
    "enter",
    "Map…",
    "Choose the counterpart: suggestions with their reasons first, then all of them.",
    map_targets,
    on_rows(edits.mappable),
    short="Map",
    menu=True,
    rows=True,
)
ACCEPT = Action(
    "accept",
    "a",
    "Accept suggestion",
    "The top suggestion becomes the mapping; of marked rows, after a preview.",
    edits.accept,
    on_rows(edits.suggested),
    short="Accept",
    menu=True,
    rows=True,
)
ACCEPT_ALL = Action(
    "accept_all",
    "A",
    "Accept all above a score…",
    "Preview every suggestion above a score over the filtered rows, doubtful ones first, and confirm once.",
    edits.accept_all,
    any_row,
)
REJECT = Action(
    "reject",
    "minus",
    "Reject suggestion",
    "This pair is never suggested again.",
    edits.reject,
    lambda c: "one row at a time" if c.marked > 1 else on_rows(edits.suggested)(c),
    menu=True,
)
UNMAP = Action(
    "unmap",
    "U",
    "Unmap",
    "Forget the counterpart. Nothing is sent; ctrl+z takes it back.",
    edits.unmap,
    on_rows(edits.linked),
    menu=True,
    rows=True,
)
IGNORE = Action(
    "ignore",
    "x",
    "Ignore…",
    "Leave out of mapping and syncing, with a reason and perhaps until a day.",
    edits.ignore,
    on_rows(edits.ignorable),
    menu=True,
    rows=True,
)
UNIGNORE = Action(
    "unignore",
    "X",
    "Un-ignore",
    "Back into the list.",
    edits.unignore,
    on_rows(edits.ignored),
    menu=True,
    rows=True,
)
RESOLVE = Action(
    "resolve",
    "R",
    "Resolve…",
    "Both sides changed, or several prices qualify: decide what counts.",
    row_verbs.resolve,
    lambda c: "one row at a time" if c.marked > 1 else on_rows(edits.resolvable)(c),
    menu=True,
)
CHECK_ORDERS = Action(
    "orders.check",
    "O",
    "Check orders again",
    "Ask the store and accounting which orders are not posted; what is posted by now can be synced.",
    row_verbs.check_orders,
    on_rows(edits.in_orders),
    menu=True,
    rows=True,
)
SYNC_ROWS = Action(
    "sync_rows",
    "ctrl+s",
    "Sync…",
    "Plan a sync of this row, or of the marked rows; nothing is sent before you confirm.",
    row_verbs.sync_rows,
    any_row,
    menu=True,
    rows=True,
)
SYNC_PANEL = Action(
    "sync",
    "S",
    "Sync panel",
    "What differs, what would be written, and the run itself.",
    row_verbs.sync_panel,
    row_verbs.why_no_integration,
    short="Sync",
)
HISTORY = Action(
    "history", "H", "Show history", "Who did what to this row, and when.", row_verbs.history, any_row, menu=True
)
OPEN = Action(
    "open",
    "o",
    "Open in browser…",
    "Show the addresses of both records, and copy the first.",
    row_verbs.open_in_browser,
    any_row,
    menu=True,
)
COPY = Action(
    "copy",
    "y",
    "Copy id",
    "To tmux, the terminal's clipboard or a file; says which.",
    row_verbs.copy_id,
    any_row,
    menu=True,
    rows=True,
)
UNDO = Action(
    "undo",
    "ctrl+z",
    "Undo",
    "Take back the newest mapping edit.",
    edits.undo,
    row_verbs.why_no_integration,
    short="Undo",
)
PULL = Action(
    "pull",
    "r",
    "Read both systems",
    "Everything, completely; then suggestions for what is unmapped.",
    row_verbs.pull,
    row_verbs.why_no_integration,
    short="Read",
)
SUGGEST = Action(
    "suggest",
    "t",
    "Look for suggestions",
    "Rank counterparts for every unmapped row.",
    row_verbs.suggest,
    row_verbs.why_no_integration,
)
DUPLICATES = Action(
    "duplicates",
    "D",
    "Duplicates…",
    "SKUs and match keys that several records have, and counterparts that several rows share.",
    row_verbs.duplicates,
    row_verbs.why_no_integration,
)

EXPORT = Action(
    "mappings.export",
    "",
    "Export mappings…",
    "All mappings and ignored rows as a CSV file.",
    row_verbs.export_mappings,
    row_verbs.why_no_integration,
)
IMPORT = Action(
    "mappings.import",
    "",
    "Import mappings…",
    "Shows what a CSV file would change, then asks once.",
    row_verbs.import_mappings,
    row_verbs.why_no_integration,
)

#: What all three lists have, in the order of the footer; the row menu takes those with ``menu``.
MAPPING = (MAP, ACCEPT, REJECT, UNMAP, IGNORE, UNIGNORE)
SYNCING = (SYNC_ROWS, RESOLVE)
ABOUT = (HISTORY, OPEN, COPY)
LIST = (UNDO, PULL, SUGGEST, ACCEPT_ALL, EXPORT, IMPORT)
VIEW = VIEW_ACTIONS
