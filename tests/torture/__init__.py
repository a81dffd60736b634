"""Attacks on the study from outside: what breaks it, and whether it says so.

In: the package and a temporary folder. Out: a table of attacks that were survived, refused in one
sentence, or lost. `make torture` runs all of them; tests/test_torture.py a few of each.

outcome          verdicts, and the table
apart            calls in processes of their own, within limits
judge            from how a call ended to its verdict
digests          digests of values and files, without times
ground           the study that is attacked
loads            what reads its files
damage           kinds of damage to a file
damage_of_texts  kinds of damage to a text
exchange         other files in the place of one
corruption       damaged files, loaded
jobs             work that may be killed
kills            work, killed and started again
workflow         `make reproduce`, killed and started again
yaml_texts       spoilt parameter files
parameters       spoilt parameter files, read
texts            texts that pretend to be programs
programs         such texts, read and run
surroundings     without rights, without room, without a network
places           full disks, closed folders, odd names, no network
same_bytes       the same study in other processes
attacks          all attacks, and how much of each
"""
