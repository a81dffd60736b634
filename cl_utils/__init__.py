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
    labels            what things are called in print
    figures           rows to figures
    report            rows to Markdown
    playground        programs and schedules to try things with
    experiments       what a recipe's parts are worth, how soon an accuracy is reached
    workflow          the notebooks as one piece of work
    errors            the one error that says what to fix
    names             names and values in messages, names that are safe
    validation        what pydantic finds wrong, as one sentence
    yaml_files        YAML files of names and values
    paths             where files lie
    seeds             named random streams
    parallel          work shared among processes
    processes         processes that belong together, ended together
    machine           what was measured on
    threads           how many of them torch computes with
    command_line      numbers on a command line
    files             files that are whole or absent
    manifests         what a file was made from, by which code, when and where
    artifacts         tables with a manifest each, read only if they are what is needed
    code_fingerprint  what a notebook computes, as a short hash

`workflow.api` has the study in two calls, `train` and `compare`, for those who want no notebooks.
A folder imports from those above it only (tests/test_architecture.py); the modules at the end know
no domain, and all folders use them.
"""
