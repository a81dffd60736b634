"""Which programs, which split, as tokens.

generation    the study's programs, until every bucket is full
drafts        one chunk of them, the work of a process
split         training and test programs without common twins
exams         test programs beyond all that was trained on
corpus        programs as one array of tokens
corpus_files  a corpus on disk
value_codes   the intermediate values along a corpus
ragged        places in programs of different lengths
"""
