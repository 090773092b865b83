"""The boards: what counts, how it ranks, what is kept and what is not."""

from __future__ import annotations

import asyncio
import json
import random
from collections import defaultdict
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from game.categories import CATEGORIES
from game.protocol import Refused
from server import board_keys as keys
from server.awards import Award
from server.board_keys import By
from server.counting import (
    CATEGORY_DRAWINGS,
    CATEGORY_FASTEST,
    PLAYER_GAMES,
    RECENT_GAMES,
    Terms,
)
from server.cursors import downward
from server.leaderboard import Leaderboard, Page, Row
from server.periods import DAY_MS, Period, span_of
from server.players import Players
from server.profiles import Profiles
from server.replays import Replays
from tests.support.awards import FOR_EVER, NOON_MS, award, result

pytestmark = pytest.mark.asyncio
ALL = span_of(Period.ALL, NOON_MS)


@pytest_asyncio.fixture
async def board(redis: Redis) -> Leaderboard:
    return Leaderboard(redis, Players(redis), FOR_EVER)


async def top(board: Leaderboard, by: By = By.POINTS, period: Period = Period.ALL) -> list[Row]:
    page = await board.page("race", span_of(period, NOON_MS), by, 100)
    return list(page.rows)


async def standing(board: Leaderboard, by: By = By.POINTS) -> list[tuple[int, str, int]]:
    return [(row.rank, row.player_id, row.value) for row in await top(board, by)]


# --- counting ------------------------------------------------------------------------------------


async def test_a_game_is_counted_once_however_often_and_by_whom_it_is_recorded(
    redis: Redis,
) -> None:
    players = Players(redis)
    boards = [Leaderboard(redis, players, FOR_EVER) for _ in range(5)]
    ada, _ = await players.create("Ada")
    bob, _ = await players.create("Bob")
    game = award("1", result(ada.player_id, 900, [900, 80]), result(bob.player_id, 300, [5000]))
    counted = await asyncio.gather(*(board.record(game) for board in boards))
    assert sorted(counted) == [False, False, False, False, True]
    assert await boards[0].record(award("2", result(ada.player_id, 100, [None])))
    rows = await top(boards[1])
    assert [
        (r.rank, r.name, r.points, r.games, r.matches, r.best, r.fastest_ms, r.streak) for r in rows
    ] == [
        (1, "Ada", 1000, 2, 2, 900, 80, 2),
        (2, "Bob", 300, 1, 1, 300, 5000, 1),
    ]


async def test_the_boards_are_the_sums_of_the_games(board: Leaderboard) -> None:
    """Random games of two modes on several days, in random order and some of them twice."""
    dice = random.Random(7)
    games = []
    for n in range(60):
        at_ms = NOON_MS - dice.randrange(20) * DAY_MS - dice.randrange(3_600_000)
        players = dice.sample("abcdefgh", dice.randint(1, 4))
        results = [
            result(
                player,
                dice.randrange(3000),
                [dice.choice((None, dice.randrange(20_000))) for _ in range(4)],
                prompt=dice.randrange(9),
            )
            for player in players
        ]
        mode = dice.choice(keys.MODES)
        games.append(award(str(n), *results, at_ms=at_ms, mode=mode))
    for game in dice.choices(games, k=40) + games:
        await board.record(game)
    for mode in keys.MODES:
        for period in Period:
            span = span_of(period, NOON_MS)
            assert await figures(board, mode, period) == expected(
                [g for g in games if g.mode == mode and span_of(period, g.ended_ms) == span]
            )


async def figures(board: Leaderboard, mode: str, period: Period) -> dict[str, tuple[Any, ...]]:
    rows = (await board.page(mode, span_of(period, NOON_MS), By.POINTS, 100)).rows
    return {r.player_id: (r.points, r.best, r.fastest_ms, r.games, r.matches) for r in rows}


def expected(games: list[Award]) -> dict[str, tuple[Any, ...]]:
    of: dict[str, list[Any]] = defaultdict(list)
    for game in games:
        for each in game.results:
            of[each.player_id].append(each)
    return {
        player: (
            sum(r.points for r in results),
            max(r.points for r in results),
            min((d.ms for r in results for d in r.drawn if d.ms is not None), default=None),
            len(results),
            sum(r.matches for r in results),
        )
        for player, results in of.items()
    }


