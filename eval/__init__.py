"""Evaluation: QA sets and BEIR folders in, figures with intervals and reports out."""
