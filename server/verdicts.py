"""``python -m server.verdicts GAME``: were the verdicts of a game right?

Every match of the game is derived again: the ink that decided it goes to a worker of the network
that judged it, over a queue of its own, and the rules judge the answer. What comes out is held
against what was recorded: whether it is a match, how sure the network was, the points, and whether
the points add up to the scores of the podium.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import secrets
import struct
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from game.categories import CATEGORIES, INDEX
from game.dynamics import signs
from game.ink import unpack
from game.judge import judge
from game.scoring import drawn, points
from game.wording import names
from ml import interrupt, queue
from server.archive import GameRecord, MatchRecord
from server.embedded import EmbeddedValkey, running_url
from server.redis_options import add_redis_options
from server.settings import BadSettings, Settings
from server.store import read_verdicts
from server.supervisor import Program, Supervised

SAME: Final = 0
DIFFERS: Final = 1
UNKNOWN: Final = 2

# A float16 near 1 is that far from its neighbour, and a batch of another size may round otherwise.
_TOLERANCE: Final = 0.002
_THE_NETWORK: Final = "the network"  # which no player's id can be
_BATCH: Final = 16  # frames asked about at once: all are answered long before they count as lost
_READY_S: Final = 60.0
_ANSWER_S: Final = 2.0
_ATTEMPTS: Final = 10
_PROBABILITIES: Final = struct.Struct(f"<{len(CATEGORIES)}e")
_EPILOG: Final = """\
GAME is the `game` of a game_over message: the room's code, the room and the game, as in
BCDFG-0123456789abcdef-1. Records are kept for seven days.

exit status:
  0  every verdict came out the same
  1  something differs; what, is printed
  2  it cannot be told: no such game, or it was judged by another network than the one in --model

