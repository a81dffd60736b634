"""Rows to Markdown: what may be said of the results.

questions        what the study asks, as data
sentences        what a contrast says, in words
main_table       a row an arm
summary          the answers in one table
metric_findings  whether any metric measures difficulty
open_questions   what stays open
settings         the factorial's effects in every setting
findings         docs/findings.md
readme           the README's generated sections
captions         what figures show
training_cost    what the runs took
beside_study     a reader's rows beside the committed ones
notebook_tables  small tables that notebooks show
"""
