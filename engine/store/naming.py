"""Spelling TinyDB's names in SQL: tables, and the expressions that are indexed."""

from __future__ import annotations

import re

_PLAIN_TABLE = re.compile(r"[a-z0-9_]+")
_FIELD = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)


def bare_name(name: str) -> str:
    """The SQL table that keeps a TinyDB table; SQLite ignores case, TinyDB does not, hence hex for unusual names.

    >>> bare_name("mappings"), bare_name("Äpfel")
    ('t_mappings', 'x_c3847066656c')
    """
    return f"t_{name}" if _PLAIN_TABLE.fullmatch(name) else f"x_{name.encode('utf-8', 'surrogatepass').hex()}"


def table_name(name: str) -> str:
    """``bare_name`` quoted for use in a statement."""
    return f'"{bare_name(name)}"'


def index_name(name: str, field: str) -> str:
    """The SQL index of one field, unquoted."""
    return f"{bare_name(name)}.{field}"


def can_be_sql(field: str) -> bool:
    """Whether a (dotted) field can be spelled in a JSON path without quoting."""
    return bool(_FIELD.fullmatch(field))


def expression(field: str) -> str:
    """The value of a (dotted) field; query and index must spell it identically or SQLite silently scans."""
    if not can_be_sql(field):
        raise ValueError(f"cannot index field {field!r}: use ASCII identifiers joined by dots")
    return f"json_extract(doc,'$.{field}')"
