"""Strings in, strings out: readable form, terms, names, grammar. Knows no paper."""
