"""Rows to Markdown: what may be said of the results.

questions          what the study asks, as data
sentences          what a contrast says, in words
main_table         a row per arm
summary            the answers in one table
settings           every setting that has been studied
side_by_side       rows of all settings, for figures and pages
by_machine         seeds of a GPU beside seeds of a CPU
in_short           what rows of contrasts show, in few words
composition        which programs hybrid draws more often
sorting            all programs sorted, in every declared order
rates              learning rates that do not fall to zero
rate_words         what is said of them
metric_findings    whether any metric measures difficulty
metric_by_setting  whether the one that makes the buckets does, in every setting
declarations       when contrasts were declared, and what had been seen
open_questions     what stays open
page_files         sections between markers, and writing
captions           what figures show
training_cost      what the runs took
beside_study       a reader's rows beside the committed ones
live               a run that trains while somebody watches
notebook_tables    small tables that notebooks show
readable           tables to look at: heads, units, dashes
page_table         a table that looks the same on every page
pages              the pages that are made of all this, a module each
"""
