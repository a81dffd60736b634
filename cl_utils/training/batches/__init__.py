"""What one training step reads.

batch      a batch, and what draws it
pools      the parts of a corpus that a schedule names
aligned    whole programs
windows    the paper's random windows
on_device  whole programs, put together on a GPU
joint      whole programs of many runs, put together on a GPU at once
reordered  another arm's programs in another order
spares     batches in exactly a given order
"""
