"""The boards over REST: what is asked, what is answered, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter
from redis.asyncio import Redis

from game.categories import CATEGORIES
from server.archive import Podium, Standing
from server.awards import Award
from server.clock import now_ms
from server.periods import DAY_MS, Period, span_of
from server.store import verdicts_key
from tests.server.test_durability import play_to_the_end, soon
from tests.support.awards import award, result
from tests.support.house import HandWorker, House

pytestmark = pytest.mark.asyncio


async def count(house: House, *awards: Award) -> None:
    for each in awards:
        assert await house.desk.leaderboard.record(each)


async def ask(house: House, path: str, **query: Any) -> Any:
    return (await house.http.get(f"/api/{path}", params=query)).raise_for_status().json()


async def test_the_leaderboard_alone_says_whose_points_are_the_most(house: House) -> None:
    empty = await ask(house, "leaderboard")
    assert (empty["rows"], empty["players"], empty["next"]) == ([], 0, None)
    ada = await house.account("Ada")
    await count(house, award("1", result(ada.player_id, 900, [800, None]), at_ms=now_ms()))
    board = await ask(house, "leaderboard")
    assert {key: value for key, value in board.items() if key != "rows"} == {
        "mode": "race",
        "by": "points",
        "period": "all",
        "span": "all",
        "time_zone": "UTC",
        "starts_ms": None,
        "ends_ms": None,
        "players": 1,
        "next": None,
    }
    assert board["rows"] == [
        {
            "rank": 1,
            "player_id": ada.player_id,
            "name": "Ada",
            "value": 900,
            "points": 900,
            "games": 1,
            "matches": 1,
            "best": 900,
            "fastest_ms": 800,
            "streak": 1,
        }
    ]


async def test_boards_are_chosen_by_mode_period_day_and_figure(house: House) -> None:
    now = now_ms()
    await count(
        house,
        award("1", result("a", 10, [3000, 3000]), result("b", 20, [900]), at_ms=now),
        award("2", result("c", 30, [5000]), at_ms=now - 7 * DAY_MS),
        award("3", result("d", 40), at_ms=now, mode="pictionary"),
    )

    async def players(**query: Any) -> list[str]:
        return [row["player_id"] for row in (await ask(house, "leaderboard", **query))["rows"]]

    assert await players() == ["c", "b", "a"]
    assert await players(mode="pictionary") == ["d"]
    assert await players(by="fastest") == ["b", "a", "c"]
    assert await players(by="streak") == ["a", "c", "b"]
    assert await players(period="day") == ["b", "a"]
    week_ago = span_of(Period.DAY, now - 7 * DAY_MS).label
    assert await players(period="day", on=week_ago) == ["c"]
    assert await players(period="week", on=week_ago) == ["c"]
    day = await ask(house, "leaderboard", period="day", on=week_ago)
    assert (day["span"], day["ends_ms"] - day["starts_ms"]) == (week_ago, DAY_MS)


async def test_pages_follow_each_other_and_one_may_look_around(house: House) -> None:
    await count(house, *(award(f"{n}", result(f"p{n}", 90 - n)) for n in range(5)))
    first = await ask(house, "leaderboard", limit=2)
    second = await ask(house, "leaderboard", limit=2, cursor=first["next"])
    third = await ask(house, "leaderboard", limit=2, cursor=second["next"])
    ranks = [[row["rank"] for row in page["rows"]] for page in (first, second, third)]
    assert ranks == [[1, 2], [3, 4], [5]]
    assert third["next"] is None
    around = await ask(house, "leaderboard/around/p3", limit=3)
    assert [row["player_id"] for row in around["rows"]] == ["p2", "p3", "p4"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("leaderboard?limit=0", 422, "malformed"),
        ("leaderboard?limit=101", 422, "malformed"),
        ("leaderboard?limit=all", 422, "malformed"),
        (f"leaderboard?limit={10**30}", 422, "malformed"),
        ("leaderboard?period=year", 422, "malformed"),
        ("leaderboard?mode=chess", 422, "malformed"),
        ("leaderboard?by=name", 422, "malformed"),
        ("leaderboard?on=yesterday", 422, "malformed"),
        ("leaderboard?on=2026-02-30", 422, "malformed"),
        ("leaderboard?on=0", 422, "malformed"),
        ("leaderboard?cursor=top", 422, "malformed"),
        ("leaderboard?cursor=" + "1" * 200, 422, "malformed"),
        ("leaderboard/around/nobody", 404, "not_found"),
        ("players/nobody", 404, "not_found"),
        ("players/" + "x" * 200, 422, "malformed"),
        ("categories/unicorn", 404, "not_found"),
        ("games/BCDFG-0123456789abcdef-1", 404, "not_found"),
        ("games?limit=51", 422, "malformed"),
        ("games?cursor=x", 422, "malformed"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_a_reason(
    house: House, path: str, status: int, code: str
) -> None:
    answer = await house.http.get(f"/api/{path}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"].endswith(".")


async def test_every_day_there_is_has_a_board(house: House) -> None:
    for day in ("0001-01-01", "1970-01-01", "9999-12-31"):
        for period in Period:
            board = await ask(house, "leaderboard", on=day, period=period)
            assert (board["rows"], board["players"]) == ([], 0)


@pytest.mark.parametrize(
    "path",
    [
        *("leaderboard", "leaderboard/around/p1", "players/{ada}", "categories/cat", "games"),
        *("categories", "model", "protocol"),
    ],
)
async def test_nothing_is_sent_twice_to_who_has_it(house: House, path: str) -> None:
    ada = await house.account("Ada")
    path = f"/api/{path}".replace("{ada}", ada.player_id)
    await count(house, award("1", result("p1", 5, prompt=CATEGORIES.index("cat"))))
    first = await house.http.get(path)
    tag = first.headers["etag"]
    for held in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        again = await house.http.get(path, headers={"If-None-Match": held})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = await house.http.get(path, headers={"If-None-Match": 'W/"other"'})
    assert (other.status_code, other.json()) == (200, first.json())


async def test_a_new_game_makes_a_new_tag(house: House) -> None:
    before = (await house.http.get("/api/leaderboard")).headers["etag"]
    await count(house, award("1", result("p1", 5)))
    answer = await house.http.get("/api/leaderboard", headers={"If-None-Match": before})
    assert answer.status_code == 200
    assert answer.headers["etag"] != before


async def test_a_game_that_was_played_is_on_every_page(
    house: House, worker: HandWorker, redis: Redis
) -> None:
    ada, _ = await play_to_the_end(house, worker)
    assert ada.account is not None
    over = next(said for said in ada.heard if said["type"] == "game_over")
    assert await soon(lambda: redis.exists("inkling:{board}:recent"))
    (listed,) = (await ask(house, "games"))["games"]
    judged = await ask(house, f"games/{over['game']}")
    assert judged["summary"] == listed
    assert (listed["game"], listed["mode"], listed["public"]) == (over["game"], "race", True)
    assert [(each["name"], each["points"]) for each in listed["standings"]] == [
        (each["name"], each["score"]) for each in over["standings"]
    ]
    assert [verdict["model"] for verdict in judged["verdicts"]] == ["by hand"] * 2
    (drawing,) = listed["standings"][0]["drawings"]
    assert drawing["points"] == listed["standings"][0]["points"]
    profile = await ask(house, f"players/{ada.account.player_id}")
    assert profile["games"][0]["game"] == over["game"]
    category = await ask(house, f"categories/{drawing['category']}")
    assert category["in_play"]["matched"] >= 1
    assert category["in_play"]["fastest"][0]["game"] == over["game"]


async def test_a_private_game_is_not_listed_and_can_be_looked_at_by_its_id(
    house: House, worker: HandWorker, redis: Redis
) -> None:
    ada, _ = await play_to_the_end(house, worker, public=False)
    over = next(said for said in ada.heard if said["type"] == "game_over")
    assert await soon(lambda: redis.exists("inkling:{board}:race:all:points"))
    assert (await ask(house, "games")) == {"games": [], "next": None}
    assert (await ask(house, f"games/{over['game']}"))["summary"]["public"] is False


async def test_the_list_of_games_ends_where_they_are_too_long_ago(
    house: House, redis: Redis
) -> None:
    podium = TypeAdapter(Podium).dump_json(Podium((Standing("a", 5, 1),), public=True))
    now = now_ms()
    for n in range(8):
        game = f"BCDFG-0123456789abcdef-{n}"
        await count(house, award(game, result("a", 5), at_ms=now - n, public=True))
        if n < 5:
            await redis.hset(verdicts_key(game), "end", podium)
    first = await ask(house, "games", limit=4)
    assert len(first["games"]) == 4
    second = await ask(house, "games", limit=2, cursor=first["next"])
    assert (len(second["games"]), second["next"]) == (1, None)