examples:
  python -m server.verdicts BCDFG-0123456789abcdef-1
  REDIS_URL=redis://localhost:6379/0 python -m server.verdicts --json GAME
  python -m server.verdicts --model old-weights/ GAME   the network that was in use then
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What a network says of one ink: ``probabilities`` over all categories, or an ``error``."""

    probabilities: tuple[float, ...]
    model: str
    raster: int
    error: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """One match of a game, and how its verdict came out again; ``differs`` is empty if it did."""

    round: int
    player: str
    prompt: str
    p: float
    again_p: float | None  # None: this network cannot tell
    differs: tuple[str, ...]
    derivable: bool = True  # by the network at hand


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """All findings about a game, and what is wrong with its scores."""

    game: str
    finished: bool
    findings: tuple[Finding, ...]
    scores: tuple[str, ...]

    @property
    def status(self) -> int:
        """The exit status that says it all: ``SAME``, ``DIFFERS`` or ``UNKNOWN``."""
        if self.scores or any(each.differs and each.derivable for each in self.findings):
            return DIFFERS
        return SAME if all(each.derivable for each in self.findings) else UNKNOWN


# --- comparing -----------------------------------------------------------------------------------


def compare(record: MatchRecord, answer: Answer) -> Finding:
    """Hold a recorded verdict against what the network says now."""
    if (answer.model, answer.raster) != (record.model, record.raster):
        other = (
            f"judged by network {record.model}, rasteriser {record.raster}; this is network"
            f" {answer.model}, rasteriser {answer.raster}"
        )
        return _finding(record, None, [other], derivable=False)
    if answer.error:
        return _finding(record, None, [f"the network cannot read the ink: {answer.error}"])
    among = None if record.among is None else [INDEX[name] for name in record.among]
    confidence = max(0.0, record.confidence - _TOLERANCE)
    verdict = judge(answer.probabilities, INDEX[record.prompt], confidence, among)
    differs = []
    best, best_p = verdict.top[0]
    if not verdict.matched and best_p - verdict.prompt_p > _TOLERANCE:
        differs.append(f"no match: it looks like “{CATEGORIES[best]}” ({best_p:.3f})")
    elif verdict.prompt_p < confidence:
        differs.append(f"no match: {record.confidence:.3f} was asked for")
    if abs(verdict.prompt_p - record.p) > _TOLERANCE:
        differs.append(f"it was {record.p:.4f} sure and is {verdict.prompt_p:.4f}")
    worth = points(record.total_ms - record.ms, record.total_ms, record.level)
    if worth != record.points:
        differs.append(f"{record.points} points were given for what is worth {worth}")
    found = tuple(sorted(signs(unpack(record.ink), record.ms)))
    if record.signs is not None and record.signs != found:
        were, are = (", ".join(each) or "none" for each in (record.signs, found))
        differs.append(f"signs of a script: {were} then, {are} now")
    return _finding(record, verdict.prompt_p, differs)


def _finding(
    record: MatchRecord, again_p: float | None, differs: Sequence[str], *, derivable: bool = True
) -> Finding:
    return Finding(
        record.round, record.player, record.prompt, record.p, again_p, tuple(differs), derivable
    )


def check_guesses(record: GameRecord) -> list[str]:
    """What is wrong with what people won in a game of pictionary, by what they typed and when."""
    differs = []
    for solve in record.solves:
        if solve.category != solve.prompt and not names(solve.text, solve.prompt):
            differs.append(f"“{solve.text}” by {solve.player} is no name of “{solve.prompt}”")
        worth = points(solve.total_ms - solve.ms, solve.total_ms, solve.level)
        if worth != solve.points:
            differs.append(f"{solve.points} points for a guess of {solve.player} worth {worth}")
    for turn in record.turns:
        worth = drawn(turn.beaten, turn.among, turn.level)
        if worth != turn.points or turn.beaten > turn.among:
            differs.append(f"{turn.points} points for a turn of {turn.player} worth {worth}")
    return differs


def add_up(record: GameRecord) -> list[str]:
    """What is wrong with the scores of a finished game, given the points of its matches."""
    if record.podium is None:
        return []
    given: Counter[str] = Counter()
    for match in record.matches:
        given[_THE_NETWORK if match.for_machine else match.player] += match.points
    for solve in record.solves:
        given[solve.player] += solve.points
    for turn in record.turns:
        given[turn.player] += turn.points
    for forfeit in record.forfeits:
        given[forfeit.player] -= forfeit.score
    scores = {standing.player: standing.score for standing in record.podium.standings}
    scores[_THE_NETWORK] = record.podium.machine_score
    return [
        f"{player} has {scores.get(player, 0)} points on the podium and verdicts for"
        f" {given[player]}"
        for player in sorted(given.keys() | scores.keys())
        if scores.get(player, 0) != given[player]
    ]


# --- asking the network --------------------------------------------------------------------------


class Network:
    """A worker that has nothing else to do, by way of a queue of its own."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._name = f"verdicts-{secrets.token_hex(6)}"
        self._seen = "0-0"
        self._asked = 0

    async def ready(self) -> None:
        """Wait until the worker has loaded its network. Raises ``BadSettings`` if it does not."""
        for _ in range(round(_READY_S / 0.1)):
            if await queue.workers(self._redis):
                return
            await asyncio.sleep(0.1)
        message = f"no worker came up in {_READY_S:.0f} s"
        raise BadSettings(message)

    async def ask(self, inks: Sequence[bytes]) -> list[Answer]:
        """What it says of each packed ink, in order. Raises ``BadSettings`` if it falls silent."""
        answers: list[Answer] = []
        for at in range(0, len(inks), _BATCH):
            answers += await self._ask(inks[at : at + _BATCH])
        return answers

    async def _ask(self, inks: Sequence[bytes]) -> list[Answer]:
        found: dict[str, Answer] = {}
        names = [f"{self._name}:{self._asked + index}" for index in range(len(inks))]
        self._asked += len(inks)
        for attempt in range(_ATTEMPTS):
            await queue.send(
                self._redis,
                [
                    queue.Frame(name, attempt + 1, self._name, ink)
                    for name, ink in zip(names, inks, strict=True)
                    if name not in found
                ],
            )
            while len(found) < len(inks):
                self._seen, replies = await queue.replies(
                    self._redis, self._name, self._seen, round(1000 * _ANSWER_S)
                )
                if not replies:
                    break
                found |= {reply.drawing: _answer(reply) for reply in replies}
            if len(found) == len(inks):
                return [found[name] for name in names]
        message = "the worker does not answer"
        raise BadSettings(message)


def _answer(reply: queue.Reply) -> Answer:
    probabilities = () if reply.error else _PROBABILITIES.unpack(reply.probabilities)
    return Answer(probabilities, reply.model, reply.raster, reply.error)


