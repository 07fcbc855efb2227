"""Eighty search requests with many relevant papers each, judged by reading (README.md)."""
