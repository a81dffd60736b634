"""The pages that are made from rows, a module each.

readme          README.md, its answer
findings        docs/findings.md
results         docs/results.md
settings        docs/settings.md
setting_tables  its tables of levels, exams, simple effects
completion      its section of the next character and the next line
how_soon        its section of characters to an accuracy
also_measured   what else was measured, in one table of README.md
advice          docs/before_you_use_a_curriculum.md
advice_texts    what it may say, by question
of_study        all of these, and docs/running.md's costs: what notebook 14 writes
html_report     runs/<profile>/report.html, one page that holds everything
number_sources  where a number of that page comes from
"""
