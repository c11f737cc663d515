"""Every way to fail has its exit code and its words; stdout stays one JSON document."""

from __future__ import annotations

import pytest

from engine import errors


def raised(name, error):
    async def answer(*_args, **_options):
        raise error

    return {name: answer}


FAILURES = [
    (errors.UsageError("no such thing; nothing was done"), 2),
    (errors.UnknownId("product", "p9"), 2),
    (errors.WorkspaceError("/x cannot be written: read-only"), 1),
    (errors.Busy("psa is held by ann for a sync"), 5),
    (errors.Blocked("stopped by a guard", ("zero-price",)), 3),
    (errors.StalePlan("the plan is stale"), 3),
    (errors.ConnectorError("broke", connection="psa", request_id="r-1"), 1),
    (errors.AuthenticationError("credentials refused", connection="psa"), 1),
    (errors.PermissionMissing("may not list products", connection="psa"), 1),
    (errors.Unreachable("no answer", connection="psa"), 1),
    (errors.RateLimited("429", connection="psa"), 1),
    (errors.Parked("the day's calls are used up", connection="sf"), 1),
    (errors.Rejected("refused", connection="psa", code="422"), 1),
    (errors.NotFound("gone", connection="psa"), 1),
    (errors.IncompleteRead("3 of 4 pages", connection="psa"), 1),
    (errors.ProtocolError("HTML with status 200", connection="psa"), 1),
]


def family(error=errors.CrosswalkError):
    return {error.__name__} | {name for sub in error.__subclasses__() for name in family(sub)}


def test_every_error_of_the_tree_is_looked_at():
    ours = {name for name in family() if hasattr(errors, name)}
    assert ours - {type(error).__name__ for error, _ in FAILURES} == {"CrosswalkError"}


@pytest.mark.parametrize(("error", "code"), FAILURES, ids=lambda value: type(value).__name__)
def test_an_error_is_one_message_and_its_exit_code(crosswalk, ws, error, code):
    ws.answers |= raised("pull", error)
    ended = crosswalk("pull")
    assert ended.code == code
    assert str(error) in ended.err
    assert ended.out == ""
    assert "Traceback" not in ended.err
    assert ws.closed == 1


@pytest.mark.parametrize(("error", "code"), FAILURES, ids=lambda value: type(value).__name__)
def test_with_json_the_error_is_the_document(crosswalk, ws, error, code):
    ws.answers |= raised("pull", error)
    ended = crosswalk("pull", "--json")
    assert (ended.code, ended.document["exit_code"]) == (code, code)
    assert ended.document["error"]["type"] == type(error).__name__
    assert ended.document["error"]["message"] == str(error)


def test_an_error_carries_its_ids(crosswalk, ws):
    ws.answers |= raised("pull", errors.Rejected("refused", connection="psa", code="422", request_id="r-7"))
    found = crosswalk("pull", "--json").document["error"]
    assert (found["connection"], found["code"], found["request_id"]) == ("psa", "422", "r-7")


def test_anything_else_is_called_a_bug_and_is_in_the_log(crosswalk, ws):
    ws.path.mkdir()
    ws.answers |= raised("pull", ZeroDivisionError("by zero"))
    ended = crosswalk("pull")
    log = ws.path / "crosswalk.log"
    assert ended.code == 1
    assert "bug" in ended.err
    assert str(log) in ended.err
    assert "Traceback" not in ended.err
    assert "ZeroDivisionError: by zero" in log.read_text()
    assert "Traceback" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0
    assert ws.closed == 1


def test_a_bug_with_json_is_a_document_too(crosswalk, ws):
    ws.answers |= raised("pull", ZeroDivisionError("by zero"))
    ended = crosswalk("pull", "--json")
    assert (ended.code, ended.document["error"]["type"]) == (1, "Bug")


@pytest.mark.parametrize(
    "argv",
    [
        ["lst"],
        ["list", "gadgets"],
        ["list"],
        ["list", "products", "--limit", "none"],
        ["list", "products", "--limit", "0"],
        ["map", "products", "--accept", "--min-score", "7"],
        ["fees", "add"],
        ["--nonsense"],
    ],
)
def test_a_command_line_that_does_not_parse_ends_with_two(crosswalk, ws, argv):
    ended = crosswalk(*argv)
    assert ended.code == 2
    assert ended.err.strip()
    assert ended.out == ""
    assert ws.asked == []
    assert crosswalk(*argv, "--json").document["exit_code"] == 2


def test_escape_sequences_in_a_message_are_not_obeyed(crosswalk, ws):
    ws.answers |= raised("pull", errors.Rejected("\x1b[2Jgone\x07", connection="psa"))
    assert "\x1b" not in crosswalk("pull").err


def test_recovery_runs_before_a_networked_verb_and_is_reported(crosswalk, ws, make):
    ws.answers |= raised("pull", errors.UsageError("enough")) | {"recovered": [make.run([])]}
    ended = crosswalk("pull")
    assert ws.verbs() == ["recover", "pull"]
    assert "run-1" in ended.err


def test_a_local_verb_touches_no_network(crosswalk, ws):
    ws.answers["runs"] = []
    assert crosswalk("runs", "--json").document == {"runs": []}
    assert ws.verbs() == ["runs"]
