"""``crosswalk connection login``: shows the code and the address, and waits for the person who has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tui.cli import failures
from tui.cli.output import plain
from tui.cli.progress import Progress
from tui.cli.verbs import Work

if TYPE_CHECKING:
    from engine.events import Event, LoginWaiting

#: How a login that was not granted ended; nothing changed then.
WORDS = {
    "denied": "the request was denied at that address. Nothing changed",
    "expired": "the code ended before anybody agreed. Nothing changed",
    "cancelled": "the login was cancelled. Nothing changed",
}


async def log_in(work: Work, name: str) -> int:
    """The body of the command. A code goes to stderr: stdout carries how it ended."""
    with Progress(work.ws.events, work.out), _codes_shown(work):
        result = await work.ws.log_in(name)
    end, account = result.end.value, plain(result.account)
    if end == "granted":
        whose = f" (account {account})" if account else ""
        work.out.result(
            {"connection": name, "outcome": end, "account": result.account},
            f"{name}: logged in{whose}. Test it: crosswalk connection check {name}",
        )
        return failures.DONE
    if work.out.json:
        work.out.document({"connection": name, "outcome": end, "account": ""})
    work.out.say(f"crosswalk: {name}: {WORDS[end]}. Try again: crosswalk connection login {name}")
    return failures.FAILED


@contextmanager
def _codes_shown(work: Work) -> Iterator[None]:
    from engine.events import LoginWaiting

    def heard(event: Event) -> None:
        if isinstance(event, LoginWaiting):
            work.out.say(*code_lines(event))

    leave = work.ws.events.subscribe(heard)
    try:
        yield
    finally:
        leave()


def code_lines(event: LoginWaiting) -> list[str]:
    """What a person has to do, in plain text."""
    code = event.code
    lines = [f"Open on any device:  {plain(code.address)}", f"and type the code:   {plain(code.user_code)}"]
    if code.complete:
        lines.append(f"or open:             {plain(code.complete)}")
    return [*lines, f"Waiting until {event.until:%H:%M:%S} UTC; Ctrl-C stops waiting."]
