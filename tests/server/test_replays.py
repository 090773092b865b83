"""Watching a game again: what is kept of it, who may see it, and for how long."""

from __future__ import annotations

import json
import zlib
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from game import ink
from game.categories import INDEX
from game.protocol import MAX_POINTS, Phase
from game.state import Frame, Match, replaced
from server.crowd import SharedBuckets
from server.players import Players
from server.records import Records
from server.replays import MOST_POINTS, Replays, Title, fields_of, thinned, unpacked
from tests.support.awards import award, result
from tests.support.house import HandWorker, House, other_than, prompt_of
from tests.support.player import Player
from tests.support.waiting import soon

LINE: Final = [(1_000, 2_000), (30_000, 2_000), (60_000, 50_000)]
_POINT: Final = st.tuples(*[st.integers(0, 65_535)] * 3)
_INK: Final = st.lists(
    st.lists(_POINT, min_size=1, max_size=60).map(ink.stroke_of), max_size=30
).map(lambda strokes: ink.Ink(tuple(strokes)))


async def watched(house: House, game: str) -> Any:
    """The replay of a game, as soon as it is there."""

    async def found() -> Any:
        answer = await house.http.get(f"/api/replays/{game}")
        return answer.json() if answer.status_code == 200 else None

    return await soon(found)


async def matched(player: Player, worker: HandWorker) -> None:
    """Draw a line and be recognised."""
    await player.draw_strokes([LINE])
    await player.stored()
    while not player.count("match"):
        (entry,) = await worker.take()
        await worker.answer(entry, prompt_of(player))
        await player.hears("guess")


async def played(house: House, worker: HandWorker, **settings: Any) -> tuple[str, Player]:
    """A game of one round by one player, who is recognised; its id and the player."""
    ada, *_ = await house.round("Ada", rounds=1, **settings)
    await matched(ada, worker)
    await ada.phase("reveal")
    await ada.say("ready")
    over = await ada.hears("game_over")
    return over["game"], ada


@pytest.mark.asyncio
async def test_a_game_can_be_watched_with_its_ink_its_doubts_and_its_podium(
    house: House, worker: HandWorker
) -> None:
    game, ada = await played(house, worker)

    async def ended() -> Any:
        found = await watched(house, game)
        return found if found["standings"] else None

    found = await soon(ended)
    assert (found["game"], found["mode"]) == (game, "race")
    assert found["ended_ms"] > 0
    (row,) = found["standings"]
    assert (row["name"], row["place"], row["matches"]) == ("Ada", 1, 1)
    (laid_open,) = found["rounds"]
    assert laid_open["round"] == 1
    assert laid_open["total_ms"] == 20_000
    (drawing,) = laid_open["drawings"]
    told = next(said for said in ada.heard if said["type"] == "reveal")["drawings"][0]
    for field in ("seat", "category", "level", "matched_ms", "points", "giveaway", "top"):
        assert drawing[field] == told[field], field
    assert drawing["curve"] == told["curve"]
    assert drawing["name"] == "Ada"
    assert drawing["ink"] == [[[x for x, _ in LINE], [y for _, y in LINE], [16, 16, 16]]]
    assert ada.account is not None
    assert ada.account.player_id not in str(found)
    assert set(drawing) == {*told, "ink"}


@pytest.mark.asyncio
async def test_a_round_can_be_watched_before_the_game_is_over_but_not_before_it_is(
    house: House, worker: HandWorker
) -> None:
    ada, bob = await house.round("Ada", "Bob", rounds=2, seconds=10)
    await ada.draw_strokes([LINE])
    (entry,) = await worker.take()
    await worker.answer(entry, other_than(prompt_of(ada)))
    await ada.hears("guess")
    game = house.owner(ada.code).state.game_id
    assert (await house.http.get(f"/api/replays/{game}")).status_code == 404
    await house.skip(bob, 11)
    await ada.hears("reveal")
    found = await watched(house, game)
    assert found["standings"] == []
    (laid_open,) = found["rounds"]
    by_name = {drawing["name"]: drawing for drawing in laid_open["drawings"]}
    assert by_name["Ada"]["matched_ms"] is None
    assert len(by_name["Ada"]["ink"]) == 1
    assert by_name["Bob"]["ink"] == []


