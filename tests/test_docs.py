"""The docs are true: every command and option they show exists, and every command is in the reference."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tui.cli import reference

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = reference.commands()
ROOT_OPTIONS = {"--workspace", "--json", "--version", "-h", "--help"}

#: ``crosswalk ...`` as a command of a code line: at its start, after a prompt, a runner or another command.
COMMAND = re.compile(r"(?:^|\$ |uv run |&& )(crosswalk(?= |$)[^&]*)")
CODE = re.compile(r"```\w*\n(.*?)```|`([^`\n]+)`|^((?: {4}|\t)[^\n]*)$", re.DOTALL | re.MULTILINE)


def shown(text: str) -> list[str]:
    """The command lines in code blocks, fenced or indented, and in code spans."""
    joined = re.sub(r"\\\n\s*", " ", text)
    code = "\n".join("".join(found) for found in CODE.findall(joined))
    return [line.strip() for part in code.splitlines() for line in COMMAND.findall(part.strip())]


def words(line: str) -> list[str]:
    """The words of one command line, without comments, pipes and what is optional or elided."""
    line = re.split(r"\s{2,}|\s#|\s[|>&]", line)[0]
    line = line.replace("[", " ").replace("]", " ").replace("...", " ")
    try:
        return shlex.split(line)[1:]
    except ValueError:
        return line.split()[1:]


def problem(line: str) -> str:
    """What is wrong with one shown command line, or nothing."""
    name, rest = "crosswalk", words(line)
    while rest and rest[0] == "--workspace":
        rest = rest[2:]
    for word in list(rest):
        if f"{name} {word}" not in COMMANDS:
            break
        name = f"{name} {word}"
        rest = rest[1:]
    if rest and name == "crosswalk" and not rest[0].startswith("-") and "|" not in rest[0]:
        return f"no command {rest[0]!r}"
    known = {text for param in COMMANDS[name].params for text in (*param.opts, *param.secondary_opts)} | ROOT_OPTIONS
    unknown = [word for word in rest if re.match(r"--?[a-z]", word) and word.partition("=")[0] not in known]
    if unknown:
        return f"{name} has no {', '.join(unknown)}"
    many, most = (
        arguments(name, rest),
        [param.nargs for param in COMMANDS[name].params if not param.opts[0].startswith("-")],
    )
    extra = many[sum(most) :] if -1 not in most and not hasattr(COMMANDS[name], "commands") else []
    return f"{name} takes no {' '.join(extra)}" if extra else ""


def arguments(name: str, rest: list[str]) -> list[str]:
    """The words that are neither options nor their values."""
    taking = {text for param in COMMANDS[name].params for text in param.opts if not getattr(param, "is_flag", True)}
    found, skip = [], False
    for word in rest:
        if not skip and not re.match(r"--?[a-zA-Z]", word):
            found.append(word)
        skip = word in taking or (word == "--workspace" and not skip)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_on_a_page_exists(page: Path) -> None:
    wrong = {line: found for line in shown(page.read_text("utf-8")) if (found := problem(line))}
    assert wrong == {}


def test_the_check_itself_sees_what_is_wrong() -> None:
    assert problem("crosswalk lst products") == "no command 'lst'"
    assert problem("crosswalk list products --unmaped") == "crosswalk list has no --unmaped"
    assert problem("crosswalk connection check NAME --json  # comment") == ""
    assert (
        problem("crosswalk integration set NAME price.type=setup")
        == "crosswalk integration set takes no price.type=setup"
    )
    assert problem("crosswalk integration set NAME --set price.type=setup --json") == ""
    assert shown("```\n$ crosswalk pull --json\n```\nand `crosswalk runs`") == [
        "crosswalk pull --json",
        "crosswalk runs",
    ]


def test_every_command_is_in_the_reference_as_it_is() -> None:
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")
    for name in COMMANDS:
        assert re.search(rf"^#+ {re.escape(name)}$", page, re.MULTILINE), f"{name} is missing"
    assert page == reference.render(), "write it anew: python -m tui.cli.reference > docs/commands.md"


def test_every_verb_takes_json_and_a_workspace() -> None:
    for name, command in COMMANDS.items():
        if hasattr(command, "commands"):
            continue
        options = reference.options(command)
        assert "--json" in options, name
        assert "--workspace" in options or name in {"crosswalk demo", "crosswalk sandbox up"}, name
        assert command.help, name


def test_the_words_of_the_command_line_are_the_engines() -> None:
    from typing import get_args

    from engine.fees import TYPES
    from engine.model import Field, Kind, Side
    from tui.cli import fees, options

    assert get_args(options.KindWord) == tuple(Kind)
    assert get_args(options.SideWord) == tuple(Side)
    assert get_args(fees.FeeWord) == TYPES
    shown_fields = next(param for param in COMMANDS["crosswalk plan"].params if "--fields" in param.opts).help
    assert all(field.value in shown_fields for field in Field)


def test_the_architecture_names_every_module_of_the_engine_and_no_other() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    table = page.partition("| engine module |")[2].partition("\n\n")[0]
    named = [name for line in table.splitlines()[2:] for name in re.findall(r"`([a-z_]+/?)`", line.split("|")[1])]
    packages = {f"{path.parent.name}/" for path in (ROOT / "engine").glob("*/__init__.py")}
    modules = {path.stem for path in (ROOT / "engine").glob("*.py")} - {"__init__"}
    assert sorted(named) == sorted(modules | packages)
