"""Themes: what papers on one topic have in common, by twos and more, each with a name."""
