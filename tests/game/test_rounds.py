"""The course of a game, mostly by the passing of time."""

import pytest

from game import commands as c
from game import events as e
from game.protocol import (
    COUNTDOWN_MS,
    FRAME_LOST_MS,
    HOST_KEPT_MS,
    JUDGING_MS,
    REVEAL_MIN_MS,
    REVEAL_MS,
    SEAT_KEPT_MS,
    Code,
    Phase,
    Settings,
)
from game.room import next_due_ms
from tests.game.table import EIGHT, START_MS, Table, kinds


def test_only_the_host_starts() -> None:
    assert Table(2).refuse(c.StartGame(1)) is Code.NOT_HOST


def test_a_room_whose_deck_became_too_small_does_not_start() -> None:
    """The levels are measured anew with each network; settings may be older."""
    table = Table(1, custom=EIGHT[:7])
    assert table.refuse(c.StartGame(0)) is Code.DECK_TOO_SMALL


def test_everybody_with_a_seat_is_dealt_a_prompt() -> None:
    table = Table(3)
    game, first = table.start()
    assert isinstance(game, e.GameStarted)
    assert isinstance(first, e.RoundStarted)
    assert sorted(first.prompts) == [0, 1, 2]
    assert len(set(first.prompts.values())) == 3
    assert (table.state.game, table.state.round, table.state.dealt) == (1, 1, 3)


def test_the_next_round_goes_on_in_the_deck_though_somebody_left() -> None:
    table = Table(3, custom=EIGHT).pens_up()
    seen = [drawing.prompt for drawing in table.state.drawings.values()]
    table.join("Late")
    table.tick(20_000)
    table.tick(REVEAL_MS)
    seen += [drawing.prompt for drawing in table.state.drawings.values()]
    assert len(seen) == len(set(seen)) == 7
    table.do(c.Leave(0))
    table.do(c.Leave(1))
    table.do(c.Leave(2))
    table.tick(COUNTDOWN_MS)
    table.tick(20_000)
    table.tick(REVEAL_MS)
    assert table.drawing(3).prompt not in seen


def test_a_new_game_starts_from_nought_with_another_deal() -> None:
    table = Table(2, rounds=1).pens_up()
    first = {seat: drawing.prompt for seat, drawing in table.state.drawings.items()}
    table.match(0)
    assert table.state.seats[0].score > 0
    table.tick(20_000)
    table.tick(REVEAL_MS)
    table.do(c.Rematch(0))
    assert table.state.seats[0].score > 0, "the podium is remembered in the lobby"
    table.start()
    assert (table.state.seats[0].score, table.state.seats[0].matches) == (0, 0)
    assert (table.state.game, table.state.dealt) == (2, 2)
    assert {seat: drawing.prompt for seat, drawing in table.state.drawings.items()} != first


def test_only_the_host_calls_for_a_rematch() -> None:
    table = Table(2, rounds=1).pens_up()
    table.tick(20_000)
    table.tick(REVEAL_MS)
    assert table.refuse(c.Rematch(1)) is Code.NOT_HOST


@pytest.mark.parametrize(
    ("wait_ms", "phase"),
    [(COUNTDOWN_MS - 1, Phase.COUNTDOWN), (COUNTDOWN_MS, Phase.DRAWING)],
)
def test_the_countdown_takes_three_seconds(wait_ms: int, phase: Phase) -> None:
    table = Table(1)
    table.start()
    table.tick(wait_ms)
    assert table.phase is phase


def test_time_up_with_nothing_to_wait_for_ends_the_round() -> None:
    table = Table(2).pens_up()
    assert table.tick(19_999) == []
    assert kinds(table.tick(1)) == ["PensDown", "RoundEnded"]


def slow(*factors: float) -> Table:
    """A round in which each seat has so many times the time."""
    table = Table(len(factors))
    for seat, factor in enumerate(factors):
        table.do(c.ExtendTime(0, seat, factor))
    return table.pens_up()


def test_a_round_waits_for_whoever_has_more_time() -> None:
    table = slow(1.0, 2.0)
    assert table.tick(19_999) == []
    assert table.tick(1) == [e.TimeUp(0)]
    assert kinds(table.draw(0)) == ["InkSkipped"]
    assert kinds(table.draw(1)) == ["InkAdded"]
    assert next_due_ms(table.state) == table.now + 20_000
    assert kinds(table.tick(20_000)) == ["PensDown"]


