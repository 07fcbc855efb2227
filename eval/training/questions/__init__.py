"""Trains the question encoder: `encoder` what a question is turned into, `tokens` after it what its words are."""
