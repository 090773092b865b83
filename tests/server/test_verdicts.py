"""A verdict can be derived again from what was kept, and a wrong one is found out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from game import commands as c
from game.categories import CATEGORIES, INDEX
from game.dynamics import Sign
from game.ink import Ink, pack, stroke_of
from game.protocol import REVEAL_MS, Level, Phase
from ml import queue
from server import verdicts
from server.archive import (
    DrewRecord,
    Forfeit,
    GameRecord,
    MatchRecord,
    Podium,
    Standing,
    farewell,
    read_records,
    records,
)
from server.store import read_verdicts
from server.verdicts import (
    DIFFERS,
    SAME,
    UNKNOWN,
    Answer,
    Network,
    add_up,
    check_guesses,
    compare,
    derive,
)
from tests.game.table import EIGHT, Table
from tests.support.house import HandWorker, House, prompt_of
from tests.support.player import dots
from tests.support.sketches import SKETCHES, in_canvas_units
from tests.support.waiting import soon

RECORD = MatchRecord(
    player="ada",
    round=1,
    prompt="cat",
    level=Level.EASY,
    among=None,
    confidence=0.2,
    frame=3,
    ink=b"",
    p=0.75,
    ms=5_000,
    total_ms=20_000,
    points=750,
    model="abc",
    raster=1,
)


def says(category: str, p: float, model: str = "abc") -> Answer:
    """An answer that is ``p`` sure of a category, and of no other in particular."""
    rest = (1 - p) / (len(CATEGORIES) - 1)
    shares = tuple(p if name == category else rest for name in CATEGORIES)
    return Answer(shares, model, 1)


def test_a_verdict_that_comes_out_again_is_the_same() -> None:
    assert compare(RECORD, says("cat", 0.75)).differs == ()


def test_a_verdict_of_another_size_of_batch_is_the_same() -> None:
    assert compare(RECORD, says("cat", 0.7505)).differs == ()


def test_a_verdict_that_only_just_held_may_be_rounded_the_other_way() -> None:
    narrow = replace(RECORD, confidence=0.75)
    assert compare(narrow, says("cat", 0.7495)).differs == ()


def test_what_the_network_takes_for_something_else_is_no_match() -> None:
    found = compare(RECORD, says("dog", 0.75))
    assert found.derivable
    assert "“dog” (0.750)" in found.differs[0]


def test_who_was_not_sure_enough_cannot_have_matched() -> None:
    found = compare(replace(RECORD, confidence=0.9, p=0.75), says("cat", 0.75))
    assert found.differs == ("no match: 0.900 was asked for",)


def test_points_are_those_of_the_time() -> None:
    found = compare(replace(RECORD, points=751), says("cat", 0.75))
    assert found.differs == ("751 points were given for what is worth 750",)


def test_another_certainty_than_the_recorded_one_is_told() -> None:
    found = compare(RECORD, says("cat", 0.8))
    assert found.differs == ("it was 0.7500 sure and is 0.8000",)


def test_the_signs_of_a_script_are_those_of_the_ink() -> None:
    leaps = stroke_of((n % 2 * 60_000, 30_000, 16 if n else 0) for n in range(8))
    drawn = replace(RECORD, ink=pack(Ink((leaps,))))
    assert compare(drawn, says("cat", 0.75)).differs == (), "not looked for at the time"
    seen = replace(drawn, signs=(Sign.TELEPORT,))
    assert compare(seen, says("cat", 0.75)).differs == ()
    found = compare(replace(drawn, signs=()), says("cat", 0.75))
    assert found.differs == ("signs of a script: none then, teleport now",)


def test_among_a_deck_only_its_cards_count() -> None:
    shares = [0.0] * len(CATEGORIES)
    shares[INDEX["dog"]], shares[INDEX["cat"]], shares[INDEX["sun"]] = 0.6, 0.3, 0.1
    answer = Answer(tuple(shares), "abc", 1)
    assert compare(replace(RECORD, among=("cat", "sun")), answer).differs == ()
    assert compare(RECORD, answer).differs != ()


def test_another_network_can_tell_nothing() -> None:
    for answer in (says("cat", 0.75, "other"), replace(says("cat", 0.75), raster=2)):
        found = compare(RECORD, answer)
        assert not found.derivable
        assert found.again_p is None


def test_ink_that_the_network_cannot_read_is_a_difference() -> None:
    found = compare(RECORD, Answer((), "abc", 1, "this is no ink"))
    assert "this is no ink" in found.differs[0]


@pytest.mark.parametrize(
    ("scores", "wrong"),
    [((750, 0), 0), ((751, 0), 1), ((750, 1), 1), ((0, 750), 2)],
)
def test_scores_are_the_sum_of_the_verdicts(scores: tuple[int, int], wrong: int) -> None:
    ada, bob = scores
    podium = Podium((Standing("ada", ada, 1), Standing("bob", bob, 0)))
    assert len(add_up(GameRecord((RECORD,), (), podium))) == wrong


def test_points_of_who_left_are_accounted_for() -> None:
    podium = Podium((Standing("bob", 0, 0),))
    assert add_up(GameRecord((RECORD,), (Forfeit("ada", 750),), podium)) == []
    assert len(add_up(GameRecord((RECORD,), (), podium))) == 1


# --- pictionary ----------------------------------------------------------------------------------


def played() -> GameRecord:
    """Two turns of pictionary, kept as the owner of a room keeps them; one player leaves."""
    kept: dict[str, bytes] = {}
    table = Table(4, mode="pictionary", rounds=1, custom=EIGHT)
    table.pens_up().tick(1_000)
    table.word(1, table.prompt)
    table.tick(500)
    table.match(0)
    table.word(2, "?", category=table.prompt)
    table.tick(18_500)
    kept |= records(table.state)
    table.pens_up()
    table.match(1)
    kept |= farewell(table.state, 1)
    table.do(c.Leave(1))
    kept |= records(table.state)
    while table.phase is not Phase.GAME_OVER:
        table.tick(REVEAL_MS)
        kept |= records(table.state)
    return read_records({name.encode(): value for name, value in kept.items()})


def test_who_leaves_and_guesses_again_in_the_same_turn_is_on_record_twice() -> None:
    table = Table(3, mode="pictionary", rounds=1, custom=EIGHT).pens_up()
    kept: dict[str, bytes] = {}
    for _ in range(2):
        table.tick(1_000)
        table.word(1, table.prompt)
        kept |= {name: kept.get(name, value) for name, value in farewell(table.state, 1).items()}
        table.do(c.Leave(1))
        table.join("Bob")
    while table.phase is not Phase.GAME_OVER:
        table.tick(REVEAL_MS)
        kept |= records(table.state)
    record = read_records({name.encode(): value for name, value in kept.items()})
    assert [solve.ms for solve in record.solves if solve.player == "bob"] == [1_000, 2_000]
    assert len(record.forfeits) == 2
    assert (check_guesses(record), add_up(record)) == ([], [])


def test_what_people_and_the_network_won_at_pictionary_adds_up() -> None:
    record = played()
    assert record.podium is not None
    assert record.podium.machine_score > 0
    assert [match.for_machine for match in record.matches] == [True, True]
    assert [solve.player for solve in record.solves] == ["bob", "cyd"]
    assert [(turn.player, turn.beaten, turn.among) for turn in record.turns] == [("ada", 1, 3)]
    assert [forfeit.player for forfeit in record.forfeits] == ["bob"]
    assert (check_guesses(record), add_up(record)) == ([], [])


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"text": "xyz"}, "is no name of"),
        ({"points": 1}, "1 points for a guess of bob"),
        ({"ms": 19_000}, "points for a guess of bob"),
    ],
)
def test_a_forged_guess_is_found_out(changed: dict[str, Any], wrong: str) -> None:
    record = played()
    forged = replace(record.solves[0], **changed)
    (found,) = check_guesses(replace(record, solves=(forged,)))
    assert wrong in found


def test_a_forged_turn_is_found_out() -> None:
    turn = DrewRecord("ada", 1, Level.EASY, among=2, beaten=1, points=500)
    honest = GameRecord((), (), None, turns=(turn,))
    assert check_guesses(honest) == []
    for changed in ({"points": 501}, {"beaten": 2}, {"beaten": 3, "points": 1_500}):
        forged = replace(honest, turns=(replace(turn, **changed),))
        assert "a turn of ada" in check_guesses(forged)[0]


def test_a_game_nobody_knows_is_an_answer_of_its_own(
    redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = verdicts.main(["BCDFG-0-1", f"--redis-url={redis_url}"])
    assert status == UNKNOWN
    assert "BCDFG-0-1" in capsys.readouterr().err
    verdicts.main(["BCDFG-0-1", f"--redis-url={redis_url}", "--json"])
    assert json.loads(capsys.readouterr().out)["status"] == UNKNOWN


def test_where_no_game_was_ever_played_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    assert verdicts.main(["BCDFG-0-1", f"--data-dir={tmp_path / 'none'}"]) == UNKNOWN
    assert str(tmp_path / "none") in capsys.readouterr().err


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        verdicts.main(["--help"])
    printed = capsys.readouterr().out
    for part in ("--json", "--redis-url", "--weights", "exit status", "examples"):
        assert part in printed


@pytest.mark.asyncio
async def test_who_leaves_in_mid_game_leaves_their_verdicts_behind(
    house: House, worker: HandWorker, redis: Redis
) -> None:
    ada, bob, cyd = await house.round("Ada", "Bob", "Cyd", rounds=1)
    for player in (ada, bob):
        await player.draw(dots(3))
        await worker.answer(await worker.take_of(player), prompt_of(player))
        await player.hears("match", lambda said, seat=player.seat: said["seat"] == seat)
    await bob.say("leave")
    await bob.closed()
    await cyd.say("leave")
    await ada.hears("reveal")
    await ada.say("ready")
    podium = await ada.hears("game_over")

    async def finished() -> GameRecord | None:
        record = await read_verdicts(redis, podium["game"])
        return record if record and record.podium else None

    record = await soon(finished)
    assert record is not None
    assert {m.player for m in record.matches} == {
        each.account.player_id for each in (ada, bob) if each.account is not None
    }
    assert [forfeit.score for forfeit in record.forfeits] == [
        match.points for match in record.matches if match.player == record.forfeits[0].player
    ]
    assert add_up(record) == []


@pytest.mark.asyncio
async def test_a_game_judged_by_the_network_is_the_same_again(
    judged_house: House, judged_url: str
) -> None:
    (ada,) = await judged_house.round("Ada", rounds=1, custom=list(SKETCHES), guess_among="deck")
    await ada.draw_strokes(in_canvas_units(SKETCHES[prompt_of(ada)]))
    await ada.hears("match", within_s=30.0)
    await ada.hears("reveal")
    await ada.say("ready")
    game = (await ada.hears("game_over"))["game"]
    redis = queue.connect(judged_url)

    async def finished() -> GameRecord | None:
        record = await read_verdicts(redis, game)
        return record if record and record.podium else None

    record = await soon(finished)
    assert record is not None
    report = await derive(game, record, Network(redis))
    assert report.status == SAME, verdicts.tell(report)
    forged = replace(record.matches[0], ink=pack_of_nothing_like(record.matches[0].prompt))
    again = await derive(game, replace(record, matches=(forged,)), Network(redis))
    assert again.status == DIFFERS
    assert "no match" in verdicts.tell(again)
    other = replace(record.matches[0], model="another network")
    unknown = await derive(game, replace(record, matches=(other,)), Network(redis))
    assert unknown.status == UNKNOWN
    await redis.aclose()


def pack_of_nothing_like(category: str) -> bytes:
    """Ink of something else."""
    name = next(name for name in SKETCHES if name != category)
    ink = [stroke_of((x, y, 16) for x, y in stroke) for stroke in in_canvas_units(SKETCHES[name])]
    return pack(Ink(tuple(ink)))
