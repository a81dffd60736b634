"""A recipe and batches to a finished run.

recipes           model style, optimiser, batches and loss, as data
batches           what one step reads
loss              what is minimised
compilation       the compiler's work on it
compiler_faults   what keeps code from being compiled, in a sentence
optimisers        one step of all parameters
muon              the optimiser of the matrices
averaging         the mean of a run's last weights
malloc            memory that the allocator keeps
run               what decides what a training does
trainer           a run between two steps
assembly          the parts of a run's trainer
precision         the faster precision of matrix products, measured
progress          what a reader is told of a run
interruption      an interrupt takes effect between two steps
loop              a run from its first step to its last
batched_runs      several runs in one forward and backward pass
joint_runs        dozens of runs on a GPU, their batches and updates made at once
joint_optimisers  one update of all their models
history           what a run records
probes            what a run sees of its model on the way
checkpoints       models and unfinished runs on disk
model_loss        small models' losses as a metric of difficulty
"""