@pytest.mark.asyncio
async def test_a_replay_is_asked_for_again_at_the_price_of_a_hash(
    house: House, worker: HandWorker
) -> None:
    game, _ = await played(house, worker)
    await watched(house, game)
    answer = await house.http.get(f"/api/replays/{game}")
    again = await house.http.get(
        f"/api/replays/{game}", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304


@pytest.mark.asyncio
@pytest.mark.parametrize("game", ["ABCDE-0123456789abcdef-1", "x" * 65, "%00", "*"])
async def test_a_replay_that_is_not_there_is_a_problem_in_words(house: House, game: str) -> None:
    answer = await house.http.get(f"/api/replays/{game}")
    assert answer.status_code in (404, 422)
    assert answer.json()["message"].endswith(".")


@pytest.mark.asyncio
async def test_the_network_stands_on_the_podium_without_a_seat(house: House) -> None:
    ada, bob = await house.round("Ada", "Bob", mode="pictionary", rounds=1)
    state = house.owner(ada.code).state
    await house.app.state.replays.keep(
        "game", fields_of(replaced(state, phase=Phase.GAME_OVER)), now_ms=1
    )
    found = await watched(house, "game")
    rows = {row["seat"]: row["name"] for row in found["standings"]}
    assert rows == {ada.seat: "Ada", bob.seat: "Bob", None: ""}


@pytest.mark.asyncio
async def test_the_points_of_the_network_are_not_the_drawers(house: House) -> None:
    ada, *_ = await house.round("Ada", "Bob", mode="pictionary", rounds=1)
    state = house.owner(ada.code).state
    (drawer,) = state.drawings
    frame = Frame(n=1, ink=ink.Ink(()), ink_ms=0, queued_ms=0)
    match = Match(frame, ms=4_000, points=700, model="any", raster=1)
    drawing = replaced(state.drawings[drawer], match=match)
    laid_open = replaced(state, phase=Phase.REVEAL, drawings={drawer: drawing})
    kept = json.loads(zlib.decompress(fields_of(laid_open)[f"round:{state.round}"]))
    assert [row["points"] for row in kept["drawings"]] == [0]


# --- what is kept --------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_only_the_newest_games_are_kept_and_none_for_ever(redis: Redis) -> None:
    replays = Replays(redis, most=2, days=7)
    for n in range(4):
        await replays.keep(f"game{n}", {"who:ada": b'["a","Ada"]'}, now_ms=1_000 + n)
    assert [await replays.stored(f"game{n}") is None for n in range(4)] == [
        True,
        True,
        False,
        False,
    ]
    assert 0 < await redis.pttl("inkling:{replays}:game:game3") <= 7 * 86_400_000
    week_later = 1_003 + 7 * 86_400_000
    await replays.keep("game9", {"who:ada": b'["a","Ada"]'}, now_ms=week_later)
    assert await redis.zrange("inkling:{replays}:games", 0, -1) == [b"game9"]


@pytest.mark.asyncio
async def test_where_none_are_wanted_none_are_kept(redis: Redis) -> None:
    await Replays(redis, most=0, days=7).keep("game", {"end": b"{}"}, now_ms=1)
    assert await redis.keys("*replays*") == []


@pytest.mark.asyncio
async def test_what_is_kept_twice_stays_as_it_was(redis: Redis) -> None:
    replays = Replays(redis, most=2, days=7)
    await replays.keep("game", {"who:ada": b'["a","Ada"]'}, now_ms=1)
    await replays.keep("game", {"who:ada": b'["a","Eve"]'}, now_ms=2)
    stored = await replays.stored("game")
    assert stored is not None
    found = unpacked(stored)
    assert found is not None
    assert found["names"] == {"a": "Ada"}


@pytest.mark.asyncio
async def test_a_forgotten_player_leaves_drawings_of_somebody(
    house: House, worker: HandWorker, redis: Redis
) -> None:
    game, ada = await played(house, worker)
    await watched(house, game)
    assert ada.account is not None
    await house.app.state.replays.forget(ada.account.player_id)
    found = await watched(house, game)
    assert found["rounds"][0]["drawings"][0]["name"] is None
    for key in await redis.keys("inkling:{replays}:*"):
        stored: Any = await redis.dump(key)
        assert ada.account.player_id.encode() not in stored
        assert b"Ada" not in stored


@given(_INK)
def test_thinned_ink_has_the_same_strokes_ends_and_times(drawn: ink.Ink) -> None:
    thin = thinned(drawn)
    assert len(thin.strokes) == len(drawn.strokes)
    assert thin.points <= min(drawn.points, MOST_POINTS + 2 * len(drawn.strokes))
    for before, after in zip(drawn.strokes, thin.strokes, strict=True):
        old, new = list(ink.points_of(before)), list(ink.points_of(after))
        assert new[0] == old[0]
        assert set(new[:1]) <= set(old)
        assert {point[:2] for point in new} <= {point[:2] for point in old}
        assert sum(dt for *_, dt in new) <= sum(dt for *_, dt in old)


def test_the_longest_drawing_is_kept_in_few_points_that_end_where_it_did() -> None:
    spiral = [((n * 611) % 65_536, (n * 127) % 65_536, 2) for n in range(MAX_POINTS)]
    thin = thinned(ink.Ink((ink.stroke_of(spiral),)))
    points = list(ink.points_of(thin.strokes[0]))
    assert len(points) <= MOST_POINTS + 2
    assert points[-1][:2] == spiral[-1][:2]
    assert sum(dt for *_, dt in points) == 2 * MAX_POINTS


def test_ink_that_is_coarse_already_stays_as_it_is() -> None:
    drawn = ink.Ink((ink.stroke_of((x, y, 16) for x, y in LINE),))
    assert thinned(drawn) == drawn
    assert thinned(ink.BLANK) == ink.BLANK


@pytest.mark.asyncio
async def test_one_address_asks_for_replays_only_so_often(house: House) -> None:
    house.app.state.replay_looks = SharedBuckets(house.desk.redis, "look", 0.001, 1)
    assert (await house.http.get("/api/replays/nothing")).status_code == 404
    answer = await house.http.get("/api/replays/nothing")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")


@pytest.mark.asyncio
async def test_a_category_shows_how_people_drew_it_while_the_game_can_be_watched(
    house: House, worker: HandWorker, redis: Redis
) -> None:
    game, ada = await played(house, worker, public=True)
    name = prompt_of(ada)
    path = f"/api/categories/{name}"

    async def listed() -> Any:
        found = (await house.http.get(f"{path}/drawings")).json()
        return found if found["drawings"] else None

    found = await soon(listed)
    assert found["name"] == name
    (drawing,) = found["drawings"]
    assert (drawing["game"], drawing["round"], drawing["seat"]) == (game, 1, 0)
    assert drawing["ink"] == [[[x for x, _ in LINE], [y for _, y in LINE], [16, 16, 16]]]
    (fastest,) = (await house.http.get(path)).json()["in_play"]["fastest"]
    assert (fastest["ms"], fastest["game"], fastest["watchable"]) == (drawing["ms"], game, True)
    for key in await redis.keys("inkling:{replays}:*"):
        await redis.delete(key)
    assert (await house.http.get(f"{path}/drawings")).json()["drawings"] == []
    (fastest,) = (await house.http.get(path)).json()["in_play"]["fastest"]
    assert (fastest["game"], fastest["watchable"]) == (game, False)
    unknown = await house.http.get("/api/categories/unicorn/drawings")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


@pytest.mark.asyncio
async def test_games_and_personal_records_say_whether_they_can_still_be_watched(
    house: House, worker: HandWorker, redis: Redis
) -> None:
    game, ada = await played(house, worker, public=True)
    await counted(house, ada)
    assert ada.account is not None
    profile = f"/api/players/{ada.account.player_id}"

    async def said() -> set[tuple[str, bool]]:
        (figures,) = (await house.http.get(profile)).json()["modes"]
        records = [figures[by] for by in ("best", "fastest", "streak")]
        (recent,) = (await house.http.get("/api/games")).json()["games"]
        summary = (await house.http.get(f"/api/games/{game}")).json()["summary"]
        return {(each["game"], each["watchable"]) for each in (*records, recent, summary)}

    assert await said() == {(game, True)}
    await gone(redis)
    assert await said() == {(game, False)}


@pytest.mark.asyncio
async def test_a_private_game_shows_nobody_how_its_people_draw(
    house: House, worker: HandWorker, redis: Redis
) -> None:
    _, ada = await played(house, worker)
    assert await soon(lambda: redis.exists("inkling:{board}:race:all:points"))
    found = (await house.http.get(f"/api/categories/{prompt_of(ada)}/drawings")).json()
    assert found == {"name": prompt_of(ada), "drawings": []}


# --- records -------------------------------------------------------------------------------------


async def swept(house: House, redis: Redis) -> set[Title]:
    """The records whose drawings are kept once somebody has been to every category."""
    replays: Replays = house.app.state.replays
    records = Records(redis, Players(redis), replays)
    for _ in range(14):
        await records.sweep()
    return await replays.titles()


async def counted(house: House, ada: Player) -> tuple[str, dict[str, Any]]:
    """The way to the category that was drawn and its fastest match, once that is counted."""
    path = f"/api/categories/{prompt_of(ada)}"

    async def fastest() -> Any:
        return (await house.http.get(path)).json()["in_play"]["fastest"]

    return path, (await soon(fastest))[0]


async def gone(redis: Redis) -> None:
    """All games are too long ago."""
    for key in await redis.keys("inkling:{replays}:game*"):
        await redis.delete(key)


@pytest.mark.asyncio
async def test_a_record_can_be_watched_until_somebody_is_faster(
    house: House, worker: HandWorker, redis: Redis
) -> None:
    game, ada = await played(house, worker, public=True)
    path, fastest = await counted(house, ada)
    whole = await watched(house, game)
    assert ada.account is not None
    title = Title(game, INDEX[prompt_of(ada)], ada.account.player_id)
    assert await swept(house, redis) == {title}
    await gone(redis)
    assert await swept(house, redis) == {title}
    left = (await house.http.get(f"/api/replays/{game}")).json()
    assert left["rounds"] == whole["rounds"]
    assert left["rounds"][0]["drawings"][0]["name"] == "Ada"
    assert left["standings"] == []
    assert (await house.http.get(path)).json()["in_play"]["fastest"] == [fastest]
    assert fastest["watchable"]

    faster = result("eve", 900, [1], prompt=title.category)
    await house.app.state.desk.leaderboard.record(award("quick-1", faster, public=True))
    assert await swept(house, redis) == set()
    assert (await house.http.get(f"/api/replays/{game}")).status_code == 404
    found = (await house.http.get(path)).json()["in_play"]["fastest"]
    assert [each["watchable"] for each in found] == [False, False]


@pytest.mark.asyncio
async def test_of_a_game_that_is_gone_its_records_are_left_and_nothing_else(
    house: House, worker: HandWorker, redis: Redis
) -> None:
    ada, bob = await house.round("Ada", "Bob", rounds=1, public=True)
    await matched(ada, worker)
    await bob.draw_strokes([LINE])
    await bob.stored()
    while bob.count("match") < 2:
        (entry,) = await worker.take()
        await worker.answer(entry, prompt_of(bob))
        await bob.hears("guess")
    await ada.phase("reveal")
    for player in (ada, bob):
        await player.say("ready")
    await counted(house, ada)
    _, fastest = await counted(house, bob)
    assert len(await swept(house, redis)) == 2
    await gone(redis)

    async def left() -> list[str]:
        (laid_open,) = (await house.http.get(f"/api/replays/{fastest['game']}")).json()["rounds"]
        return sorted(drawing["name"] for drawing in laid_open["drawings"])

    assert await left() == ["Ada", "Bob"]
    faster = result("eve", 900, [1], prompt=INDEX[prompt_of(bob)])
    await house.app.state.desk.leaderboard.record(award("quick-1", faster, public=True))
    await swept(house, redis)
    assert await left() == ["Ada"]


@pytest.mark.asyncio
async def test_a_record_of_a_private_game_is_not_kept(
    house: House, worker: HandWorker, redis: Redis
) -> None:
    _, ada = await played(house, worker)
    await counted(house, ada)
    assert await swept(house, redis) == set()


@pytest.mark.asyncio
async def test_where_replays_are_not_wanted_any_more_records_go_as_well(
    house: House, worker: HandWorker, redis: Redis
) -> None:
    _, ada = await played(house, worker, public=True)
    await counted(house, ada)
    assert len(await swept(house, redis)) == 1
    house.app.state.replays = Replays(redis, most=0, days=7)
    assert await swept(house, redis) == set()


@pytest.mark.asyncio
@pytest.mark.parametrize("moment", ["before", "within"])
async def test_who_is_erased_takes_the_drawing_of_a_record_along(
    house: House,
    worker: HandWorker,
    redis: Redis,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    _, ada = await played(house, worker, public=True)
    await counted(house, ada)
    assert ada.account is not None
    player, headers = ada.account.player_id, {"Authorization": f"Bearer {ada.account.token}"}

    async def erased() -> None:
        assert (await house.http.delete("/api/players/me", headers=headers)).status_code == 204

    replays: Replays = house.app.state.replays
    keep_title = replays.keep_title

    async def kept_late(title: Title) -> bool:
        """The drawing was read before, and is written after everything was gone through."""
        stored = await redis.hgetall(f"inkling:{{replays}}:game:{title.game}")  # type: ignore[misc]
        await erased()
        await redis.hset(f"inkling:{{replays}}:game:{title.game}", mapping=stored)  # type: ignore[misc]
        return await keep_title(title)

    if moment == "before":
        assert len(await swept(house, redis)) == 1
        await erased()
    else:
        monkeypatch.setattr(replays, "keep_title", kept_late)
    assert await swept(house, redis) == set()
    for key in await redis.keys("inkling:{replays}:titles*"):
        assert player.encode() not in (await redis.dump(key) or b"")
