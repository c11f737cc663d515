"""What a sandbox holds: steps that can be taken back, and the view one version back."""

from __future__ import annotations

import copy

from hypothesis import given
from hypothesis import strategies as st

from connectors.sandbox.state import State

SEED = {"things": {"1": {"v": 0}, "2": {"v": 0}}}


def test_a_step_names_what_it_touched_once_and_nothing_that_stayed_equal() -> None:
    state = State(SEED)

    with state.step() as step:
        state.put("things", "1", {"v": 1})
        state.put("things", "1", {"v": 2})
        state.put("things", "2", {"v": 0})

    assert step.touched == ["things/1"]


def test_numbers_of_new_records_are_never_used_twice() -> None:
    state = State(SEED, counters={"parts": 40})

    assert [state.next_id("things"), state.next_id("things"), state.next_id("parts")] == [3, 4, 41]
    state.remove("things", "2")
    assert state.next_id("things") == 5


def test_one_version_back_survives_a_step_that_was_taken_back() -> None:
    state = State(SEED)
    state.put("things", "1", {"v": 1})
    with state.step() as step:
        state.put("things", "1", {"v": 2})
        state.undo(step)

    with state.rewound():
        assert state.get("things", "1") == {"v": 0}
    assert state.get("things", "1") == {"v": 1}


CHANGES = st.lists(st.tuples(st.sampled_from(["1", "2", "3"]), st.none() | st.integers(0, 3)), max_size=12)


def apply(state: State, changes: list[tuple[str, int | None]]) -> None:
    for id, value in changes:
        if value is None:
            state.remove("things", id)
        else:
            state.put("things", id, {"v": value})


@given(CHANGES, CHANGES)
def test_undo_is_exact_and_rewinding_leaves_no_trace(
    before: list[tuple[str, int | None]], inside: list[tuple[str, int | None]]
) -> None:
    state = State(SEED)
    apply(state, before)
    kept = copy.deepcopy(state.tables)
    with state.rewound():
        behind = copy.deepcopy(state.tables)

    with state.step() as step:
        apply(state, inside)
        state.undo(step)

    assert state.tables == kept
    assert list(state.tables["things"]) == list(kept["things"])  # pages are cut from this order
    with state.rewound():
        assert state.tables == behind
    assert state.tables == kept
    state.reset()
    assert state.tables == SEED
