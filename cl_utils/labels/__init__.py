"""What things are called in print, and in which order they stand: without any plotting library.

names          arms, metrics, measures, levels, exams in words
numbers        intervals, differences, p values as texts
contrast_text  one contrast in a line
arm_groups     which arms belong together, in which order
"""
