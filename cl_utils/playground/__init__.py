"""Programs and schedules to try things with: what notebook 07 shows, with widgets and without.

program           a text as a program in the layout that models read
difficulty_terms  where the numbers of the metrics come from, term by term
answering         what models answer to it
other_digits      the same program with other digits, and how many a model answers correctly
attention_map     where a model looked when it wrote a character
schedule          a schedule of up to three stages, trained beside the baseline
panels            widgets that draw a result again in its place
"""
