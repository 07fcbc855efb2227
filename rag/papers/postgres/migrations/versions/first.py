"""The library as SQLite held it when it came to PostgreSQL, and the words by which papers are found there."""

from __future__ import annotations

import secrets
from typing import Any

from alembic import op

from rag.papers import schema, usage
from rag.papers.postgres.dialect import tables
from rag.papers.readers import answered, conversations, followed, kept, rewritten

revision = "0001"
down_revision = None

_FUNCTIONS = r"""
CREATE FUNCTION json_each(list TEXT) RETURNS TABLE (key BIGINT, value TEXT) LANGUAGE sql IMMUTABLE AS $$
    SELECT place - 1, item FROM json_array_elements_text(list::json) WITH ORDINALITY AS items (item, place) $$;
CREATE FUNCTION json_extract(document TEXT, path TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE path WHEN '$' THEN document::json #>> '{}'
        ELSE document::json ->> substring(path FROM '\d+')::integer END $$;
CREATE FUNCTION joined(list TEXT, item TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT list || ',' || item $$;
CREATE AGGREGATE group_concat(TEXT) (SFUNC = joined, STYPE = TEXT);
CREATE FUNCTION julianday(day TEXT) RETURNS BIGINT LANGUAGE sql IMMUTABLE AS $$
    SELECT day::date - DATE '2000-01-01' + 2451544 $$;
"""
"""SQLite's, as far as the stores use them; `julianday` as a whole number, which is all they take of it."""
_WORDS = r"""
CREATE FUNCTION words_of(text TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE AS $$
    SELECT regexp_replace(regexp_replace(normalize(text, NFKD), '[\u0300-\u036f]', '', 'g'),
        '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u00d7'
        '\u00f7\u2000-\u206f\u20a0-\u20cf\u2190-\u245f\u2500-\u2bff\u3000-\u3004\u3008-\u3020]+', ' ', 'g') $$;
CREATE TEXT SEARCH DICTIONARY stems (TEMPLATE = snowball, LANGUAGE = 'porter');
CREATE TEXT SEARCH CONFIGURATION stemmed (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION stemmed ALTER MAPPING FOR asciiword, word, numword WITH stems;
CREATE TABLE titles (
    rowid BIGINT PRIMARY KEY, title TEXT COLLATE "C" NOT NULL,
    words TSVECTOR GENERATED ALWAYS AS (to_tsvector('pg_catalog.simple', words_of(title))) STORED);
CREATE INDEX titles_by_word ON titles USING gin (words);
CREATE FUNCTION titles_query(asked TEXT) RETURNS TSQUERY LANGUAGE sql IMMUTABLE AS $$
    SELECT phraseto_tsquery('pg_catalog.simple', words_of(asked)) $$;
CREATE TABLE catalogue (rowid BIGINT PRIMARY KEY, paper_id TEXT COLLATE "C" NOT NULL UNIQUE);
CREATE INDEX catalogue_in_order ON catalogue ((rowid >> 20) DESC, paper_id);
CREATE TABLE catalogue_words (rowid BIGINT PRIMARY KEY, paper_id TEXT COLLATE "C" NOT NULL, words TSVECTOR NOT NULL);
CREATE INDEX catalogue_by_word ON catalogue_words USING gin (words);
CREATE FUNCTION catalogue_words_query(asked TEXT) RETURNS TSQUERY LANGUAGE sql STABLE AS $$
    SELECT to_tsquery('stemmed', replace(replace(ltrim(asked, '"'), '" "', ' & '), '"*', ':*')) $$;
"""
_TRIGGERS = r"""
CREATE FUNCTION catalogue_leave() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    DELETE FROM catalogue_words WHERE paper_id = OLD.paper_id;
    DELETE FROM catalogue WHERE paper_id = OLD.paper_id;
    RETURN OLD;
END $$;
CREATE FUNCTION catalogue_enter() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE place BIGINT; day BIGINT := julianday(NEW.date) << 20; BEGIN
    SELECT coalesce(max(rowid), day - 1) + 1 INTO place FROM catalogue
        WHERE rowid >= day AND rowid < day + (1 << 20);
    INSERT INTO catalogue VALUES (place, NEW.paper_id);
    INSERT INTO catalogue_words SELECT place, paper_id,
        setweight(to_tsvector('stemmed', words_of(title)), 'A')
        || to_tsvector('stemmed', words_of(paper_id || ' ' || abstract))
        FROM versions WHERE paper_id = NEW.paper_id AND version = NEW.latest;
    RETURN NULL;
END $$;
CREATE TRIGGER catalogue_leaves BEFORE DELETE ON papers FOR EACH ROW EXECUTE FUNCTION catalogue_leave();
CREATE TRIGGER catalogue_enters AFTER INSERT ON papers FOR EACH ROW EXECUTE FUNCTION catalogue_enter();
"""
_STEPS = (
    *schema.STEPS[:7],
    *kept.STEPS[:4],
    *conversations.STEPS[:1],
    *followed.STEPS[:1],
    *answered.STEPS[:1],
    *rewritten.STEPS[:1],
    *usage.STEPS[:1],
)


def upgrade() -> None:
    """Make all tables."""
    connection: Any = op.get_bind().connection.driver_connection
    run = connection.execute  # several statements at once, no values
    run(_FUNCTIONS)
    for step in _STEPS:
        for statement in tables(step):
            run(statement)
    run(_WORDS)
    run(_TRIGGERS)
    run(f"INSERT INTO meta VALUES ('generation', '0'), ('library', '{secrets.token_hex(4)}')")