async def test_a_streak_goes_on_from_game_to_game_until_a_miss(board: Leaderboard) -> None:
    await board.record(award("1", result("a", 1, [None, 1000, 1000])))
    assert (await top(board))[0].streak == 2
    await board.record(award("2", result("a", 1, [900, 900, None, 900])))
    assert (await top(board))[0].streak == 4
    await board.record(award("3", result("a", 1, [900, 900])))
    assert (await top(board))[0].streak == 4
    await board.record(award("4", result("a", 1, [900, 900])))
    assert (await top(board))[0].streak == 5
    assert (await top(board, By.STREAK, Period.DAY))[0].value == 5


async def test_the_modes_have_boards_of_their_own(board: Leaderboard) -> None:
    await board.record(award("1", result("a", 10)))
    await board.record(award("2", result("a", 70), mode="pictionary"))
    assert [row.points for row in await top(board)] == [10]
    page = await board.page("pictionary", ALL, By.POINTS, 10)
    assert [row.points for row in page.rows] == [70]


async def test_a_game_counts_where_it_ended(board: Leaderboard) -> None:
    yesterday = NOON_MS - DAY_MS
    await board.record(award("1", result("a", 10), at_ms=yesterday))
    await board.record(award("2", result("a", 1)))
    assert [row.points for row in await top(board, period=Period.DAY)] == [1]
    assert [row.points for row in await top(board, period=Period.WEEK)] == [11]
    page = await board.page("race", span_of(Period.DAY, yesterday), By.POINTS, 10)
    assert [row.points for row in page.rows] == [10]


# --- who counts ----------------------------------------------------------------------------------


async def test_private_games_count_unless_the_host_says_otherwise(redis: Redis) -> None:
    board = Leaderboard(redis, Players(redis), Terms(private_games=False))
    assert await board.record(award("1", result("a", 10, [900])))
    assert await board.record(award("2", result("a", 3), public=True))
    assert not await board.record(award("1", result("a", 10, [900])))
    assert await standing(board) == [(1, "a", 3)]
    assert (await Profiles(redis, Players(redis), Replays(redis, 0, 1)).category(0)).drawn == 0


async def test_a_flagged_result_stays_off_the_boards_and_the_others_count(redis: Redis) -> None:
    board = Leaderboard(redis, Players(redis), FOR_EVER)
    flagged = replace(result("a", 10), flagged=True)
    await board.record(award("1", flagged, result("b", 5)))
    assert await standing(board) == [(1, "b", 5)]
    lenient = Leaderboard(redis, Players(redis), Terms(flagged=True))
    await lenient.record(award("2", flagged))
    assert await standing(board) == [(1, "a", 10), (2, "b", 5)]


# --- ranks ---------------------------------------------------------------------------------------


async def test_of_equals_the_earlier_ranks_first_and_of_one_moment_they_share(
    board: Leaderboard,
) -> None:
    await board.record(award("1", result("late", 50), at_ms=NOON_MS))
    await board.record(award("2", result("early", 50), at_ms=NOON_MS - 3_600_000))
    await board.record(award("3", result("x", 20), result("y", 20), result("z", 10)))
    assert await standing(board) == [
        (1, "early", 50),
        (2, "late", 50),
        (3, "y", 20),
        (3, "x", 20),
        (5, "z", 10),
    ]


async def test_the_fastest_match_ranks_first(board: Leaderboard) -> None:
    await board.record(award("1", result("a", 1, [3000]), result("b", 1, [2500])))
    await board.record(award("2", result("c", 1, [None])))
    assert await standing(board, By.FASTEST) == [(1, "b", 2500), (2, "a", 3000)]


async def test_equalling_a_record_later_does_not_move_it(board: Leaderboard) -> None:
    await board.record(award("1", result("a", 70)))
    await board.record(award("2", result("b", 70), at_ms=NOON_MS + 60_000))
    await board.record(award("3", result("a", 70), at_ms=NOON_MS + 120_000))
    assert await standing(board, By.BEST) == [(1, "a", 70), (2, "b", 70)]


async def all_pages(board: Leaderboard, limit: int) -> list[Page]:
    pages = [await board.page("race", ALL, By.POINTS, limit)]
    while pages[-1].next:
        pages.append(await board.page("race", ALL, By.POINTS, limit, pages[-1].next))
    return pages


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 40])
async def test_pages_put_together_are_the_board(board: Leaderboard, limit: int) -> None:
    for n in range(3):  # three rooms of sixteen that end at one moment with few different scores
        results = [result(f"p{n}{seat:02d}", 100 * (seat % 3)) for seat in range(16)]
        await board.record(award(f"g{n}", *results))
    whole = (await board.page("race", ALL, By.POINTS, 100)).rows
    pages = await all_pages(board, limit)
    assert [row for page in pages for row in page.rows] == list(whole)
    assert all(len(page.rows) == limit for page in pages[:-1])
    assert {page.players for page in pages} == {48}
    assert pages[-1].next is None


