"""References to secrets. A connection stores a reference; the secret itself is fetched when it is needed and never kept.

    env:NAME              an environment variable
    file:/path            the first line of a file that only its owner can read (mode 0600 or stricter)
    command:pass show x   the first line a command prints (no shell; ten seconds)
    keyring:service/user  the desktop's or server's keyring (extra ``keyring``)

All errors are ``UsageError``; none of them, and no log line, ever holds a secret or what might be one.
"""

from __future__ import annotations

import importlib
import os
import re
import shlex
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

from engine.errors import UsageError

_COMMAND_SECONDS = 10.0
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FORMS = "env:NAME, file:/path, command:PROGRAM ARGUMENTS or keyring:SERVICE/USER"


def check_reference(text: str) -> None:
    """Raise ``UsageError`` for anything that is not a well-formed reference, above all for a secret itself."""
    scheme, rest = _split(text)
    if scheme == "env" and not _NAME.fullmatch(rest):
        raise UsageError("env: needs the name of an environment variable, such as env:SYNCRO_TOKEN")
    if scheme == "file" and not Path(rest).expanduser().is_absolute():
        raise UsageError("file: needs an absolute path, such as file:/etc/crosswalk/token: schedules run elsewhere")
    if scheme == "command" and not _words(rest):
        raise UsageError("command: needs a program, such as command:pass show crosswalk/token")
    if scheme == "keyring" and not all(rest.partition("/")[::2]):
        raise UsageError("keyring: needs a service and a user, such as keyring:crosswalk/syncro")


def resolve(reference: str) -> str:
    """The secret that a reference leads to. Blocks (files, processes). Raises ``UsageError`` saying what to do."""
    check_reference(reference)
    scheme, rest = _split(reference)
    secret = _RESOLVERS[scheme](rest)
    if not secret:
        raise UsageError(f"{reference}: there is nothing in it")
    if not secret.isprintable() or not secret.isascii():
        raise UsageError(f"{reference}: what it leads to is no secret: it holds control or non-ASCII characters")
    return secret


def _split(text: str) -> tuple[str, str]:
    scheme, colon, rest = text.strip().partition(":")
    if not colon or scheme not in _RESOLVERS or not rest:
        # Never quote the text: it may be the secret.
        raise UsageError(f"that looks like a secret itself: store a reference ({_FORMS}) and keep the secret there")
    return scheme, rest


def _from_env(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise UsageError(f"environment variable {name} is not set; set it where crosswalk is started")
    return value.strip()


def _from_file(path: str) -> str:
    file = Path(path).expanduser()
    try:
        with file.open(encoding="utf-8") as handle:
            mode = stat.S_IMODE(os.fstat(handle.fileno()).st_mode)
            if mode & 0o077:
                raise UsageError(
                    f"{file} can be read by others (mode {mode:04o}); run: chmod 600 {shlex.quote(str(file))}"
                )
            return handle.readline().strip()
    except UnicodeDecodeError:
        raise UsageError(f"{file} holds no text") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error


def _from_command(line: str) -> str:
    words = _words(line)
    try:
        done = subprocess.run(  # noqa: S603 - the admin's own command, run without a shell
            words, capture_output=True, timeout=_COMMAND_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as error:
        raise UsageError(
            f"command {words[0]} gave no secret within {_COMMAND_SECONDS:g} s; is it asking a question?"
        ) from error
    except OSError as error:
        raise UsageError(f"command {words[0]} cannot be run: {error.strerror}") from error
    if done.returncode:
        raise UsageError(f"command {words[0]} failed with exit code {done.returncode}; run it by hand to see why")
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    return lines[0].strip() if lines else ""


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise UsageError(f"command: cannot be split into words: {error}") from error


def _from_keyring(rest: str) -> str:
    service, _, user = rest.partition("/")
    try:
        keyring = importlib.import_module("keyring")
    except ImportError as error:
        raise UsageError(
            'keyring: needs the optional extra; install "crosswalk[keyring]", or use env:, file: or command:'
        ) from error
    try:
        value = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        raise UsageError(f"the keyring refused {service}/{user}: {type(error).__name__}") from None
    if value is None:
        raise UsageError(f"the keyring has no {service}/{user}; store it with: keyring set {service} {user}")
    return str(value)


_RESOLVERS: dict[str, Callable[[str], str]] = {
    "env": _from_env,
    "file": _from_file,
    "command": _from_command,
    "keyring": _from_keyring,
}
