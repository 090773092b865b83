"""The game behind the nginx of the compose files, below a path of a site, at two servers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect
from websockets.exceptions import InvalidStatus

from tests.support.browser import await_phase, chromium, complaints, open_page
from tests.support.fleet import Fleet, Front, fleet, front
from tests.support.match import (
    SURE,
    begin,
    create_room,
    draw_prompt,
    press_ready,
    score,
    until,
)
from tests.support.player import Account, Player, chats
from tests.support.stubborn_bot import Ledger, StubbornBot
from tests.support.waiting import soon

BELOW: Final = "/inkling"
GUESTS: Final = 6
DIALS: Final = 8  # of all guests; chance sends each to either server
BOTS: Final = 3
PATIENCE_S: Final = 60.0  # for a busy machine
BANNED: Final = "203.0.113.9"
FOREIGN: Final = "https://evil.example"
_SCOPE: Final = "navigator.serviceWorker.ready.then((found) => new URL(found.scope).pathname)"
_KEPT: Final = """async () => (await Promise.all((await caches.keys()).map(async (name) =>
    (await (await caches.open(name)).keys()).map((kept) => new URL(kept.url).pathname)))).flat()"""


@pytest.fixture(scope="module")
def servers(valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Two servers that are known as https://ink.example/inkling."""
    folder = tmp_path_factory.mktemp("fleet")
    with fleet(f"{valkey_url}?db=2", folder, PUBLIC_URL=f"https://ink.example{BELOW}") as running:
        yield running


