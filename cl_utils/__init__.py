"""The study's package: everything that the notebooks call, one concept a module.

In reading order: grammar, execution and difficulty make and judge programs; buckets, split and
corpus lay them out; schedules and adaptive say what is drawn when; model, training and evaluation
do the work; stats, figures and report tell what came of it.
"""
