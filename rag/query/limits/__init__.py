"""What a question restricts: days, authors, ids, how many papers and in which order."""