def test_points_count_against_a_seats_own_time() -> None:
    table = slow(1.0, 2.0)
    table.tick(5_000)
    table.match(0)
    table.tick(5_000)
    table.match(1)
    first, second = table.drawing(0).match, table.drawing(1).match
    assert first is not None
    assert second is not None
    worth = {"e": 1.0, "m": 1.25, "h": 1.5}
    levels = [table.state.levels[table.drawing(seat).prompt] for seat in (0, 1)]
    assert [first.points, second.points] == [round(750 * worth[level]) for level in levels]


def test_a_round_waits_no_longer_once_the_slower_seat_has_matched() -> None:
    table = slow(1.0, 2.0)
    table.match(1)
    assert next_due_ms(table.state) == table.now + 20_000
    assert kinds(table.tick(20_000)) == ["PensDown", "RoundEnded"]


def test_more_time_holds_from_the_next_round_on() -> None:
    table = Table(2).pens_up()
    table.do(c.ExtendTime(0, 1, 2.0))
    assert kinds(table.tick(20_000)) == ["PensDown", "RoundEnded"]
    table.pens_up()
    assert table.tick(20_000) == [e.TimeUp(0)]


def test_a_round_waits_for_the_frame_in_flight() -> None:
    table = Table(2).pens_up()
    table.tick(19_000)
    table.draw(0)
    table.ask(0)
    assert kinds(table.tick(1_000)) == ["PensDown"]
    table.now += 500
    assert kinds(table.answer(0)) == ["Matched", "Guessed", "RoundEnded"]
    assert table.drawing(0).match is not None


def test_a_round_waits_for_ink_the_network_has_not_seen() -> None:
    table = Table(1).pens_up()
    table.draw(0)
    assert kinds(table.tick(20_000)) == ["PensDown"]
    table.ask(0)
    assert kinds(table.answer(0, table.wrong(0))) == ["Guessed", "RoundEnded"]


def test_judging_ends_after_six_seconds_though_the_network_is_silent() -> None:
    table = Table(1).pens_up()
    table.draw(0)
    table.tick(20_000)
    for _ in range(2):
        table.ask(0)
        assert kinds(table.tick(FRAME_LOST_MS)) == ["FrameLost"]
    table.ask(0)
    late = table.guess(0)
    assert kinds(table.tick(JUDGING_MS - 2 * FRAME_LOST_MS)) == ["FrameLost", "RoundEnded"]
    assert table.drawing(0).lost is None
    before = table.state
    assert table.do(late) == []
    assert table.do(c.QueueFrame(0)) == []
    assert table.state is before


def test_a_reveal_ends_when_all_who_are_here_are_ready_but_not_at_once() -> None:
    table = Table(3).pens_up()
    table.tick(20_000)
    assert kinds(table.do(c.MarkReady(0))) == ["MarkedReady"]
    assert table.do(c.MarkReady(0)) == []
    table.do(c.MarkReady(1))
    assert table.tick(REVEAL_MIN_MS - 1) == []
    table.do(c.Drop(2))
    assert table.phase is Phase.REVEAL
    assert next_due_ms(table.state) == table.now + 1
    assert kinds(table.tick(1)) == ["RoundStarted"]
    assert not any(seat.ready for seat in table.state.seats.values())


def test_a_reveal_nobody_watches_ends_in_its_own_time() -> None:
    table = Table(1).pens_up()
    table.tick(20_000)
    table.do(c.Drop(0))
    assert table.tick(REVEAL_MS - 1) == []
    assert kinds(table.tick(1)) == ["RoundStarted"]


def test_the_podium_waits_for_the_host() -> None:
    table = Table(2, rounds=1).pens_up()
    table.tick(20_000)
    assert kinds(table.tick(REVEAL_MS)) == ["GameEnded"]
    assert next_due_ms(table.state) is None
    assert kinds(table.do(c.Rematch(0))) == ["LobbyOpened"]
    assert table.state.drawings == {}


def test_a_seat_waits_a_minute_for_its_player() -> None:
    table = Table(2)
    table.do(c.Drop(1))
    assert next_due_ms(table.state) == table.now + SEAT_KEPT_MS
    assert table.tick(SEAT_KEPT_MS - 1) == []
    assert table.tick(1) == [e.SeatLeft(1, "away")]


