"""What is asked of a room, and when it is taken."""

from __future__ import annotations

import asyncio
import time

import pytest

from game import commands as c
from game.ink import Pen
from game.protocol import INBOX_COMMANDS, Code, Refused
from server.inbox import Inbox
from server.turn import Ask

pytestmark = pytest.mark.asyncio

INK = Ask(c.AddInk(0, 1, Pen.STARTS, b"", 0))
CHAT = Ask(c.Say(0, "hello"))
LONG_MS = 60_000


async def test_nothing_asked_is_waited_for_no_longer_than_it_may() -> None:
    inbox = Inbox()
    assert not await inbox.wait(1)
    assert not await inbox.wait(0)
    assert not await inbox.wait(1), "the end of one wait is not an ask in the next"
    assert inbox.take() == []


async def test_whoever_waits_is_woken_by_an_ask_and_takes_all_in_order() -> None:
    inbox = Inbox()
    waiting = asyncio.create_task(inbox.wait(LONG_MS))
    await asyncio.sleep(0)
    inbox.put(INK)
    inbox.put(CHAT)
    assert await waiting
    assert len(inbox) == 2
    assert inbox.take() == [INK, CHAT]
    assert len(inbox) == 0
    assert not await inbox.wait(0)


async def test_ink_waits_for_company_and_anything_else_ends_the_wait() -> None:
    inbox = Inbox()
    inbox.put(INK)
    started = time.monotonic()
    await inbox.gather(30)
    assert time.monotonic() - started > 0.02
    assert inbox.take() == [INK]
    gathering = asyncio.create_task(inbox.gather(LONG_MS))
    await asyncio.sleep(0)
    inbox.put(INK)
    await asyncio.sleep(0.01)
    assert not gathering.done()
    inbox.put(CHAT)
    await asyncio.wait_for(gathering, 1)
    await inbox.gather(LONG_MS)
    assert inbox.take() == [INK, CHAT]
    await inbox.gather(-5)


async def test_a_full_inbox_takes_nothing_but_the_news_that_somebody_is_gone() -> None:
    inbox = Inbox()
    for _ in range(INBOX_COMMANDS):
        inbox.put(INK)
    with pytest.raises(Refused) as refused:
        inbox.put(CHAT)
    assert refused.value.code is Code.BUSY
    inbox.put(Ask(c.Drop(0)))
    assert len(inbox) == INBOX_COMMANDS + 1
