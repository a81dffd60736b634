"""Speed as ratios measured in one run on one machine: `python -m benchmarks [name ...]`.

Every benchmark is a function from `Settings` to rows, named in `registry`. A row holds a value, a
reference measured beside it in turns (A B A B), their ratio and a target. Nothing here is needed by
the study, and no test asserts a time.
"""
