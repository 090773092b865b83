"""The script that opens the page without a network."""

from __future__ import annotations

import pytest

from tests.support.house import House


@pytest.mark.asyncio
async def test_it_is_served_where_it_rules_over_the_whole_page(house: House) -> None:
    answer = await house.http.get("/offline.js")
    assert answer.status_code == 200
    assert "javascript" in answer.headers["content-type"]
    assert answer.headers["cache-control"] == "no-cache"
