"""CSV and JSON files as one side of an integration: for systems without an API, migrations, and one's own exports.

spec.py          the options            amounts.py       "$1,299.00" -> Decimal, and what is refused
csv_format.py    CSV with exact places  json_format.py   JSON and JSON lines with exact places
records.py       columns -> fields      file.py          reading whole, replacing atomically
writing.py       the new text and the outcomes           connector.py   the connector
"""

from __future__ import annotations

from connectors.files.connector import CAPABILITIES, FilesConnector
from connectors.files.spec import options
from engine.ports import ConnectorType

CONNECTOR = ConnectorType(
    name="files",
    title="Files",
    description="CSV, JSON and JSON-lines files of customers, products and fees; written only with writable=true.",
    sides=frozenset({"storefront", "backoffice"}),
    options=options(),
    capabilities=CAPABILITIES,
    open=FilesConnector,
    reconnect="Files need no credentials",
    notes=(
        "Map columns with KIND.columns.FIELD=COLUMN; columns named like a field are found by themselves.",
        "A file that is malformed anywhere is refused as a whole, naming line and column.",
        "Files are read-only until writable=true is set; they are then replaced atomically, other cells untouched.",
        "Amounts: 49, 1299.00, $1,299.00. For 1,299 or 12,50 say which sign is the point: KIND.decimal.",
    ),
)

__all__ = ["CONNECTOR"]
