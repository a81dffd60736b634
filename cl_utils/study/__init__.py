"""A study's parameters and files.

params            all parameters, checked
stage_params      which of them each notebook's files depend on
notebook_names    which notebook makes a file, and by which code
data_files        programs, metrics, buckets and corpora
run_files         models and rows of runs
precision_choice  one precision for all runs of a study
results           the rows of all finished runs
resume            goes on with a study whose rows are committed
progress          how far a workflow is, and how long it still takes
sitting           many runs on one GPU, within given minutes
committed_models  the models that come with the repository
"""
