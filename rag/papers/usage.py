"""The table of what model calls use up each day, in a file or on a server; `rag.models.llm.usage` counts in it."""

from __future__ import annotations

STEPS = (
    "CREATE TABLE IF NOT EXISTS usage (day TEXT, model TEXT, calls INTEGER, prompt_tokens INTEGER,"
    " completion_tokens INTEGER, usd REAL, PRIMARY KEY (day, model)) WITHOUT ROWID",
)
"""What each version adds; all are run whenever a file is opened, since it holds no version."""
