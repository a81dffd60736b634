"""Shape and style of a model: what is written beside its weights, and rebuilds it.

In: a few numbers. Out: a `ModelConfig`, or one sentence that says why there is no such model.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, get_args

from cl_utils.errors import StudyError

Blocks = Literal["paper", "modern"]


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Shape and style of one model; the defaults are the paper's (1,082,573 parameters).

    `blocks="paper"`: learned positions, pre-LayerNorm without bias, GELU, PyTorch's default
    initialisation (paper, section 4, and the authors' code). `blocks="modern"`: rotary positions,
    RMSNorm without weights, normalised queries and keys, squared ReLU, projections that start at
    zero, no biases. `convolution`: characters that short convolutions before attention and before
    the feed-forward layer see back; 0: there are none.
    """

    layers: int = 6
    heads: int = 6
    width: int = 120
    context: int = 256
    vocabulary: int = 53
    blocks: Blocks = "paper"
    convolution: int = 0

    def __post_init__(self) -> None:
        if self.blocks not in get_args(Blocks):
            raise StudyError(f"blocks={self.blocks!r} does not exist: use {get_args(Blocks)}")
        for name in ("layers", "heads", "width", "context", "vocabulary"):
            if getattr(self, name) < 1:
                raise StudyError(f"{name}={getattr(self, name)} of a model must be at least 1")
        if self.convolution < 0:
            raise StudyError(
                f"convolution={self.convolution} of a model is negative: give the characters that "
                "it sees back, or 0 for none"
            )
        if self.width % self.heads:
            raise StudyError(f"width={self.width} is not a multiple of heads={self.heads}")
        if self.blocks == "modern" and (self.width // self.heads) % 2:
            raise StudyError(
                f"rotary positions need an even head size: width={self.width}, "
                f"heads={self.heads} give {self.width // self.heads}"
            )

    @property
    def head_size(self) -> int:
        """Width of one attention head."""
        return self.width // self.heads

    def as_dict(self) -> dict[str, int | str]:
        """Return the plain dictionary that is written beside the weights."""
        return asdict(self)
