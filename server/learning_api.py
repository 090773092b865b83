"""Whether a player's drawings may teach the network, over REST."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from game.protocol import Code, Refused
from server import examples
from server.clock import now_ms
from server.description import operation_id
from server.desk import AsPlayer, AtDesk, problems
from server.etags import Revalidated
from server.examples import shown
from server.learning import Learning


class Consent(BaseModel):
    """Whether one's finished drawings may be kept, without a name, to teach the network."""

    model_config = ConfigDict(extra="forbid")

    consent: bool = Field(strict=True)


class Choice(BaseModel):
    """What this server offers, and what the player has chosen."""

    offered: bool = Field(description="Whether this server keeps drawings of who lets it.")
    consent: bool
    kept_days: int = Field(description="For how many days a drawing is kept at most.")


async def _learning(request: Request) -> Learning:
    learning: Learning = request.app.state.learning
    return learning


AtLearning = Annotated[Learning, Depends(_learning)]

router = APIRouter(
    prefix="/api/players/me",
    tags=["learning"],
    route_class=Revalidated,
    generate_unique_id_function=operation_id,
)


@router.get("/learning", responses={**shown(examples.CHOICE), **problems(401, 503)})
async def choice(learning: AtLearning, player: AsPlayer) -> Choice:
    """What one has chosen. Until somebody chooses, nothing of theirs is kept."""
    consent = await learning.consents(player.player_id)
    return Choice(offered=learning.offered, consent=consent, kept_days=learning.days)


@router.put(
    "/learning",
    responses={**shown(examples.CHOICE), **problems(400, 401, 403, 404, 413, 422, 503)},
)
async def choose(
    desk: AtDesk,
    learning: AtLearning,
    player: AsPlayer,
    said: Annotated[Consent, Body(openapi_examples=examples.CONSENT)],
) -> Choice:
    """Let one's finished drawings be kept, from the next round on, or take that back.

    Taking it back also takes away what is kept. A server that keeps nothing answers a yes with
    404.
    """
    if said.consent and not learning.offered:
        raise Refused(Code.NOT_FOUND, "This server keeps no drawings to learn from.")
    if said.consent:
        await learning.consent(player.player_id, now_ms())
    # Erasing that was over before this was written has not seen it, but has taken the player.
    if not said.consent or not await desk.players.exists(player.player_id):
        await learning.forget(player.player_id)
    return await choice(learning, player)
