"""Words and lists from the command line as the engine's values. Raises ``UsageError`` that says what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.model import Field, Kind, Status


def assignments(texts: Iterable[str] | None, option: str = "--set") -> dict[str, str]:
    """``--set a.b=c`` as a mapping; the last of equal names wins.

    >>> assignments(["price.type=recurring", "note=a=b"])
    {'price.type': 'recurring', 'note': 'a=b'}
    """
    found = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"{option} {text!r}: write NAME=VALUE".lstrip())
        found[name.strip()] = value
    return found


def ids(texts: Iterable[str] | None) -> list[str] | None:
    """``--ids a,b --ids c`` or ``--ids @FILE`` (one id a line) as a list without repeats; None when not given."""
    if texts is None:
        return None
    found: list[str] = []
    for text in texts:
        found += _lines(Path(text[1:])) if text.startswith("@") else text.split(",")
    unique = list(dict.fromkeys(part.strip() for part in found if part.strip()))
    if not unique:
        raise UsageError("--ids names no row")
    return unique


def _lines(path: Path) -> list[str]:
    from engine.admin_files import read_text

    return read_text(path, "the ids in", "nothing was written").splitlines()


def fields(text: str | None) -> tuple[Field, ...] | None:
    """``price,cost`` as fields; None when not given."""
    from engine.model import Field

    return None if text is None else tuple(Field(word) for word in words(text, "--fields", [f.value for f in Field]))


def kinds(text: str | None) -> tuple[Kind, ...]:
    """``products,fees`` as kinds; both when not given."""
    from engine.model import Kind

    syncable = (Kind.PRODUCTS, Kind.FEES)
    if text is None:
        return syncable
    return tuple(Kind(word) for word in words(text, "--kinds", [kind.value for kind in syncable]))


def words(text: str, option: str, allowed: Sequence[str]) -> list[str]:
    """A list of known words, in small letters, without repeats."""
    found = list(dict.fromkeys(word.strip().lower() for word in text.split(",") if word.strip()))
    wrong = [word for word in found if word not in allowed]
    if wrong or not found:
        raise UsageError(f"{option} {text!r}: choose from {', '.join(allowed)}")
    return found


def status(text: str | None) -> Status | None:
    """``out-of-sync``, ``Out of sync`` ... as a status; None when not given."""
    from engine.model import Status

    if text is None:
        return None
    spelled = text.replace("-", " ").replace("_", " ").strip().lower()
    for known in Status:
        if known.value.lower() == spelled:
            return known
    names = ", ".join(known.value.lower().replace(" ", "-") for known in Status)
    raise UsageError(f"--status {text!r}: choose from {names}")


def amount(text: str, option: str) -> Decimal:
    """A plain decimal amount, such as 25 or 12.50."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise UsageError(f"{option} {text!r}: write a plain amount such as 25 or 12.50")
    return value
