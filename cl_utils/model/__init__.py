"""The network, and what is read and written with it.

config          the shape and style of a model
gpt             the model
attention       its attention, over whole rows or one character at a time
convolution     short convolutions, an option of its blocks
packing         whole programs in one stream, and in the rows that attention reads
stacked_layers  several models side by side in one
scoring         teacher-forced predictions
decoding        generation
completion      greedy answers, generated only where scoring cannot tell
answers         one answer, with the probability of each character
"""
