"""Files an admin names: what went wrong, with which file, what was not written, and what to do next; never a number."""

from __future__ import annotations

import errno
import os
import resource
import signal
import threading
from pathlib import Path

import pytest

from engine import plan_file
from engine.admin_files import read_text, replace, told, why
from engine.errors import UsageError


def refusal(call, *args):
    with pytest.raises(UsageError) as caught:
        call(*args)
    text = str(caught.value)
    assert "Errno" not in text
    return text


def test_a_missing_file_is_named_whole_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = refusal(read_text, Path("plan.json"), "the plan", "nothing was written")
    assert text == (
        f"cannot read the plan {tmp_path}/plan.json: there is no such file; nothing was written. Correct the name."
    )


def test_a_missing_directory_is_named_and_not_the_file(tmp_path):
    for call, args in ((read_text, ("the plan", "nothing was written")), (replace, ("x",))):
        assert f"there is no directory {tmp_path}/no" in refusal(call, tmp_path / "no" / "way" / "plan.json", *args)
    assert list(tmp_path.iterdir()) == []


def test_directories_and_files_in_place_of_one_another(tmp_path):
    (tmp_path / "file").write_text("kept")
    for call, args in ((read_text, ("the plan", "nothing was written")), (replace, ("x",))):
        assert "it is a directory; nothing was written. Name a file in it." in refusal(call, tmp_path, *args)
        assert "a part of the path is a file" in refusal(call, tmp_path / "file" / "plan.json", *args)
    for odd in (Path(), Path("/")):
        assert "it is a directory" in refusal(replace, odd, "x")
    assert (tmp_path / "file").read_text() == "kept"
    assert "no file has such a name" in refusal(replace, tmp_path / "a\0b", "x")
    assert "no file has such a name" in refusal(read_text, tmp_path / "a\0b", "the plan", "nothing was written")


@pytest.mark.parametrize(("number", "writing", "words"), [
    (errno.EACCES, False, "right to read it"),
    (errno.EACCES, True, "right to write there"),
    (errno.ENOSPC, True, "Free some space"),
    (errno.EROFS, True, "Choose another place"),
    (errno.EIO, True, "Look at the disk"),
])  # fmt: skip
def test_every_reason_has_its_advice(tmp_path, number, writing, words):
    error = OSError(number, os.strerror(number), "x")
    reason, advice = why(error, tmp_path / "x", writing=writing)
    assert words in advice
    assert reason == told(error, tmp_path / "x", writing=writing)
    assert "Errno" not in reason


def test_a_disk_that_takes_no_more_leaves_the_old_file_and_no_litter(tmp_path):
    """A limit of the process stands for the full disk: the write breaks off half-way just the same."""
    file = tmp_path / "mappings.csv"
    file.write_text("the old one")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        text = refusal(replace, file, "x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert text.startswith(f"cannot write {file}: it would be larger")
    assert file.read_text() == "the old one"
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_is_followed_and_a_pipe_is_written_to(tmp_path):
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("old")
    link.symlink_to(real)
    replace(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    replace(pipe, "through")
    reader.join(10)
    assert read == ["through"]
    assert pipe.is_fifo()


def test_text_is_read_without_its_mark_and_a_wrong_byte_is_placed(tmp_path):
    file = tmp_path / "m.csv"
    file.write_bytes(b"\xef\xbb\xbfkind\r\nproducts\r\n")
    assert read_text(file, "the mappings", "nothing was imported") == "kind\r\nproducts\r\n"
    file.write_bytes(b"kind\nCaf\xe9\n")
    assert "m.csv, line 2: not UTF-8 text; nothing was imported" in refusal(
        read_text, file, "it", "nothing was imported"
    )


@pytest.mark.parametrize("text", ["", "[" * 100_000, "[]", '{"format": "x"}', '"text"'])
def test_what_is_no_plan_is_refused_by_its_name(text):
    said = refusal(plan_file.load, text, "/home/plan.json")
    assert said.startswith("/home/plan.json is no saved plan")
    assert said.endswith("nothing was written. Make a new one with: crosswalk plan -o plan.json")
