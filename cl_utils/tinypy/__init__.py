"""The language TinyPy: how programs are written, executed and read.

grammar              programs by level, the grammar as a table
statements           draws a whole program by one row of the grammar
derivation           draws the parts of a line, text and value at once
operators            Python's operators that TinyPy has, one table
record               a program with its output as text, and its canonical forms
tokenizer            characters to numbers
syntax               what may stand where in the syntax tree
gate                 lets TinyPy in from outside and refuses the rest
sandbox              executes a program
child                what the sandbox's process does
interpreter          counts executed lines
failures             why a program fails, in words
intermediate_values  what each expression of a program is worth
"""
