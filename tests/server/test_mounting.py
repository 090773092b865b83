"""A game below a path of a site answers there, however the proxy before it passes paths on."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.support.house import House, open_house
from tests.support.player import chats

pytestmark = pytest.mark.asyncio
EVERYWHERE = ("/", "/r/BCDFG", "/sketch", "/boards", "/replay/nope")


@pytest_asyncio.fixture
async def mounted(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A server whose players know it as ``…/inkling/``."""
    async with open_house(
        redis_url, monkeypatch, public_url="https://ink.example/inkling/"
    ) as house:
        yield house


@pytest.mark.parametrize("before", ["/inkling", ""], ids=["passed on", "taken off"])
async def test_the_page_and_the_api_answer_whether_the_path_is_passed_on_or_taken_off(
    mounted: House, before: str
) -> None:
    ask = mounted.http
    pages = {(await ask.get(before + path)).text for path in EVERYWHERE}
    assert len(pages) == 1
    loaded = re.findall(r'(?:href|src)="([^"]+)"', pages.pop())
    assert len(loaded) > 10
    for address in loaded:
        assert address.startswith("/inkling/static/")
        assert (await ask.get(address)).status_code == 200
    for path in ("/offline.js", "/api/categories", "/healthz"):
        assert (await ask.get(before + path)).status_code == 200
    assert (await ask.get(before + "/docs")).text.count("'/inkling/openapi.json'") == 1


async def test_a_socket_a_large_drawing_and_a_redirect_find_their_way(mounted: House) -> None:
    (ada,) = await mounted.table("Ada")
    url = f"ws{mounted.address.removeprefix('http')}/inkling/api/rooms/{ada.code}/ws"
    bob = await ada.dial(url, await mounted.account("Bob"))
    bob.code = ada.code
    await bob.hello()
    await chats(bob, ada)
    await bob.hang_up()
    drawing = {"strokes": [[list(range(4000)), [1] * 4000]], "canvas": 5000}
    answer = await mounted.http.post("/inkling/api/predict", json=drawing)
    assert answer.status_code == 503, "it was read; there is nobody to judge it"
    moved = await mounted.http.get("/inkling")
    assert (moved.status_code, httpx.URL(moved.headers["location"]).path) == (307, "/inkling/")


async def test_a_neighbour_with_a_longer_name_is_somebody_else(mounted: House) -> None:
    assert (await mounted.http.get("/inklings/")).status_code == 404


async def test_documentation_below_the_path_is_not_blanked_by_the_policy(mounted: House) -> None:
    for path in ("/docs", "/inkling/docs"):
        policy = (await mounted.http.get(path)).headers["content-security-policy"]
        assert "src" not in policy
