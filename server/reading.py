"""What a client's message asks of the room."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from game import commands as c
from game import protocol as p


def command_of(message: p.ClientMessage, seat: int, arrived_ms: int) -> c.Command:
    """What ``message`` asks on behalf of ``seat``. Raises ``Refused`` for what asks nothing."""
    try:
        command = _COMMANDS[type(message)]
    except KeyError:
        raise p.Refused(p.Code.HELLO_TWICE, "You have said hello already.") from None
    return command(message, seat, arrived_ms)


def _numbered(batch: int | None) -> int | None:
    if batch is not None and not 1 <= batch <= p.MAX_BATCH:
        raise p.Refused(p.Code.MALFORMED, f"“batch”: must be 1 to {p.MAX_BATCH}.")
    return batch


_COMMANDS: Final[Mapping[type[p.ClientMessage], Callable[[Any, int, int], c.Command]]] = {
    p.Start: lambda _, seat, __: c.StartGame(seat),
    p.ChangeSettings: lambda message, seat, _: c.ChangeSettings(seat, message.settings),
    p.Kick: lambda message, seat, _: c.Kick(seat, message.seat),
    p.Lock: lambda message, seat, _: c.Lock(seat, message.locked),
    p.HandOver: lambda message, seat, _: c.HandOver(seat, message.seat),
    p.ExtendTime: lambda message, seat, _: c.ExtendTime(seat, message.seat, message.factor),
    p.Chat: lambda message, seat, _: c.Say(seat, message.text),
    p.GuessWord: lambda message, seat, at_ms: c.GuessWord(
        seat, message.text, message.category, message.nearly, at_ms
    ),
    p.Undo: lambda message, seat, at_ms: c.UndoStroke(seat, _numbered(message.batch), at_ms),
    p.Clear: lambda message, seat, at_ms: c.ClearCanvas(seat, _numbered(message.batch), at_ms),
    p.Ready: lambda _, seat, __: c.MarkReady(seat),
    p.Rematch: lambda _, seat, __: c.Rematch(seat),
    p.Leave: lambda _, seat, __: c.Leave(seat),
}
