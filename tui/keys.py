"""The admin's own keys: ``keys.toml`` in the workspace, one ``action = "key"`` a line, or none at all.

The ids are those the help shows after an action's text; keys are named as Textual names them (``ctrl+a``, ``f5``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.workspace import Workspace

FILE = "keys.toml"


def read(workspace: Workspace) -> dict[str, str]:
    """The key map of a workspace; empty where there is no file. Raises ``UsageError`` naming what is malformed."""
    import tomllib

    from engine.admin_files import read_text
    from engine.errors import UsageError

    path = workspace.path / FILE
    if not path.exists():
        return {}
    text = read_text(path, "the keys in", "the usual keys are used")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not TOML: {error}; the usual keys are used") from error
    wrong = [name for name, key in values.items() if not isinstance(key, str) or not key.strip()]
    if wrong:
        raise UsageError(f'{path}: {", ".join(wrong)}: a key is a text such as "ctrl+a"; the usual keys are used')
    return {name: str(key) for name, key in values.items()}