@pytest.fixture(scope="module")
def anywhere(servers: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """A proxy that sends a socket to whichever server."""
    folder = tmp_path_factory.mktemp("front") / "anywhere"
    with front(folder, servers, HASH_BY_ROOM="off") as running:
        yield running


@pytest.fixture(scope="module")
def hashed(servers: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """A proxy that sends a room to one server, behind another that it does not know."""
    folder = tmp_path_factory.mktemp("front") / "hashed"
    with front(folder, servers, FRONT_PROXY="192.0.2.0/24") as running:
        yield running


@pytest.fixture(scope="module")
def tls(servers: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """A proxy that ends TLS."""
    folder = tmp_path_factory.mktemp("front") / "tls"
    with front(folder, servers, "tls", HASH_BY_ROOM="off") as running:
        yield running


async def account(http: httpx.AsyncClient, name: str) -> Account:
    made = (await http.post("api/players", json={"name": name})).raise_for_status().json()
    return Account(made["player_id"], made["token"], made["name"])


async def room(http: httpx.AsyncClient, host: Account, **settings: object) -> str:
    bearer = {"Authorization": f"Bearer {host.token}"}
    answer = await http.post("api/rooms", json={"settings": settings}, headers=bearer)
    code: str = answer.raise_for_status().json()["code"]
    return code


def test_a_race_is_played_to_the_podium_and_everything_lies_below_the_path(
    anywhere: Front,
) -> None:
    with chromium() as browser:
        host, guest = open_page(browser), open_page(browser, phone=True)
        asked: list[str] = []
        for page in (host, guest):
            page.on("request", lambda request: asked.append(request.url))
            page.on("websocket", lambda socket: asked.append(socket.url))
        url = anywhere.http + BELOW
        begin(host, guest, url, ("Hedy", "Radia"), rounds=1, seconds=40, deck=SURE)
        draw_prompt(host)
        until(guest, lambda: score(guest, 0) >= 100)
        draw_prompt(guest, touch=True)
        for page in (host, guest):
            await_phase(page, "reveal", within_s=75)
            press_ready(page)
        for page in (host, guest):
            await_phase(page, "game_over")
            expect(page.get_by_test_id("podium")).to_contain_text("Hedy")
        _a_stranger_follows_the_replay_link(host, url)
        _links_lie_below(host, url)
        assert host.evaluate(_SCOPE) == f"{BELOW}/"
        until(host, lambda: f"{BELOW}/static/src/main.js" in host.evaluate(_KEPT))
        paths = {urlsplit(each).path for each in asked if not each.startswith(("data:", "blob:"))}
        assert len(paths) > 50
        assert {path for path in paths if not f"{path}/".startswith(f"{BELOW}/")} == set()
        assert complaints(host) == complaints(guest) == []


def _a_stranger_follows_the_replay_link(host: Page, url: str) -> None:
    host.evaluate("navigator.share = undefined")
    host.context.grant_permissions(["clipboard-read", "clipboard-write"])
    host.get_by_test_id("share-replay").click()
    expect(host.get_by_text("Link copied!")).to_be_visible()
    link: str = host.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{url}/replay/")
    stranger = host.context.new_page()
    stranger.goto(link)
    await_phase(stranger, "replay")
    expect(stranger.get_by_test_id("podium")).to_contain_text("Hedy")
    stranger.close()


def _links_lie_below(page: Page, url: str) -> None:
    code = create_room(page, f"{url}/", "Hedy")
    assert page.url == f"{url}/r/{code}"
    picture = page.get_by_test_id("qr").locator("img")
    until(page, lambda: picture.evaluate("one => one.naturalWidth") > 0)
    manifest = page.evaluate("document.querySelector('link[rel=manifest]').href")
    told = page.evaluate("(address) => fetch(address).then((one) => one.json())", manifest)
    start = page.evaluate("(parts) => new URL(...parts).href", [told["start_url"], manifest])
    assert start == f"{url}/"
    page.reload()
    await_phase(page, "lobby")
    page.goto(f"{url}/boards")
    await_phase(page, "boards")
    page.goto(url)  # without the last slash
    await_phase(page, "home")
    assert page.url == f"{url}/"


def test_a_room_is_at_one_server_if_hashed_and_at_both_if_not(
    servers: Fleet, hashed: Front, anywhere: Front
) -> None:
    async def play() -> None:
        async with httpx.AsyncClient(base_url=f"{hashed.http}{BELOW}/") as http:
            guests = [await account(http, f"guest {n}") for n in range(GUESTS)]
            code = await room(http, guests[0], players=GUESTS)
            players = [await seat(hashed.http, code, each) for each in guests]
            at_one = await soon(lambda: told(GUESTS))
            assert sorted(at_one) == [0, GUESTS]
            for _ in range(DIALS):  # until chance sends some to either server
                players = [await seat(anywhere.http, code, each) for each in guests]
                if 0 not in await soon(lambda: told(GUESTS)):
                    break
            assert 0 not in servers.sockets()
            await chats(players[0], *players[1:])
            await chats(players[-1], *players[:-1], text="forwarded")
            for player in players:
                await player.hang_up()

    async def seat(address: str, code: str, who: Account) -> Player:
        url = f"ws{address.removeprefix('http')}{BELOW}/api/rooms/{code}/ws"
        player = await Player.dial(url, who)
        await player.hello()
        return player

    async def told(count: int) -> list[int]:
        found = await asyncio.to_thread(servers.sockets)
        return found if sum(found) == count else []

    asyncio.run(play())


def test_tls_ends_at_nginx_and_only_pages_of_the_site_may_open_sockets(tls: Front) -> None:
    async def play() -> None:
        assert tls.trust is not None
        async with httpx.AsyncClient(base_url=f"{tls.https}{BELOW}/", verify=tls.trust) as http:
            home = await http.get("")
            assert home.headers["strict-transport-security"] == "max-age=31536000"
            ada = await account(http, "Ada")
            code = await room(http, ada)
            refused = await http.post("api/players", json={}, headers={"Origin": FOREIGN})
            assert refused.status_code == 403
        url = f"wss{tls.https.removeprefix('https')}{BELOW}/api/rooms/{code}/ws"
        for origin in (tls.https, "https://ink.example"):
            player = await Player.dial(url, ada, ssl=tls.trust, origin=origin)
            await player.hello()
            await player.hang_up()
        with pytest.raises(InvalidStatus):
            await Player.dial(url, ada, ssl=tls.trust, origin=FOREIGN)
        async with httpx.AsyncClient(base_url=tls.http) as plain:
            moved = await plain.get(f"{BELOW}/r/{code}")
            assert (moved.status_code, moved.headers["location"]) == (
                301,
                f"https://127.0.0.1{BELOW}/r/{code}",
            )

    asyncio.run(play())
    with chromium() as browser:
        page = browser.new_context(ignore_https_errors=True).new_page()
        opened: list[str] = []
        page.on("websocket", lambda socket: opened.append(socket.url))
        code = create_room(page, tls.https + BELOW, "Ada")
        assert opened == [f"wss{tls.https.removeprefix('https')}{BELOW}/api/rooms/{code}/ws"]


def test_only_a_proxy_that_is_known_says_who_asks_it_and_how(
    servers: Fleet, anywhere: Front, hashed: Front
) -> None:
    """A redirect shows which scheme the server believes in, a ban which address."""
    servers.admin("ban", "address", BANNED)
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-For": BANNED}
    for proxy, scheme, status in ((anywhere, "https", 403), (hashed, "http", 201)):
        moved = httpx.get(f"{proxy.http}{BELOW}/boards/", headers=said)
        assert moved.headers["location"].partition("://")[0] == scheme
        made = httpx.post(f"{proxy.http}{BELOW}/api/players", json={}, headers=said)
        assert made.status_code == status


def test_a_rolling_restart_loses_no_round_and_refuses_no_room(
    servers: Fleet, anywhere: Front
) -> None:
    """Each server is drained, stopped and started again in the midst of one round.

    Two of three have matched before and must have their points after; the third draws then.
    """

    async def play() -> None:
        dice = random.Random(5)
        async with httpx.AsyncClient(base_url=f"{anywhere.http}{BELOW}/", timeout=30) as http:
            tokens = [await account(http, f"bot {n}") for n in range(BOTS)]
            deck = {"custom": SURE, "guess_among": "deck"}
            code = await room(http, tokens[0], rounds=1, seconds=120, confidence=0, **deck)
            ledger = Ledger(code, BOTS)
            server = f"ws{anywhere.http.removeprefix('http')}{BELOW}"
            bots = [StubbornBot(each.token, ledger, [server], dice) for each in tokens]
            bots[-1].holds_back = True
            playing = [asyncio.create_task(bot.run()) for bot in bots]

            async def matched() -> bool:
                return len(ledger.matches) == BOTS - 1

            async def everybody() -> bool:
                return all(bot.seated for bot in bots)

            async def over() -> bool:
                return bool(ledger.games)

            assert await soon(matched, PATIENCE_S)
            for number in range(2):
                await asyncio.to_thread(servers.drain, number)
                for _ in range(6):
                    await room(http, tokens[0])
                await asyncio.to_thread(servers.stop, number)
                assert await soon(everybody, PATIENCE_S)
                state = (await http.get(f"api/rooms/{code}")).json()
                assert state["phase"] == "drawing", "the round goes on"
                await asyncio.to_thread(servers.start, number)
            bots[-1].holds_back = False
            assert await soon(over, PATIENCE_S)
            for bot, task in zip(bots, playing, strict=True):
                task.cancel()
                bot.leave()
            await asyncio.gather(*playing, return_exceptions=True)
            ledger.settle()
            assert (dict(ledger.losses), ledger.notes) == ({}, [])
            ((_, scores),) = ledger.games.values()
            assert all(scores[seat] > 0 for seat in range(BOTS))
            assert sum(len(bot.back_s) for bot in bots) >= BOTS, "they were at both servers"

    asyncio.run(play())
