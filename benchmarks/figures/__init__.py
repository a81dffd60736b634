"""Rows of benchmarks to figures: one function a figure, from tables to a matplotlib Figure.

growth            cost against size
levers            what each part of a recipe is worth
time_to_accuracy  minutes to the paper's accuracy
"""
