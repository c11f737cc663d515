"""Text from outside made safe for a terminal: never markup, no control or escape characters, one line.

Names come from systems that let anybody type anything. What is shown is what a cell can hold: the letters stay,
whatever could move the cursor, reorder the line or lie about its own width goes.
"""

from __future__ import annotations

import re
import unicodedata

from rich.cells import cell_len, chop_cells

_SEQUENCES = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC ... BEL or ST (titles, links, clipboard)
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # DCS, SOS, PM, APC
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI
    r"|\x1b[ -/]*[0-~]?"  # the other escapes
)
#: Bidirectional controls, zero-width joiners and marks, variation selectors, tags, the byte order mark.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_SPACES = re.compile(r"\s+")
#: Combining marks kept on one letter; more of them climb into the lines above and below.
_MARKS = 2


def plain(text: str) -> str:
    """One printable line of ``text``: escape sequences and control characters removed, white space collapsed."""
    if text.isascii() and text.isprintable():
        return text
    text = _INVISIBLE.sub("", _SEQUENCES.sub("", text))
    kept: list[str] = []
    marks = 0
    for letter in unicodedata.normalize("NFC", _SPACES.sub(" ", text)):
        category = unicodedata.category(letter)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks > _MARKS or category in {"Cc", "Cf", "Zl", "Zp"}:
            continue
        kept.append("\ufffd" if category in {"Cs", "Co", "Cn"} else letter)
    return "".join(kept).strip()


def clip(text: str, width: int) -> str:
    """``text`` in exactly ``width`` cells: padded with spaces, or cut with an ellipsis. ``text`` is plain already."""
    if width <= 0:
        return ""
    if text.isascii():
        return text.ljust(width) if len(text) <= width else text[: width - 1] + "…"
    cells = cell_len(text)
    if cells <= width:
        return text + " " * (width - cells)
    cut = chop_cells(text, width - 1)[0] if width > 1 else ""
    return cut + "…" + " " * (width - 1 - cell_len(cut))


def clip_to(text: str, width: int) -> str:
    """Text from outside made plain, in at most ``width`` cells."""
    return clip(plain(text), width).rstrip(" ")


def clip_right(text: str, width: int) -> str:
    """As ``clip``, aligned to the right."""
    shown = clip(text, width)
    body = shown.rstrip(" ")
    return " " * (len(shown) - len(body)) + body
