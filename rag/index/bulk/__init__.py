"""Bulk embedding on a Ray cluster: `ingest --engine ray`.

    cluster.py   on the machine of the library: papers out, embedded blocks in, one writer
    worker.py    on every machine of the cluster: a paper's chunks and their vectors
    blocks.py    what came back and is not in the index yet, committed to disk

Workers see no library: they are sent papers and send back chunks and vectors. Whatever is written, the shelf and both
indexes, is written by the one process that holds the library's lock, as in an ordinary ingest. So a lost worker costs
the papers that it had in hand, which another embeds, and a killed writer finds on disk what had come back.
"""
