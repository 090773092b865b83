"""The tutorial's service: its network, called for one picture at a time in the request handler.

What unionml's Quick, Draw! tutorial makes of a model: the picture comes as 28 rows of 28 numbers,
becomes a tensor, goes through the network in PyTorch's own settings and leaves as the ten likeliest
categories. Its workflow engine, which would add more, is left out. Run as a module by uvicorn.
"""

from typing import Annotated

import torch
from fastapi import Body, FastAPI
from torch import nn

from game.categories import CATEGORIES
from ml.model import build

app = FastAPI()
_network = build("tutorial", CATEGORIES)


@app.get("/")
def root() -> str:
    return "ready"


@app.post("/predict")
async def predict(
    features: Annotated[list[list[float]], Body(embed=True)],
) -> dict[str, float]:
    """The ten likeliest categories of one picture, with their probabilities."""
    _network.eval()
    picture = torch.tensor(features, dtype=torch.float32).unsqueeze(0).unsqueeze(0) / 255.0
    with torch.no_grad():
        shares = nn.functional.softmax(_network(pixel_values=picture).logits[0], dim=0)
    values, indices = torch.topk(shares, 10)
    return {CATEGORIES[index]: value.item() for index, value in zip(indices, values, strict=True)}