async def test_a_page_goes_on_where_the_last_one_ended_whatever_has_moved(
    board: Leaderboard,
) -> None:
    for n in range(10):
        await board.record(award(f"g{n}", result(f"p{n}", 100 - n)))
    first = await board.page("race", ALL, By.POINTS, 4)
    await board.record(award("g10", result("p9", 500)))  # the last one overtakes all
    await board.record(award("g11", result("p3", 500)))  # and so does the one at the cursor
    second = await board.page("race", ALL, By.POINTS, 4, first.next)
    assert [row.player_id for row in second.rows] == ["p4", "p5", "p6", "p7"]
    assert [row.rank for row in second.rows] == [6, 7, 8, 9]


async def test_who_is_erased_while_a_page_is_read_moves_nobody_elses_rank(
    board: Leaderboard, redis: Redis
) -> None:
    for n in range(6):
        await board.record(award(f"g{n}", result(f"p{n}", 100 - n)))
    read = await downward(redis, keys.board("race", ALL, By.POINTS), 4, None)
    await Leaderboard(redis, Players(redis)).forget("p0", NOON_MS)  # of a few weeks, not of all
    rows = (await board._page("race", ALL, By.POINTS, read[:1] + read[2:], 4)).rows
    assert [row.rank for row in rows] == [1, 2, 3]
    assert [row.value for row in rows] == [100, 98, 97]


@pytest.mark.parametrize(
    "cursor", ["", "x", "1", "-1.a", "1e5.a", "1.a\n", "1." + "a" * 49, "(1.a"]
)
async def test_what_is_no_cursor_is_refused(board: Leaderboard, cursor: str) -> None:
    with pytest.raises(Refused, match="cursor"):
        await board.page("race", ALL, By.POINTS, 4, cursor)


async def test_around_me_has_me_in_it(board: Leaderboard) -> None:
    for n in range(20):
        await board.record(award(f"g{n}", result(f"p{n:02d}", 100 - n)))

    async def around(player: str) -> list[tuple[int, str]]:
        page = await board.around("race", ALL, By.POINTS, player, 5)
        assert page is not None
        return [(row.rank, row.player_id) for row in page.rows]

    assert await around("p10") == [(n + 1, f"p{n:02d}") for n in range(8, 13)]
    assert await around("p00") == [(n + 1, f"p{n:02d}") for n in range(5)]
    assert await around("p19") == [(n + 1, f"p{n:02d}") for n in range(17, 20)]
    assert await board.around("race", ALL, By.POINTS, "nobody", 5) is None


# --- bounds --------------------------------------------------------------------------------------


async def test_beyond_its_size_the_lowest_fall_off_a_board_and_keep_their_sum(redis: Redis) -> None:
    board = Leaderboard(redis, Players(redis), Terms(board_players=3))
    for n in range(6):
        await board.record(award(f"g{n}", result(f"p{n}", 10 + n, [900])))
    assert [row.player_id for row in await top(board)] == ["p5", "p4", "p3"]
    assert await redis.hlen(keys.tally("race", ALL)) == 3
    await board.record(award("g6", result("p0", 100)))
    assert (await top(board))[0].points == 110


async def test_spans_expire_after_their_end_and_players_after_their_last_game(
    redis: Redis,
) -> None:
    import time  # noqa: PLC0415 - what Redis goes by

    now_ms = round(time.time() * 1000)
    board = Leaderboard(redis, Players(redis), Terms(spans_kept_ms=DAY_MS, player_kept_ms=9_000))
    await board.record(award("1", result("a", 1, [900]), at_ms=now_ms))
    for period in Period:
        span = span_of(period, now_ms)
        for key in keys.boards("race", span):
            left_ms = await redis.pttl(key)
            if span.ends_ms is None:
                assert left_ms == -1
            else:
                assert abs(span.ends_ms + DAY_MS - now_ms - left_ms) < 60_000
    for key in keys.player("a"):
        assert 0 < await redis.pttl(key) <= 9_000


