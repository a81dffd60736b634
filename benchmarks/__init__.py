"""Speed as ratios measured in one run on one machine: `python -m benchmarks [name ...]`.

Every benchmark is a function from `Settings` to rows, named in `registry`. A row holds a value, a
reference measured beside it in turns (A B A B), their ratio and a target. Nothing here is needed by
the study, and no test asserts a time.

    registry    the benchmarks by name
    settings    how long and how large they are
    rows        what they find, and the files that keep it
    speed       docs/speed.md
    figures     their figures
    reference   plain implementations to compare with
    workers     rates of work in processes of their own
    ceiling     how fast the machine multiplies matrices
    data        programs for the benchmarks
    programs    speed of generation and difficulty
    memory      memory and time that a study's data need
    training    speed of training
    precision   both precisions of matrix products
    losses      whether recipe `paper` learns what the paper's loop learns
    gpu         speed of training on a GPU
    authors     the authors' own script, timed
    script      runs a training script for a few steps
    evaluation  speed of evaluation
    growth      how cost grows with programs and parameters
"""
