"""Rows to Markdown: what may be said of the results.

questions        what the study asks, as data
sentences        what a contrast says, in words
main_table       a row an arm
summary          the answers in one table
settings         every setting that has been studied
answer           the answer in short, in every setting
sorting          all programs sorted, in every declared order
rates            learning rates that do not fall to zero
rate_words       what is said of them
advice           docs/before_you_use_a_curriculum.md
side_by_side     docs/settings.md
setting_tables   its tables of levels, exams, simple effects
metric_findings  whether any metric measures difficulty
metric_by_setting  whether the one that makes the buckets does, in every setting
open_questions   what stays open
findings         docs/findings.md
results_page     docs/results.md
study_pages      all pages that a study's rows write
pages            sections between markers, and writing
captions         what figures show
training_cost    what the runs took
beside_study     a reader's rows beside the committed ones
number_sources   where a number of that page comes from
html_page        one page that holds everything
live             a run that trains while somebody watches
notebook_tables  small tables that notebooks show
readable         tables to look at: heads, units, dashes
"""
