"""Plain implementations to compare with, as one writes them first: our own, and slow on purpose.

training    the paper's loop
generation  text and the three tasks, one program at a time
grammar     recursive expansion and `exec`; radon one program at a time
"""
