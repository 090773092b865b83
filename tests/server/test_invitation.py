"""The picture that a phone's camera reads."""

from __future__ import annotations

import httpx
import pytest

from tests.support.house import House

pytestmark = pytest.mark.asyncio


async def _picture(house: House, code: str, link: str) -> httpx.Response:
    return await house.http.get(f"/api/rooms/{code}/qr.svg", params={"link": link})


async def test_the_invitation_of_a_room_is_an_svg_that_browsers_may_keep(house: House) -> None:
    link = f"{house.address}/r/K7PXM"
    answer = await _picture(house, "K7PXM", link)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "max-age" in answer.headers["cache-control"]
    assert "<svg" in answer.text
    assert "style=" not in answer.text, "the content security policy would not have it"
    other = await _picture(house, "K7PXN", f"{house.address}/r/K7PXN")
    assert other.text != answer.text


async def test_a_proxy_may_speak_tls_and_hide_a_sub_path(house: House) -> None:
    host = house.address.removeprefix("http://")
    answer = await _picture(house, "k7pxm", f"https://{host}/games/inkling/r/K7PXM")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "link",
    [
        "http://elsewhere.example/r/K7PXM",
        "javascript:alert(1)/r/K7PXM",
        "{here}/r/K7PXN",
        "{here}/r/K7PXM?next=x",
        "{here}/r/K7PXM#x",
        "http://[/r/K7PXM",
        "",
    ],
)
async def test_no_picture_is_made_of_any_other_link(house: House, link: str) -> None:
    answer = await _picture(house, "K7PXM", link.format(here=house.address))
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


async def test_a_code_that_can_be_no_room_has_no_picture(house: House) -> None:
    answer = await _picture(house, "AEIOU", f"{house.address}/r/AEIOU")
    assert answer.status_code == 404
