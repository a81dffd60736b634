"""What is drawn when: schedules, and arms, which are schedules with their controls.

interface    what training asks of a schedule
mixes        what may be drawn from, and how much of it
schedules    mixes of pools over the steps
adaptive     schedules that probe the model
orders       the same programs, read in another order of difficulty
arms         a schedule with its restarts, order, labels and budget
arm_facts    what is said of arms: description, group, control_of, colour
relabelling  what an arm changes about the training programs
"""
