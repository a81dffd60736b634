"""What a model answers to a program, and how sure it is of every character.

In: a model and a source. Out: the greedy answer with the probability of each of its characters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from cl_utils.errors import StudyError
from cl_utils.model.decoding import generate
from cl_utils.model.gpt import GPT
from cl_utils.tinypy.record import prompt
from cl_utils.tinypy.tokenizer import decode, encode

LONGEST = 64  # characters of an answer


@dataclass(frozen=True)
class Answer:
    """A greedy answer: the text after `# output`, up to and with the blank line that ends it."""

    text: str
    probabilities: NDArray[np.float32]  # (K,) of each character, given those before it


def start_of(model: GPT, source: str) -> NDArray[np.uint8]:
    """Return what a model goes on from; raise StudyError for a source that fills its context."""
    start = encode(prompt(source))
    if len(start) >= model.config.context:
        raise StudyError(
            f"a program of {len(start)} characters with its output mark leaves no room in the "
            f"model's context of {model.config.context}: shorten it"
        )
    return start


def answer(model: GPT, source: str) -> Answer:
    """Return a model's greedy answer; raise StudyError for a source that fills its context."""
    start = start_of(model, source)
    [written] = generate(model, [start], LONGEST)
    read = torch.from_numpy(np.concatenate([start, written]).astype(np.int64))
    with torch.inference_mode():
        logits = model(read[None, :-1])[0, len(start) - 1 :].float()  # (K, V)
    chosen = logits.softmax(-1).gather(1, read[len(start) :, None])[:, 0]
    return Answer(decode(written), chosen.numpy())
