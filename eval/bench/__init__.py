"""Benchmarks: how good (`python -m eval.bench`) and how fast (`paperchat bench`) this machine answers."""
