"""Inputs that nobody would write, for everything that reads what strangers wrote (docs/fuzzing.md)."""
