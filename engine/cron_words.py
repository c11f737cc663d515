"""Pure: schedules in plain words, to cron and back: ``every 30 minutes``, ``every 2 hours``, ``daily at 02:30``."""

from __future__ import annotations

import re

from engine.errors import UsageError

EXAMPLES = "every 15 minutes, every 2 hours, hourly, daily at 02:30, or five cron fields such as */30 * * * *"
_EVERY = re.compile(r"every (?:(\d+) )?(minute|hour|day)s?(?: at (\d{1,2}):(\d{2}))?")
_DAILY = re.compile(r"daily(?: at (\d{1,2}):(\d{2}))?")


def to_cron(text: str) -> str:
    """The cron expression of plain words; a text that already looks like cron is returned as it is.

    Raises ``UsageError`` for words that mean no even rhythm: 25 minutes do not divide an hour, so cron would fire 10
    minutes apart at the turn of the hour.
    """
    words = " ".join(text.strip().casefold().split())
    if words == "hourly":
        return "0 * * * *"
    if match := _DAILY.fullmatch(words):
        return _daily(match[1], match[2])
    match = _EVERY.fullmatch(words)
    if match is None:
        if re.fullmatch(r"[\d*/,\-a-z#?@ ]+", words) and (len(words.split()) == 5 or words.startswith("@")):
            return text.strip()
        raise UsageError(f"{text!r} is not a schedule; write {EXAMPLES}")
    count, unit = int(match[1] or 1), match[2]
    if match[3] is not None and (unit != "day" or count != 1):
        raise UsageError(f"{text!r}: a time goes with 'daily at' only")
    if unit == "day":
        if count != 1:
            raise UsageError(f"{text!r}: the longest pause is 24 hours; write 'daily at 02:30'")
        return _daily(match[3], match[4])
    if unit == "minute":
        if count in {60, 120, 180, 240, 360, 480, 720, 1440}:
            return to_cron(f"every {count // 60} hours")
        if count == 0 or 60 % count:
            raise UsageError(f"{text!r}: minutes must divide an hour (15, 20, 30, 60), or the pauses would be uneven")
        return f"*/{count} * * * *"
    if count == 0 or 24 % count:
        raise UsageError(f"{text!r}: hours must divide a day (1, 2, 3, 4, 6, 8, 12, 24), or the pauses would be uneven")
    return "0 * * * *" if count == 1 else "0 0 * * *" if count == 24 else f"0 */{count} * * *"


def to_words(expression: str) -> str:
    """How a common expression is said; the expression itself where there are no plain words for it."""
    fields = expression.split()
    if len(fields) != 5 or fields[2:] != ["*", "*", "*"]:
        return expression
    minute, hour = fields[:2]
    if match := re.fullmatch(r"\*/(\d+)", minute):
        even = int(match[1]) and not 60 % int(match[1])
        return f"every {match[1]} minutes" if hour == "*" and even else expression
    if not minute.isdigit():
        return expression
    if hour == "*":
        return "hourly" if minute == "0" else f"hourly at minute {minute}"
    if match := re.fullmatch(r"\*/(\d+)", hour):
        even = int(match[1]) and not 24 % int(match[1])
        return f"every {match[1]} hours" if minute == "0" and even else expression
    return f"daily at {int(hour):02}:{int(minute):02}" if hour.isdigit() else expression


def _daily(hour: str | None, minute: str | None) -> str:
    at = int(hour or 0), int(minute or 0)
    if at[0] > 23 or at[1] > 59:
        raise UsageError(f"there is no {at[0]:02}:{at[1]:02} o'clock")
    return f"{at[1]} {at[0]} * * *"
