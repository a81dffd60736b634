"""The paper's training as one writes it first: a linear layer for each head's query, key and value.

In: a stream of tokens. Out: a model trained on random windows in float32 by AdamW, step by step.
`weights_for_study` turns its weights into those of `cl_utils.model.gpt.GPT`, which computes the
same.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from cl_utils.model.gpt import ModelConfig

LEARNING_RATE = 1e-3
MILESTONES = (0.7, 0.8, 0.9)  # shares of the training after which the rate falls to a tenth


class PlainHead(nn.Module):
    """One head of causal attention with its own three linear layers."""

    def __init__(self, width: int, size: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, size, bias=False)
        self.key = nn.Linear(width, size, bias=False)
        self.value = nn.Linear(width, size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, T, D) of x (B, T, C)."""
        return F.scaled_dot_product_attention(
            self.query(x), self.key(x), self.value(x), is_causal=True
        )


class PlainBlock(nn.Module):
    """Heads side by side, then two linear layers, each on a normalised copy and added back."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.width
        self.before_heads = nn.LayerNorm(width, bias=False)
        self.heads = nn.ModuleList(
            [PlainHead(width, config.head_size) for _ in range(config.heads)]
        )
        self.join = nn.Linear(width, width)
        self.before_layers = nn.LayerNorm(width, bias=False)
        self.layers = nn.Sequential(
            nn.Linear(width, 4 * width, bias=False),
            nn.GELU(),
            nn.Linear(4 * width, width, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, T, C)."""
        normal = self.before_heads(x)
        x = x + self.join(torch.cat([head(normal) for head in self.heads], dim=-1))
        return x + self.layers(self.before_layers(x))


class PlainGPT(nn.Module):
    """The paper's model; 1,082,573 parameters in its own size."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.characters = nn.Embedding(config.vocabulary, config.width)
        self.places = nn.Embedding(config.context, config.width)
        self.blocks = nn.ModuleList([PlainBlock(config) for _ in range(config.layers)])
        self.last_norm = nn.LayerNorm(config.width, bias=False)
        self.output = nn.Linear(config.width, config.vocabulary)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return logits (B, T, V) of tokens (B, T)."""
        places = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.characters(tokens) + self.places(places)
        for block in self.blocks:
            x = block(x)
        return self.output(self.last_norm(x))


class PlainLoop:
    """Training as in the paper: float32, eager, default AdamW, the rate cut thrice."""

    def __init__(
        self,
        config: ModelConfig,
        tokens: NDArray[np.uint8],
        *,
        rows: int,
        steps: int,
        device: str = "cpu",
        compiled: bool = False,
    ) -> None:
        self.model = PlainGPT(config).to(device)
        self.forward = torch.compile(self.model) if compiled else self.model
        self.tokens, self.rows, self.length = tokens, rows, config.context
        self.device = device
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=LEARNING_RATE)
        self.rates = torch.optim.lr_scheduler.MultiStepLR(
            self.optimiser, [int(share * steps) for share in MILESTONES], gamma=0.1
        )

    def windows(self) -> tuple[Tensor, Tensor]:
        """Return inputs and targets (B, T): windows from random places of the stream."""
        places = torch.randint(len(self.tokens) - self.length, (self.rows,)).tolist()
        cuts = [
            torch.from_numpy(self.tokens[place : place + self.length + 1].astype(np.int64))
            for place in places
        ]
        rows = torch.stack(cuts).to(self.device)
        return rows[:, :-1], rows[:, 1:]

    def learn(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Take one step on a batch and return its loss, (), from before the step."""
        logits = self.forward(inputs)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.rates.step()
        return loss.detach()


def weights_for_study(weights: Mapping[str, Tensor], config: ModelConfig) -> dict[str, Tensor]:
    """Return a `PlainGPT`'s weights under the names and in the shapes of `model.gpt.GPT`."""
    theirs = {
        "token_embedding.weight": weights["characters.weight"],
        "position_embedding.weight": weights["places.weight"],
        "final_norm.weight": weights["last_norm.weight"],
        "head.weight": weights["output.weight"],
        "head.bias": weights["output.bias"],
    }
    for layer in range(config.layers):
        here = there = f"blocks.{layer}"
        parts = [
            [weights[f"{here}.heads.{head}.{part}.weight"] for head in range(config.heads)]
            for part in ("query", "key", "value")
        ]
        theirs |= {
            f"{there}.attention_norm.weight": weights[f"{here}.before_heads.weight"],
            f"{there}.attention.query_key_value.weight": torch.cat(list(chain(*parts))),
            f"{there}.attention.project.weight": weights[f"{here}.join.weight"],
            f"{there}.attention.project.bias": weights[f"{here}.join.bias"],
            f"{there}.feed_forward_norm.weight": weights[f"{here}.before_layers.weight"],
            f"{there}.feed_forward.grow.weight": weights[f"{here}.layers.0.weight"],
            f"{there}.feed_forward.shrink.weight": weights[f"{here}.layers.2.weight"],
        }
    return theirs
