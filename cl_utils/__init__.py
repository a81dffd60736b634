"""The study's package: everything that the notebooks call, one concept a module.

    tinypy            the language: programs, their text, their execution
    difficulty        a number a program, a bucket a number
    data              which programs, which split, as tokens
    curriculum        what is drawn when
    model             the network, reading and writing with it
    training          a recipe and batches to a finished run
    evaluation        three tasks to rows
    stats             rows to intervals and tests
    study             parameters and files
    figures           rows to figures
    report            rows to Markdown
    experiments       what a recipe's parts are worth, how soon an accuracy is reached
    errors            the one error that says what to fix
    paths             where files lie
    seeds             named random streams
    parallel          work shared among processes
    machine           what was measured on
    threads           how many threads torch computes with
    artifacts         files that are whole or absent, each with a manifest
    code_fingerprint  what a notebook computes, as a short hash

A folder imports from those above it only (tests/test_architecture.py); the modules at the end know
no domain, and all folders use them.
"""
