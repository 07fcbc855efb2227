"""Strings in, strings out: readable form, sentences, terms, names, grammar. Knows no paper."""
