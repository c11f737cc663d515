"""Every command that reads or writes a file says what, which, that nothing was written, and what to do next."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from engine.admin_files import read_text, replace
from engine.errors import UsageError

NOBODY = 65534

READERS = [("sync", "--yes", "--plan"), ("mappings", "import"), ("workspace", "import")]
WRITERS = [("mappings", "export"), ("workspace", "export"), ("plan", "-o")]


def refused(ended, place):
    assert ended.code in {1, 2}, ended.err
    (said,) = [line for line in ended.err.splitlines() if line.startswith("crosswalk:")]
    assert str(place) in said
    assert "othing was" in said or "unchanged" in said, said
    assert "Errno" not in said
    assert "bug" not in said
    return said


@pytest.mark.parametrize("command", READERS, ids=" ".join)
def test_reading_what_is_not_there_or_a_directory(crosswalk, shop, tmp_path, command):
    assert "there is no such file" in refused(crosswalk(*command, str(tmp_path / "not.here")), tmp_path / "not.here")
    assert "there is no directory" in refused(crosswalk(*command, str(tmp_path / "no" / "x")), tmp_path / "no")
    assert "it is a directory" in refused(crosswalk(*command, str(tmp_path)), tmp_path)


@pytest.mark.parametrize("command", WRITERS, ids=" ".join)
def test_writing_where_no_file_can_be(crosswalk, shop, tmp_path, command):
    assert "there is no directory" in refused(crosswalk(*command, str(tmp_path / "no" / "x.csv")), tmp_path / "no")
    (tmp_path / "file").write_text("kept")
    below = tmp_path / "file" / "x.csv"
    assert "a file, not a directory" in refused(crosswalk(*command, str(below)), below)
    assert (tmp_path / "file").read_text() == "kept"


@pytest.mark.parametrize("command", [c for c in WRITERS if c[0] != "workspace"], ids=" ".join)
def test_writing_over_a_directory(crosswalk, shop, tmp_path, command):
    assert "it is a directory" in refused(crosswalk(*command, str(tmp_path)), tmp_path)


def test_ids_in_a_file_that_is_not_there(crosswalk, shop, tmp_path):
    said = refused(crosswalk("plan", "--ids", f"@{tmp_path}/ids.txt"), tmp_path / "ids.txt")
    assert "cannot read the ids in" in said


@pytest.fixture
def foreign():
    """A directory that others may look into but not change, with a file that they may not read."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        (path / "plan.json").write_text("{}")
        (path / "plan.json").chmod(0)
        path.chmod(0o555)
        root = os.geteuid() == 0
        if root:
            os.seteuid(NOBODY)
        yield path
        if root:
            os.seteuid(0)
        path.chmod(0o755)


def test_somebody_elses_files(foreign):
    with pytest.raises(UsageError, match=r"permission denied for .*; nothing was written. Give that user") as reading:
        read_text(foreign / "plan.json", "the plan", "nothing was written")
    assert str(foreign / "plan.json") in str(reading.value)
    with pytest.raises(UsageError, match=r"permission denied for .*; nothing was written. Give that user"):
        replace(foreign / "new.csv", "x")
    assert [one.name for one in foreign.iterdir()] == ["plan.json"]


def test_a_damaged_plan_is_named(crosswalk, shop, tmp_path):
    file = tmp_path / "plan.json"
    assert crosswalk("plan", "-o", str(file)).code == 0
    file.write_text(file.read_text().replace('"version": ', '"version": 9', 1))
    said = refused(crosswalk("sync", "--yes", "--plan", str(file)), file)
    assert "crosswalk plan -o" in said
    file.write_text(Path(file).read_text()[:500])
    assert "is no saved plan" in refused(crosswalk("sync", "--yes", "--plan", str(file)), file)