@asynccontextmanager
async def network(model: Path) -> AsyncIterator[Network]:
    """A worker with the weights in the folder ``model``, ready to be asked."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="inkling-"))
        valkey = await stack.enter_async_context(EmbeddedValkey(Path(folder)))
        options = [f"--redis-url={valkey.url}", f"--weights={model}", "--threads=1", "--device=cpu"]
        said: list[str] = []
        worker = Supervised(
            Program("worker", [sys.executable, "-m", "ml.worker", "--exit-with-stdin", *options]),
            said.append,
        )
        stack.push_async_callback(worker.stop)
        await worker.start()
        redis = queue.connect(valkey.url)
        stack.push_async_callback(redis.aclose)
        asked = Network(redis)
        try:
            await asked.ready()
        except BadSettings as problem:
            message = f"The network in {model} does not come up: {problem}. {' '.join(said[-3:])}"
            raise BadSettings(message) from None
        yield asked


# --- the command ---------------------------------------------------------------------------------


async def derive(game: str, record: GameRecord, asked: Network) -> Report:
    """Derive all verdicts of a game again."""
    answers = await asked.ask([match.ink for match in record.matches])
    findings = tuple(map(compare, record.matches, answers))
    return Report(
        game, record.podium is not None, findings, (*check_guesses(record), *add_up(record))
    )


@asynccontextmanager
async def memory(settings: Settings) -> AsyncIterator[Redis]:
    """The Redis that games are recorded in: the one named, or the built-in one, running or not.

    Raises ``BadSettings`` when there is none.
    """
    async with AsyncExitStack() as stack:
        url = settings.redis_url or await running_url(settings.data_dir)
        if not url:
            if not settings.data_dir.is_dir():
                message = f"No game was ever played here: there is no {settings.data_dir}."
                raise BadSettings(message)
            url = (await stack.enter_async_context(EmbeddedValkey(settings.data_dir))).url
        redis = queue.connect(url)
        stack.push_async_callback(redis.aclose)
        yield redis


async def examine(game: str, settings: Settings) -> Report | None:
    """Derive a game's verdicts again; None if nothing is kept of it. Raises ``BadSettings``."""
    async with memory(settings) as redis:
        record = await read_verdicts(redis, game)
    if record is None:
        return None
    async with network(settings.weights) as asked:
        return await derive(game, record, asked)


def tell(report: Report) -> str:
    """A report in words, a line for each match."""
    lines = [
        f"round {each.round}  {each.player}  “{each.prompt}” {each.p:.4f}  "
        + ("; ".join(each.differs) or "same")
        for each in report.findings
    ]
    lines += report.scores
    count = len(report.findings)
    what = {
        SAME: "every verdict is the same",
        DIFFERS: "something differs",
        UNKNOWN: "not all can be derived with this network",
    }[report.status]
    unfinished = "" if report.finished else ", not played to its end"
    lines.append(f"{report.game}{unfinished}: {count} match{'es' * (count != 1)}, {what}")
    return "\n".join(lines)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    settings = Settings()
    parser = argparse.ArgumentParser(
        prog="python -m server.verdicts",
        description="Derive the verdicts of a game again, from its stored ink with the network"
        " that judged it, and say “same” or what differs.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("game", metavar="GAME", help="which game")
    add_redis_options(parser, settings)
    parser.add_argument(
        "--weights",
        "--model",
        type=Path,
        default=settings.weights,
        metavar="DIR",
        help="folder of the network that judged the game (default: the one in use)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Examine a game and print what was found; returns the exit status."""
    try:
        options = _arguments(arguments)
        chosen = {name: getattr(options, name) for name in ("redis_url", "data_dir", "weights")}
        settings = Settings(**chosen)
        report = interrupt.run(examine(options.game, settings))
    except KeyboardInterrupt:
        return interrupt.STOPPED
    except (BadSettings, RedisError, OSError, ValueError) as problem:
        _say(options.json, str(problem))
        return UNKNOWN
    if report is None:
        _say(options.json, f"Nothing is kept of a game {options.game}.")
        return UNKNOWN
    if options.json:
        print(json.dumps({**dataclasses.asdict(report), "status": report.status}))  # noqa: T201
    else:
        print(tell(report))  # noqa: T201
    return report.status


def _say(as_json: bool, problem: str) -> None:
    if as_json:
        print(json.dumps({"status": UNKNOWN, "problem": problem}))  # noqa: T201
    else:
        print(problem, file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
