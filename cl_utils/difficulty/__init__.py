"""How hard a program is: a number a program, a bucket a number.

overall_metric  the paper's metric, under two definitions of Halstead's difficulty
halstead        the counts behind it
static_metrics  all that can be read off a program
catalogue       the metrics by name
buckets         easy, medium or hard, by thresholds
"""
