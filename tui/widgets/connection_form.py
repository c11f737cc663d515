"""A connection as a form: one field per option of its type, secrets as references, free names as ``name=value`` pairs."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from tui.widgets import checks
from tui.widgets.access import ask_long
from tui.widgets.forms import FormField

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from engine.ports import ConnectorType, Option

MORE = "option-more"
REFERENCE_HELP = (
    "A reference, never the secret itself: env:NAME, file:/path (mode 0600), command:..., keyring:service/user."
)

Offered = Mapping[str, Sequence[str]]
_NOTHING: Offered = {}


def type_field(types: Sequence[ConnectorType], chosen: str) -> FormField:
    """The choice of the system."""
    return FormField(
        "type",
        "System",
        "choice",
        value=chosen,
        required=True,
        choices=tuple((one.name, one.title) for one in types),
        help=next((one.description for one in types if one.name == chosen), ""),
    )


def option_fields(kind: ConnectorType, options: Mapping[str, str], offered: Offered = _NOTHING) -> list[FormField]:
    """The fields of a type's options with their present values; one whose values the system offers is a list."""
    fields = [_field(option, options, offered.get(option.name, ())) for option in kind.options if not option.prefix]
    prefixes = [option for option in kind.options if option.prefix]
    if prefixes:
        known = {option.name for option in kind.options}
        pairs = {name: value for name, value in options.items() if name not in known}
        fields.append(
            FormField(
                MORE,
                "More options",
                value=shlex.join(f"{name}={value}" for name, value in pairs.items()),
                help=f"name=value pairs, such as {prefixes[0].name}name=Title: {prefixes[0].help}",
                check=partial(_pairs_problem, prefixes=tuple(option.name for option in prefixes)),
            )
        )
    return fields


async def offered_by(node: MessagePump, kind: ConnectorType, name: str) -> Offered:
    """What the connected system offers for the options of a connection. Raises ``CrosswalkError``."""

    async def ask_for(what: str) -> tuple[str, ...]:
        return tuple(await ask_long(node, lambda ws: ws.connection_choices(name, what)))

    return {option.name: await ask_for(option.choices_of) for option in kind.options if option.choices_of}


def _field(option: Option, options: Mapping[str, str], offered: Sequence[str]) -> FormField:
    given = options.get(option.name, "")
    if offered:
        values = dict.fromkeys([*offered, *([given] if given else [])])
        return FormField(
            f"option-{option.name}",
            option.label,
            "choice",
            value=given,
            choices=tuple((value, value) for value in values),
            required=option.required,
            help=option.help,
        )
    if option.secret:
        example = f"env:{option.name.upper().replace('.', '_')}"
        return FormField(
            f"option-{option.name}",
            option.label,
            value=given,
            required=option.required,
            placeholder=f"such as {example}",
            help=f"{option.help}. {REFERENCE_HELP}",
            check=checks.secret_reference,
        )
    default = f" (without: {option.default})" if option.default else ""
    return FormField(
        f"option-{option.name}",
        option.label,
        value=given,
        required=option.required,
        placeholder=option.default,
        help=option.help + default,
    )


def _pairs(text: str) -> dict[str, str]:
    """Raises ``ValueError`` for anything but ``name=value`` pairs, quoted as in a shell."""
    pairs = {}
    for word in shlex.split(text):
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise ValueError(f"{word!r} is not name=value")
        pairs[name] = value
    return pairs


def _pairs_problem(text: str, prefixes: tuple[str, ...]) -> str:
    try:
        names = _pairs(text)
    except ValueError as error:
        return str(error)
    wrong = [name for name in names if not name.startswith(prefixes)]
    return f"{wrong[0]!r} begins with none of {', '.join(prefixes)}" if wrong else ""


def options_of(values: Mapping[str, str]) -> dict[str, str]:
    """The options that a filled-in form means; an empty value takes an option away."""
    options = {
        name.removeprefix("option-"): value
        for name, value in values.items()
        if name.startswith("option-") and name != MORE
    }
    return {**options, **_pairs(values.get(MORE, ""))}


def changed_options(before: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """What to send to ``set_connection``: every option of the form, and those that are gone as empty."""
    now = options_of(values)
    return {**{name: "" for name in before if name not in now}, **now}
