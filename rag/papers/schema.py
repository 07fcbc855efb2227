"""The shelf's tables, and how those of an earlier version are brought up to date."""

from __future__ import annotations

import secrets

from rag.papers.database import Connection

_FIRST = """
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
_METADATA_AND_BODIES = """
CREATE TABLE metadata (
    paper_id TEXT NOT NULL, name TEXT NOT NULL, day TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (paper_id, name)) WITHOUT ROWID;
CREATE TABLE categories (name TEXT NOT NULL, paper_id TEXT NOT NULL, PRIMARY KEY (name, paper_id)) WITHOUT ROWID;
CREATE INDEX categories_by_paper ON categories (paper_id);
CREATE TABLE bodies (
    paper_id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, sections TEXT NOT NULL, pages TEXT NOT NULL,
    PRIMARY KEY (paper_id, version));
"""
_ENTITIES = """
DROP TABLE author_words;
CREATE TABLE entity_papers (entry INTEGER PRIMARY KEY, paper_id TEXT NOT NULL UNIQUE);
CREATE TABLE authors (author INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE author_words (
    last TEXT NOT NULL, first TEXT NOT NULL, author INTEGER NOT NULL,
    PRIMARY KEY (last, first, author)) WITHOUT ROWID;
CREATE TABLE authorship (
    author INTEGER NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY (author, entry)) WITHOUT ROWID;
CREATE INDEX authorship_by_entry ON authorship (entry);
CREATE TABLE names (
    key TEXT NOT NULL, claim INTEGER NOT NULL, entry INTEGER NOT NULL, surface TEXT NOT NULL,
    PRIMARY KEY (key, claim, entry)) WITHOUT ROWID;
CREATE INDEX names_by_entry ON names (entry);
CREATE VIRTUAL TABLE titles USING fts5(title, tokenize = 'unicode61 remove_diacritics 2');
"""
"""`papers.entities` fills them."""
_CORRECTIONS = """
ALTER TABLE versions ADD COLUMN arxiv INTEGER NOT NULL DEFAULT 0;
ALTER TABLE listings ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
CREATE TABLE heard (
    paper_id TEXT NOT NULL, day TEXT NOT NULL, row TEXT NOT NULL, PRIMARY KEY (paper_id, day, row)) WITHOUT ROWID;
"""
"""`papers.versions` fills them: arXiv's number of a text, which of a day's listings came last, which rows were seen."""
_DESCRIPTIONS = """
CREATE TABLE described (
    paper_id TEXT NOT NULL, version INTEGER NOT NULL, fold TEXT NOT NULL, card TEXT NOT NULL, tags TEXT NOT NULL,
    PRIMARY KEY (paper_id, version)) WITHOUT ROWID;
CREATE TABLE cards (
    paper_id TEXT NOT NULL, version INTEGER NOT NULL, field TEXT NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    PRIMARY KEY (paper_id, version, field, start)) WITHOUT ROWID;
CREATE TABLE tags (
    tag TEXT NOT NULL, paper_id TEXT NOT NULL, version INTEGER NOT NULL, place INTEGER NOT NULL,
    PRIMARY KEY (tag, paper_id, version)) WITHOUT ROWID;
CREATE INDEX tags_by_paper ON tags (paper_id, version);
CREATE TABLE subjects (tag TEXT PRIMARY KEY, label TEXT NOT NULL, broader TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE subject_names (name TEXT NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (name, tag)) WITHOUT ROWID;
"""
"""`papers.descriptions` fills them, with what is made of the texts and can be made again."""
_RENAMES = """
CREATE TABLE renamed (old TEXT PRIMARY KEY, new TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX renamed_to ON renamed (new);
CREATE INDEX metadata_by_doi ON metadata (lower(json_extract(value, '$'))) WHERE name = 'doi';
"""
"""`papers.versions` fills them: ids that no paper has any more, with those under which the papers are known now."""
_FLAGS = """
CREATE TABLE screened (
    paper_id TEXT NOT NULL, version INTEGER NOT NULL, fold TEXT NOT NULL, screen TEXT NOT NULL,
    PRIMARY KEY (paper_id, version)) WITHOUT ROWID;
CREATE TABLE flags (
    paper_id TEXT NOT NULL, version INTEGER NOT NULL, kind TEXT NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, other TEXT NOT NULL,
    PRIMARY KEY (paper_id, version, kind, start)) WITHOUT ROWID;
CREATE INDEX flags_by_other ON flags (other);
CREATE TABLE runs (run INTEGER NOT NULL, paper_id TEXT NOT NULL, PRIMARY KEY (run, paper_id)) WITHOUT ROWID;
CREATE INDEX runs_by_paper ON runs (paper_id);
CREATE TABLE reviewed (
    paper_id TEXT NOT NULL, fold TEXT NOT NULL, verdict TEXT NOT NULL, PRIMARY KEY (paper_id, fold)) WITHOUT ROWID;
"""
"""`papers.flags` fills them: what was found in texts, which can be found again, and what a person said of it."""
STEPS = (_FIRST, _METADATA_AND_BODIES, _ENTITIES, _CORRECTIONS, _DESCRIPTIONS, _RENAMES, _FLAGS)
"""What each version of the schema adds to the one before; a library is brought up to date by those that it lacks."""
SCHEMA_VERSION = len(STEPS)
OF_A_TEXT = ("described", "cards", "tags", "screened", "flags")
"""Tables of what is made of a version's title and abstract."""
OF_A_PAPER = (
    "papers",
    "versions",
    "listings",
    "metadata",
    "categories",
    "bodies",
    "heard",
    *OF_A_TEXT,
    "runs",
    "reviewed",
)
"""Tables whose rows leave with their paper."""
HALF_WRITTEN = "ON CONFLICT (paper_id) DO UPDATE SET writing = 1"
"""How an insertion of pending papers ends that may be half-written, also where they are pending already."""
_HAS_META = "SELECT 1 FROM sqlite_master WHERE name = 'meta'"
_VERSION = "SELECT value FROM meta WHERE key = 'schema'"


def schema_of(db: Connection) -> str:
    """The version of a file's schema; 0 where it has no tables yet."""
    if not db.execute(_HAS_META).fetchone():
        return "0"
    row = db.execute(_VERSION).fetchone()
    return str(row[0]) if row else "none"


def is_outdated(schema: str) -> bool:
    """Whether `bring_up_to_date` can do something for a file of this schema."""
    return schema in map(str, range(SCHEMA_VERSION))


def bring_up_to_date(db: Connection) -> None:
    """Add the tables that are missing within a transaction; does nothing where another process was faster."""
    schema = schema_of(db)
    if not is_outdated(schema):
        return
    for step in STEPS[int(schema) :]:
        for statement in step.split(";"):
            db.execute(statement)
    if schema == "0":
        db.execute("INSERT INTO meta VALUES ('generation', '0'), ('library', ?)", (secrets.token_hex(4),))
    db.execute(
        "INSERT INTO meta VALUES ('schema', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (str(SCHEMA_VERSION),),
    )
