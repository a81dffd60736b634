r"""Writes text with a model: many prompts at once with a cache, or one plainly as a reference.

In: a model and prompts as token ids. Out: the new characters of each prompt, as token ids; greedy
(temperature 0) or sampled. Sampled text depends on the seed, the prompt's index and the place in
the text only, never on which prompts are computed together (but for float32 rounding).

A model reads at most `context` characters. The authors go on by dropping the oldest ones, which no
cache can do, since every position would shift; here a text ends at the context: see `cut`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cl_utils.errors import StudyError
from cl_utils.model.gpt import GPT, Cache
from cl_utils.tinypy.tokenizer import encode

Ids = NDArray[np.uint8]
Stop = Literal["record", "line"]
_STOPS: Final[Mapping[Stop | None, tuple[int, ...]]] = MappingProxyType(
    {"record": tuple(encode("\n\n")), "line": tuple(encode("\n")), None: ()}
)


@dataclass
class _Batch:
    """Rows that are written together; `position` is the next character to write, in all rows."""

    text: Tensor  # (B, T) the prompt, then what was written
    starts: Tensor  # (B,) length of the prompt
    earliest: Tensor  # (B,) no row ends before this position
    ends: Tensor  # (B,) the row is complete at this position; lowered when the row stops
    uniforms: Tensor | None  # (B, limit) float64 random numbers, None: greedy
    rows: Tensor  # (B,) index of each row's prompt among all prompts
    cache: Cache
    position: int

    def keep(self, alive: Tensor) -> None:
        """Go on with the rows in `alive` (B,) only."""
        self.text, self.rows = self.text[alive], self.rows[alive]
        self.starts, self.ends = self.starts[alive], self.ends[alive]
        self.earliest = self.earliest[alive]
        self.uniforms = None if self.uniforms is None else self.uniforms[alive]
        self.cache.keep(alive)


@torch.inference_mode()
def generate(
    model: GPT,
    prompts: Sequence[Ids],
    limits: int | Sequence[int] | NDArray[np.integer],
    *,
    temperature: float = 0.0,
    rng: torch.Generator | None = None,
    stop: Stop | None = "record",
    at_least: int | Sequence[int] | NDArray[np.integer] = 0,
    batch_size: int | None = None,
) -> list[Ids]:
    r"""Return the new characters of each prompt, at most `limits` (one for all, or one each).

    A text ends with and includes its first "\n\n" (stop="record") or "\n" (stop="line"), but not
    before it has `at_least` characters. `batch_size` prompts of about one length are computed
    together (None: 256, on a GPU 2048). Raises StudyError when a prompt is empty, or when `rng` (on
    the CPU) is missing at a temperature above 0.
    """
    lengths = np.asarray([len(prompt) for prompt in prompts], dtype=np.int64)
    room = np.minimum(limits, model.config.context + 1 - lengths)
    _check(lengths, temperature, rng)
    shape = (len(prompts), int(np.max(limits, initial=0))) if temperature else (0, 0)
    uniforms = torch.rand(shape, generator=rng, dtype=torch.float64)  # one a prompt and place
    written = [np.zeros(0, dtype=np.uint8) for _ in prompts]
    order = np.argsort(lengths, kind="stable")
    order = order[room[order] > 0]  # a prompt that fills the context gets no text
    batch_size = batch_size or (256 if next(model.parameters()).device.type == "cpu" else 2048)
    minima = np.broadcast_to(np.asarray(at_least), lengths.shape)
    for first in range(0, len(order), batch_size):
        rows = order[first : first + batch_size]
        batch = _open(model, [prompts[row] for row in rows], room[rows], minima[rows], rows)
        batch.uniforms = uniforms[rows].to(batch.text.device) if temperature else None
        for row, ids in _write(model, batch, temperature, _STOPS[stop]):
            written[row] = ids
    return written


def cut(
    written: Sequence[Ids],
    limits: int | Sequence[int] | NDArray[np.integer],
    stop: Stop | None = "record",
) -> NDArray[np.bool_]:
    """Return which texts of `generate` the context ended: below their limit and not stopped."""
    ending = _STOPS[stop]
    stopped = [bool(ending) and tuple(ids[-len(ending) :]) == ending for ids in written]
    lengths = np.asarray([len(ids) for ids in written], dtype=np.int64)
    return np.logical_and(lengths < limits, np.logical_not(stopped))


@torch.inference_mode()
def generate_plain(model: GPT, prompt: Ids, limit: int, stop: Stop | None = "record") -> Ids:
    """Return the greedy text of one prompt, read again for every character: the slow reference."""
    device = next(model.parameters()).device
    ids = [int(token) for token in prompt]
    ending = list(_STOPS[stop])
    while len(ids) < len(prompt) + limit and len(ids) <= model.config.context:
        logits = model(torch.tensor([ids], device=device))
        ids.append(int(logits[0, -1].argmax()))
        if ending and ids[-len(ending) :] == ending:
            break
    return np.asarray(ids[len(prompt) :], dtype=np.uint8)


def _check(lengths: NDArray[np.int64], temperature: float, rng: torch.Generator | None) -> None:
    if len(lengths) and not lengths.all():
        raise StudyError(f"prompt {lengths.argmin()} is empty: give at least one character")
    if temperature < 0 or (temperature > 0 and rng is None):
        raise StudyError(f"temperature={temperature} needs to be 0, or above 0 and come with `rng`")


def _open(
    model: GPT,
    prompts: Sequence[Ids],
    room: NDArray[np.int64],
    at_least: NDArray[np.int64],
    rows: NDArray[np.int64],
) -> _Batch:
    """Lay out prompts of about one length, shortest first, with room for their texts."""
    device = next(model.parameters()).device
    starts = np.asarray([len(prompt) for prompt in prompts], dtype=np.int64)
    size = int((starts + room).max())
    text = np.zeros((len(prompts), size), dtype=np.int64)
    for row, prompt in enumerate(prompts):
        text[row, : len(prompt)] = prompt
    return _Batch(
        text=torch.from_numpy(text).to(device),
        starts=torch.from_numpy(starts).to(device),
        earliest=torch.from_numpy(starts + at_least).to(device),
        ends=torch.from_numpy(starts + room).to(device),
        uniforms=None,
        rows=torch.from_numpy(rows).to(device),
        cache=Cache.empty(model.config, len(prompts), size, device),
        position=int(starts.min()),
    )


def _write(
    model: GPT, batch: _Batch, temperature: float, ending: tuple[int, ...]
) -> Iterator[tuple[int, Ids]]:
    """Yield (prompt index, new characters) of every row, as rows become complete.

    The cache has one length, so a batch starts at its shortest prompt; a longer one is read
    character by character, in place of what the model would write.
    """
    unread = batch.text[:, : batch.position]
    while True:
        logits = model(unread, cache=batch.cache)[:, -1]
        _write_character(batch, logits, temperature, ending)
        alive = batch.ends > batch.position
        living = int(alive.sum())
        if living <= len(alive) // 2:  # few enough that copying the cache pays
            yield from _completed(batch, ~alive)
            if not living:
                return
            batch.keep(alive)
        unread = batch.text[:, batch.position - 1 : batch.position]


def _write_character(
    batch: _Batch, logits: Tensor, temperature: float, ending: tuple[int, ...]
) -> None:
    """Write one character in every row past its prompt, and note the rows that stop with it."""
    place = batch.position
    chosen = _choose(logits, batch, temperature)
    open_ = (batch.starts <= place) & (place < batch.ends)
    batch.text[:, place] = torch.where(open_, chosen, batch.text[:, place])
    batch.position = place + 1
    if ending and place + 1 >= len(ending):
        tail = batch.text[:, place + 1 - len(ending) : place + 1]
        stopped = open_ & (tail == torch.tensor(ending, device=tail.device)).all(1)
        soonest = batch.earliest.clamp(min=place + 1)
        batch.ends = torch.where(stopped, torch.minimum(batch.ends, soonest), batch.ends)


def _choose(logits: Tensor, batch: _Batch, temperature: float) -> Tensor:
    """Return the next character (B,): the most likely, or the inverse distribution function."""
    if batch.uniforms is None:
        return logits.argmax(-1)
    steps = (batch.position - batch.starts).clamp(0, batch.uniforms.shape[1] - 1)
    uniform = batch.uniforms.gather(1, steps[:, None])  # (B, 1)
    shares = torch.softmax(logits.double() / temperature, -1).cumsum(-1)  # (B, V)
    return torch.searchsorted(shares, uniform * shares[:, -1:])[:, 0]


def _completed(batch: _Batch, complete: Tensor) -> Iterator[tuple[int, Ids]]:
    """Yield (prompt index, new characters) of the rows in `complete` (B,)."""
    table = torch.stack([batch.rows, batch.starts, batch.ends], 1)[complete]
    for text, (row, start, end) in zip(batch.text[complete].cpu(), table.tolist(), strict=True):
        yield row, text[start:end].numpy().astype(np.uint8)