async def test_lists_and_sets_of_players_and_categories_are_bounded(redis: Redis) -> None:
    board = Leaderboard(redis, Players(redis), FOR_EVER)
    for n in range(CATEGORY_FASTEST + 9):
        game = award(f"g{n}", result(f"p{n}", 1, [900 + n]), public=True, at_ms=NOON_MS + n)
        await board.record(game)
    for n in range(PLAYER_GAMES + 3):
        await board.record(award(f"h{n}", result("p0", 1)))
    _, fastest, games, drawings = keys.category(0)
    assert await redis.zcard(fastest) == await redis.hlen(games) == CATEGORY_FASTEST
    assert await redis.llen(drawings) == CATEGORY_DRAWINGS
    assert await redis.llen(keys.player("p0")[2]) == PLAYER_GAMES
    await redis.zadd(keys.RECENT, {f"old{n}": n for n in range(RECENT_GAMES)})
    await board.record(award("last", result("p0", 1), public=True))
    assert await redis.zcard(keys.RECENT) == RECENT_GAMES


# --- players and categories ----------------------------------------------------------------------


async def test_a_profile_tells_games_records_and_categories(redis: Redis) -> None:
    players = Players(redis)
    board, profiles = (
        Leaderboard(redis, players, FOR_EVER),
        Profiles(redis, players, Replays(redis, 0, 1)),
    )
    ada, _ = await players.create("Ada")
    await board.record(
        award("1", result(ada.player_id, 900, [4000, None, 700]), result("b", 3, place=2)),
    )
    await board.record(
        award("2", result(ada.player_id, 100, [650, None]), public=True, at_ms=NOON_MS + 5),
    )
    await board.record(award("3", result(ada.player_id, 100, [700, None, None]), public=True))
    found = await profiles.player(ada.player_id)
    assert found is not None
    (race,) = found.modes
    assert (race.rank, race.games, race.wins) == (1, 3, 1)
    assert (race.drawn, race.matches, race.points) == (8, 4, 1100)
    assert race.best is not None
    assert (race.best.value, race.best.game) == (900, None)  # it was private
    assert race.fastest is not None
    assert (race.fastest.value, race.fastest.game, race.fastest.category) == (
        650,
        "2",
        CATEGORIES[0],
    )
    assert race.streak is not None
    assert race.streak.value == 2
    assert [(each.category, each.matched, each.drawn) for each in found.best_categories] == [
        (CATEGORIES[0], 3, 3)
    ]
    assert [each.category for each in found.worst_categories] == [CATEGORIES[1]]
    assert [(each.game, each.points, each.place, each.players) for each in found.games] == [
        ("3", 100, 1, 1),
        ("2", 100, 1, 1),
        (None, 900, 1, 2),
    ]
    assert (found.first_ms, found.last_ms) == (NOON_MS, NOON_MS)


async def test_who_has_not_played_has_an_empty_profile_and_nobody_has_none(redis: Redis) -> None:
    players = Players(redis)
    ada, _ = await players.create("Ada")
    found = await Profiles(redis, players, Replays(redis, 0, 1)).player(ada.player_id)
    assert found is not None
    assert (found.name, found.modes, found.games, found.first_ms) == ("Ada", (), (), None)
    assert await Profiles(redis, players, Replays(redis, 0, 1)).player("nobody") is None


async def test_a_category_tells_how_it_does_in_play(redis: Redis) -> None:
    players = Players(redis)
    board = Leaderboard(redis, players, FOR_EVER)
    await board.record(award("1", result("a", 1, [1000], seat=2), result("b", 1, [None])))
    await board.record(award("2", result("a", 1, [500]), result("c", 1, [30_000]), public=True))
    found = await Profiles(redis, players, Replays(redis, 0, 1)).category(0)
    assert (found.drawn, found.matched, found.mean_ms) == (4, 3, 10_500)
    assert [(each.player_id, each.ms, each.game) for each in found.fastest] == [
        ("a", 500, "2"),
        ("c", 30_000, "2"),
    ]
    assert [each.matches for each in found.times] == [2, *[0] * 9, 1]
    assert [(each.game, each.round, each.seat) for each in found.drawings] == [
        ("2", 1, 0),
        ("2", 1, 0),
    ]
    empty = await Profiles(redis, players, Replays(redis, 0, 1)).category(1)
    assert (empty.drawn, empty.matched, empty.mean_ms, empty.fastest) == (0, 0, None, ())


async def test_private_games_are_never_named(redis: Redis) -> None:
    """Their ids let anybody look at them who knows one."""
    board = Leaderboard(redis, Players(redis), FOR_EVER)
    await board.record(award("secret", result("a", 9, [500, 600])))
    for key in await redis.keys("*"):
        if key != keys.award("secret").encode():
            assert b"secret" not in await redis.dump(key), key
    line = json.loads((await redis.lrange(keys.player("a")[2], 0, -1))[0])
    assert line["game"] is None
