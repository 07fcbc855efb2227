"""Judging answers with a language model, and the gates that keep such a judgement honest.

    pool → create → label → assign → score → gates → report
    pool   nuggets (through client, prompts, replies)   judgement (with planted)   validity/   report

Nothing here is used to answer questions: a judge's settings are no part of the configuration or of its hash.
"""
