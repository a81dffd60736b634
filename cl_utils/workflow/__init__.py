"""The study's notebooks as one piece of work: run in order, watched, taken up again.

api           the study in two calls, without notebooks to look at
made          which notebooks have made what a run needs
stale         what stands there but is to be made again, for Snakemake
commands      what `make reproduce`, `resume`, `figures` and `report` do
progress      how far Snakemake is, how long it still takes, what failed
notebook      one notebook executed; when it fails, a sentence says why
engine        papermill's, with a kernel that is killed once all cells are over
page          an executed notebook as HTML, without its code
profiles      a profile's name, checked before anything is done with it
profile_lock  one command at a time; what a killed one left is removed
resume        goes on with a study whose rows are committed
sitting       many runs on one GPU, within given minutes
waiting       which runs a sitting trains, and why others do not begin
runs_at_once  one batched model, until its end or an interrupt
taking_part   the part that one Snakemake has in the work on a profile
"""