def test_hosting_passes_on_after_half_a_minute_to_the_lowest_seat_that_is_here() -> None:
    table = Table(4)
    table.do(c.Drop(1))
    table.do(c.Drop(0))
    assert table.tick(HOST_KEPT_MS - 1) == []
    assert table.tick(1) == [e.HostChanged(2)]
    table.join("Ada")
    assert table.state.host == 2


def test_hosting_stays_where_it_is_while_nobody_else_is_here() -> None:
    table = Table(2)
    table.do(c.Drop(0))
    table.do(c.Drop(1))
    assert table.tick(HOST_KEPT_MS) == []
    assert kinds(table.join("Bob")) == ["SeatReturned", "HostChanged"]
    assert table.state.host == 1


def test_a_host_who_leaves_hands_on_at_once_even_to_somebody_away() -> None:
    table = Table(2)
    table.do(c.Drop(1))
    assert table.do(c.Leave(0)) == [e.SeatLeft(0, "left"), e.HostChanged(1)]


def test_everybody_away_for_a_minute_leads_back_to_the_lobby() -> None:
    table = Table(2).pens_up()
    table.do(c.Drop(0))
    table.do(c.Drop(1))
    happened = table.tick(SEAT_KEPT_MS)
    assert kinds(happened) == ["SeatLeft", "SeatLeft", "LobbyOpened"]
    assert (table.state.host, table.state.round, next_due_ms(table.state)) == (None, 0, None)


def test_a_round_goes_on_while_its_only_player_is_away_for_a_moment() -> None:
    table = Table(1).pens_up()
    table.do(c.Drop(0))
    table.tick(5_000)
    table.join("Ada")
    assert table.phase is Phase.DRAWING
    assert kinds(table.match(0)) == ["Matched", "Guessed", "RoundEnded"]


def test_the_last_unmatched_player_leaving_ends_the_round() -> None:
    table = Table(2).pens_up()
    table.match(0)
    assert kinds(table.do(c.Kick(0, 1))) == ["SeatLeft", "RoundEnded"]


def test_a_round_without_drawings_ends_and_those_who_watched_play_the_next() -> None:
    table = Table(1).pens_up()
    table.join("Late")
    assert kinds(table.do(c.Leave(0))) == ["SeatLeft", "HostChanged", "RoundEnded"]
    table.tick(REVEAL_MS)
    assert sorted(table.state.drawings) == [1]


def test_nobody_loses_time_to_an_outage() -> None:
    table = Table(2).pens_up()
    table.tick(5_000)
    table.draw(0)
    table.ask(0)
    stopped_ms = table.now
    table.now += 3_600_000
    assert kinds(table.do(c.Resume(stopped_ms))) == ["ClockShifted", "SeatDropped", "SeatDropped"]
    assert table.state.pens_down_ms == table.now + 15_000
    (matched, *_) = table.answer(0)
    assert isinstance(matched, e.Matched)
    assert matched.ms == 5_000


def test_a_room_taken_over_by_a_slower_clock_goes_on_as_well() -> None:
    table = Table(1).pens_up()
    stopped_ms = table.now
    table.now -= 3_600_000
    table.do(c.Resume(stopped_ms))
    table.join("Ada")
    assert kinds(table.tick(20_000)) == ["PensDown", "RoundEnded"]


def test_a_room_taken_over_in_the_same_moment_only_loses_its_sockets() -> None:
    table = Table(2)
    table.do(c.Drop(1))
    assert table.do(c.Resume(table.now)) == [e.SeatDropped(0, table.now, cut_off=True)]


def test_the_pace_of_chat_survives_an_outage() -> None:
    table = Table(1)
    for _ in range(5):
        table.do(c.Say(0, "hello"))
    table.now -= 3_600_000
    table.do(c.Resume(START_MS))
    assert table.refuse(c.Say(0, "again")) is Code.TOO_FAST
    table.now += 5_000
    assert kinds(table.do(c.Say(0, "again"))) == ["Said"]


def test_sixteen_play_with_a_deck_of_eight() -> None:
    table = Table()
    table.join("Player 0")
    table.do(c.ChangeSettings(0, Settings(custom=EIGHT, players=16)))
    for n in range(1, 16):
        table.join(f"Player {n}")
    assert table.refuse(c.Join("more", "More")) is Code.ROOM_FULL
    table.pens_up()
    prompts = [drawing.prompt for drawing in table.state.drawings.values()]
    assert len(prompts) == 16
    assert len(set(prompts)) == 8
