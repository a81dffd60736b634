"""A study's parameters and files.

params            all parameters, checked
stage_params      which of them each notebook's files depend on
notebook_names    which notebook makes a file, and by which code
data_files        programs, metrics, buckets and corpora
run_files         models and rows of runs
results           the rows of all finished runs
resume            goes on with a study whose rows are committed
profile_lock      one command at a time; what a killed one left is removed
sitting           many runs on one GPU, within given minutes
committed_models  the models that come with the repository
"""
