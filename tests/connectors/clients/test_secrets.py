"""References to secrets: each form, each way it can be wrong, and that a secret itself is never stored or shown."""

from __future__ import annotations

import shlex
import sys
import types
from pathlib import Path

import pytest

from connectors.secrets import check_reference, resolve
from engine.errors import UsageError

SECRET = "Zx81-hunter2-secret"


class TestReferences:
    @pytest.mark.parametrize(
        "text",
        ["env:SYNCRO_TOKEN", "file:/etc/crosswalk/token", "file:~/token", "command:pass show a/b", "keyring:cw/me"],
    )
    def test_the_four_forms(self, text: str) -> None:
        check_reference(text)

    @pytest.mark.parametrize("text", [SECRET, f"https:{SECRET}", f"token:{SECRET}", "", ":", "env:", "abc:def"])
    def test_a_secret_is_refused_and_not_repeated(self, text: str) -> None:
        with pytest.raises(UsageError, match="looks like a secret itself: store a reference") as caught:
            check_reference(text)
        assert SECRET not in str(caught.value)

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("env:MY TOKEN", "name of an environment variable"),
            ("file:token.txt", "absolute path"),
            ("command: ", "needs a program|looks like"),
            ("command:echo 'x", "cannot be split"),
            ("keyring:service", "a service and a user"),
        ],
    )
    def test_a_malformed_reference_says_how(self, text: str, words: str) -> None:
        with pytest.raises(UsageError, match=words):
            check_reference(text)


class TestEnvironment:
    def test_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CW_TEST", f" {SECRET}\n")
        assert resolve("env:CW_TEST") == SECRET

    def test_not_set_and_empty(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("CW_TEST", raising=False)
        with pytest.raises(UsageError, match="CW_TEST is not set"):
            resolve("env:CW_TEST")
        monkeypatch.setenv("CW_TEST", "")
        with pytest.raises(UsageError, match="nothing in it"):
            resolve("env:CW_TEST")


class TestFiles:
    def write(self, path: Path, content: bytes = SECRET.encode() + b"\nsecond line\n", mode: int = 0o600) -> str:
        path.write_bytes(content)
        path.chmod(mode)
        return f"file:{path}"

    @pytest.mark.parametrize("mode", [0o600, 0o400])
    def test_the_first_line_of_a_private_file(self, tmp_path: Path, mode: int) -> None:
        assert resolve(self.write(tmp_path / "token", mode=mode)) == SECRET

    @pytest.mark.parametrize("mode", [0o644, 0o640, 0o602, 0o777])
    def test_a_file_others_can_read_is_refused_with_the_command_that_helps(self, tmp_path: Path, mode: int) -> None:
        reference = self.write(tmp_path / "a token", mode=mode)
        with pytest.raises(UsageError) as caught:
            resolve(reference)
        assert f"chmod 600 {shlex.quote(str(tmp_path / 'a token'))}" in str(caught.value)
        assert SECRET not in str(caught.value)

    def test_what_cannot_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="No such file"):
            resolve(f"file:{tmp_path}/none")
        with pytest.raises(UsageError, match="holds no text"):
            resolve(self.write(tmp_path / "binary", b"\xff\xfe\x00"))
        with pytest.raises(UsageError, match="control or non-ASCII"):
            resolve(self.write(tmp_path / "odd", b"ab\x1b[31mcd"))


class TestCommands:
    def python(self, code: str) -> str:
        return f"command:{shlex.quote(sys.executable)} -c {shlex.quote(code)}"

    def test_the_first_line_it_prints(self) -> None:
        assert resolve(self.python(f"print('{SECRET}'); print('login: me')")) == SECRET

    def test_no_shell_is_involved(self) -> None:
        assert resolve("command:echo $HOME;ls") == "$HOME;ls"

    def test_failures_say_what_to_do_and_show_no_output(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(UsageError, match="failed with exit code 3; run it by hand") as caught:
            resolve(self.python(f"import sys; print('{SECRET}', file=sys.stderr); sys.exit(3)"))
        assert SECRET not in str(caught.value)
        with pytest.raises(UsageError, match="cannot be run: No such file"):
            resolve("command:no-such-program-here")
        monkeypatch.setattr("connectors.secrets._COMMAND_SECONDS", 0.2)
        with pytest.raises(UsageError, match="gave no secret within"):
            resolve(self.python("import threading; threading.Event().wait()"))


class TestKeyring:
    def test_without_the_extra(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "keyring", None)
        with pytest.raises(UsageError, match=r"install \"crosswalk\[keyring\]\""):
            resolve("keyring:crosswalk/me")

    def test_with_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class KeyringError(Exception):
            pass

        def get_password(service: str, user: str) -> str | None:
            if service == "locked":
                raise KeyringError(SECRET)
            return SECRET if (service, user) == ("crosswalk", "me/too") else None

        module = types.SimpleNamespace(
            get_password=get_password, errors=types.SimpleNamespace(KeyringError=KeyringError)
        )
        monkeypatch.setitem(sys.modules, "keyring", module)
        assert resolve("keyring:crosswalk/me/too") == SECRET
        with pytest.raises(UsageError, match="keyring set crosswalk other"):
            resolve("keyring:crosswalk/other")
        with pytest.raises(UsageError, match="refused locked/me: KeyringError") as caught:
            resolve("keyring:locked/me")
        assert SECRET not in str(caught.value)
