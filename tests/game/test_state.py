from dataclasses import FrozenInstanceError, replace

import pytest

from game.ink import Ink
from game.state import Drawing, Frame, replaced
from tests.game.table import Table, some_points

DRAWN = Ink((some_points(),))
FRAME = Frame(1, DRAWN, 0, 0)


def test_a_room_cannot_be_changed_in_place() -> None:
    with pytest.raises(FrozenInstanceError):
        Table().state.host = 3  # type: ignore[misc]


def test_a_replaced_room_differs_in_what_is_named_and_the_old_one_is_left() -> None:
    before = Table(2).state
    after = replaced(before, host=1, round=3)
    assert after == replace(before, host=1, round=3)
    assert (before.host, before.round) == (0, 0)
    with pytest.raises(FrozenInstanceError):
        after.host = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("drawing", "wants"),
    [
        (Drawing(0), False),
        (Drawing(0, ink=DRAWN, changes=1), True),
        (Drawing(0, ink=DRAWN, changes=1, framed=1), False),
        (Drawing(0, changes=2, framed=1), False),
        (Drawing(0, ink=DRAWN, changes=1, in_flight=FRAME), False),
        (Drawing(0, lost=FRAME), True),
    ],
)
def test_a_frame_is_wanted_for_ink_not_asked_about_and_for_lost_frames(
    drawing: Drawing,
    wants: bool,
) -> None:
    assert drawing.wants_frame == wants


def test_each_game_has_a_name_of_its_own() -> None:
    table = Table(1)
    names = {table.state.game_id, replace(table.state, seed="another").game_id}
    table.start()
    names.add(table.state.game_id)
    assert len(names) == 3
    assert all(name.startswith("BCDFG-") for name in names)


def test_the_name_of_a_game_does_not_tell_the_seed_that_deals_the_next() -> None:
    state = Table(1).state
    assert state.seed not in state.game_id
