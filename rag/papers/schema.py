"""The shelf's tables."""

from __future__ import annotations

import secrets
import sqlite3

SCHEMA_VERSION = 1
HAS_SCHEMA = "SELECT 1 FROM sqlite_master WHERE name = 'meta'"
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE papers (
    paper_id TEXT PRIMARY KEY, latest INTEGER NOT NULL, date TEXT NOT NULL, url TEXT NOT NULL,
    authors TEXT NOT NULL, authors_day TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX papers_by_date ON papers (date, paper_id);
CREATE TABLE versions (
    paper_id TEXT NOT NULL, version INTEGER NOT NULL, title TEXT NOT NULL, abstract TEXT NOT NULL, fold TEXT NOT NULL,
    PRIMARY KEY (paper_id, version), UNIQUE (paper_id, fold)) WITHOUT ROWID;
CREATE TABLE listings (
    paper_id TEXT NOT NULL, day TEXT NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (paper_id, day, version)) WITHOUT ROWID;
CREATE TABLE author_words (word TEXT NOT NULL, paper_id TEXT NOT NULL, PRIMARY KEY (word, paper_id)) WITHOUT ROWID;
CREATE INDEX author_words_by_paper ON author_words (paper_id);
CREATE TABLE chunks (
    chunk_id TEXT PRIMARY KEY, paper_id TEXT NOT NULL, version INTEGER NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX chunks_by_paper ON chunks (paper_id);
CREATE TABLE pending (paper_id TEXT PRIMARY KEY, writing INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
"""


def create_schema(db: sqlite3.Connection) -> None:
    """Make the tables of an empty shelf within a transaction; does nothing where another process was faster."""
    if db.execute(HAS_SCHEMA).fetchone():
        return
    for statement in _TABLES.split(";"):
        db.execute(statement)
    db.execute(
        "INSERT INTO meta VALUES ('schema', ?), ('generation', '0'), ('library', ?)",
        (str(SCHEMA_VERSION), secrets.token_hex(4)),
    )
