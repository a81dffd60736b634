"""A study's parameters and files.

params            all parameters, checked
stage_params      which of them each notebook's files depend on
contradictions    parameters that cannot go together
declared          contrasts and questions that name what there is
estimates         memory, time and jobs that they ask for
expected_time     how long training takes, by recorded runs
kernel_cells      which names of a running notebook are parameters
places            where changed parameters put their files
notebook_names    which notebook makes a file, and by which code
program_table     what a table of programs must be
loaded            what this process trains with, as it was when it loaded it
data_files        programs, metrics, buckets and corpora
precision_choice  one precision for all runs of a study
device            where, and in which precision, models are trained
model_losses      how hard small models find each program
arm_metrics       the values of metrics that an arm asks for
run_files         models and rows of runs
same_code         which codes give the same bits
comparable        which runs may be compared
tested_programs   level, bucket and metrics of the programs that runs were tested on
results           the rows of all finished runs
committed_models  the models that come with the repository
"""
