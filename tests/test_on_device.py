"""Batches made on the device: what the processor makes of the same draws, in shapes that stay."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tiny import tiny_model
from worlds import MIXES, World

from cl_utils.model.packing import lay_out
from cl_utils.training.batched_runs import joined_batches
from cl_utils.training.batches.aligned import AlignedBatcher
from cl_utils.training.batches.on_device import on_device
from cl_utils.training.batches.windows import WindowBatcher


def batcher(world: World, characters: int = 1000, static_shapes: bool = False) -> AlignedBatcher:
    """Return a batcher of seed 0; with rows of one size the device makes its batches."""
    rng, size = np.random.default_rng(0), {"characters": characters, "context": 96}
    return AlignedBatcher(world.train, world.pools, **size, rng=rng, static_shapes=static_shapes)


def test_an_expansion_makes_the_streams_that_the_processor_makes(world: World) -> None:
    plain, expanded = batcher(world), batcher(world, static_shapes=True)
    for mix in MIXES * 4:
        first, second = plain.draw(mix), expanded.draw(mix)
        for name in ("inputs", "targets", "loss_groups"):
            ours, theirs = getattr(second, name), getattr(first, name)
            assert torch.equal(ours, theirs) and ours.dtype == theirs.dtype == torch.int64
        assert first.layout is not None and second.layout is not None
        assert torch.equal(second.layout.positions, first.layout.positions)
        assert second.programs.tolist() == first.programs.tolist()
    assert plain.state() == expanded.state()


def test_its_layout_is_that_of_rows_of_one_size(world: World) -> None:
    expanded = batcher(world, static_shapes=True)
    for mix in MIXES * 4:
        layout = expanded.draw(mix).layout
        assert layout is not None
        beginnings = np.flatnonzero(layout.positions.numpy() == 0)
        lengths = np.diff(beginnings, append=len(layout.positions))
        expected = lay_out(lengths, expanded.sizes, expanded.least_rows)
        assert torch.equal(layout.rows[0], expected.rows[0]) and len(layout.rows) == 1
        assert torch.equal(layout.cells, expected.cells)


def test_more_programs_than_rows_get_a_multiple_of_the_rows(world: World) -> None:
    builder = batcher(world, static_shapes=True).device_builder
    assert builder is not None
    for programs, factor in ((1, 1), (builder.rows, 1), (builder.rows + 1, 2)):
        lengths = np.ones(programs, dtype=np.int64)
        lengths[-1] = 1
        builder.places = torch.arange(programs)
        *_, layout = builder.build(np.zeros(programs, dtype=np.int64), lengths)
        assert len(layout.rows[0]) == factor * builder.rows


def test_no_shape_depends_on_what_was_drawn_and_nothing_is_read_back(world: World) -> None:
    """Tensors on the device "meta" have shapes and no values: reading one would be an error."""
    settings = {"rng": np.random.default_rng(0), "device": "meta"}
    aligned = AlignedBatcher(
        world.train, world.pools, characters=1000, context=96, static_shapes=True, **settings
    )
    windows = WindowBatcher(world.train, world.pools, rows=4, row_length=96, **settings)
    model = tiny_model("modern").to("meta")
    for mix in MIXES:
        batch = joined_batches([aligned.draw(mix), aligned.draw(mix)])
        logits = model(batch.inputs, layout=batch.layout)
        F.cross_entropy(logits, batch.targets).backward()
        assert logits.shape[:1] == batch.targets.shape == batch.loss_groups.shape == (2000,)
        assert windows.draw(mix).inputs.shape == windows.draw(mix).loss_groups.shape == (4, 96)


@pytest.mark.parametrize("values", [np.arange(3), np.zeros((2, 2), dtype=np.uint8)])
def test_an_array_keeps_its_values_on_the_device(values: np.ndarray) -> None:
    moved = on_device(values, torch.device("cpu"))
    assert np.array_equal(moved.numpy(), values) and moved.numpy().dtype == values.dtype
