"""The newest frame wins, and nothing is lost track of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from game.protocol import FRAME_LOST_MS
from ml.batching import DEADLINE_MS, Plan, Waiting, plan

frames = st.lists(
    st.tuples(st.sampled_from("abcde"), st.integers(1, 6), st.integers(0, 2 * DEADLINE_MS)),
    max_size=40,
).map(lambda rows: [Waiting(*row, ticket=at) for at, row in enumerate(rows)])
caps = st.integers(1, 10)


@given(frames, caps)
def test_every_frame_ends_in_exactly_one_place(waiting: list[Waiting[int]], cap: int) -> None:
    done = plan(waiting, cap)
    assert sorted(done.compute + done.later + done.stale) == list(range(len(waiting)))


@given(frames, caps)
def test_a_batch_never_exceeds_the_cap_and_is_never_short(
    waiting: list[Waiting[int]], cap: int
) -> None:
    done = plan(waiting, cap)
    assert len(done.compute) == min(cap, len(done.compute) + len(done.later))


@given(frames, caps)
def test_a_drawing_is_computed_at_most_once_and_with_its_newest_frame(
    waiting: list[Waiting[int]], cap: int
) -> None:
    done = plan(waiting, cap)
    live = [waiting[at] for at in done.compute + done.later]
    drawings = [frame.drawing for frame in live]
    assert len(drawings) == len(set(drawings))
    for frame in live:
        assert frame.n == max(other.n for other in waiting if other.drawing == frame.drawing)


@given(frames, caps)
def test_nothing_past_its_deadline_is_computed(waiting: list[Waiting[int]], cap: int) -> None:
    done = plan(waiting, cap)
    assert all(waiting[at].age_ms < DEADLINE_MS for at in done.compute + done.later)


@given(frames, caps)
def test_the_longest_waiting_go_first(waiting: list[Waiting[int]], cap: int) -> None:
    done = plan(waiting, cap)
    ages = [waiting[at].age_ms for at in done.compute + done.later]
    assert ages == sorted(ages, reverse=True)


@given(frames, caps)
def test_a_young_newest_frame_is_never_stale(waiting: list[Waiting[int]], cap: int) -> None:
    for at in plan(waiting, cap).stale:
        frame = waiting[at]
        rivals = [
            other
            for other in waiting
            if other.drawing == frame.drawing and other.ticket != at and other.n >= frame.n
        ]
        assert rivals or frame.age_ms >= DEADLINE_MS


def test_nothing_in_nothing_out() -> None:
    assert plan([], 8) == Plan((), (), ())


def test_frames_are_given_up_before_their_server_does() -> None:
    assert 0 < DEADLINE_MS < FRAME_LOST_MS
