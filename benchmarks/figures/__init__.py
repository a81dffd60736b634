"""Rows of benchmarks to figures: one function a figure, from tables to a matplotlib Figure.

growth            cost against size
"""
