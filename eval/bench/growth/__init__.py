"""paperchat beside plain LlamaIndex and Chroma, as a library grows: `python -m eval.bench.growth` (docs/growth.md).

reference.py    the same papers and the same model file, as LlamaIndex's tutorial does it
side.py         one of the two in a process of its own, which takes orders
course.py       both through all sizes, in turns; what was measured is kept
table.py        what came of it: tables and plots
"""
