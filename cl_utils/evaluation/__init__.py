"""Three tasks to rows: executing programs, completing characters, completing lines.

evaluate            all that is measured of one model
program_rows        what is known of each program
paper_protocol      the paper's scoring
line_completion     whole lines
measures            counts of programs to rows of percent
trivial_predictors  what models have to beat
paper_numbers       what the paper printed
"""
