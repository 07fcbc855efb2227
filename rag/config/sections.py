"""The sections of the configuration: every key with its type, its default and what it means."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator


class Section(BaseModel):
    """Base of all sections: frozen, unknown keys refused, defaults checked."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


def _reranker(name: str) -> str:
    if not re.fullmatch(r"answer-scorer|late-interaction|none|[A-Za-z_][\w.]*:[A-Za-z_]\w*", name):
        raise ValueError("should be answer-scorer, late-interaction, none or package.module:Class")
    return name


class LibraryConfig(Section):
    """Where papers and what readers keep are stored: files in the data folder, or a PostgreSQL server."""

    database_url: str | None = Field(
        None,
        description="postgresql://user@host:port/database, for several page servers that share one library; needs "
        "paperchat[postgres]. null: SQLite files in data_dir",
    )
    database_schema: str = Field(
        "paperchat", pattern=r"^[a-z_][a-z0-9_]{0,62}$", description="schema that holds this library's tables there"
    )
    password_env: str = Field("PGPASSWORD", description="environment variable that holds the database's password")

    @field_validator("database_url")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("postgresql", "postgres") or len(parts.path) < 2:
            raise ValueError("should be postgresql://user@host:port/database")
        if parts.password or "password=" in parts.query:
            raise ValueError("holds a password, which belongs into the environment (library.password_env)")
        return value.replace("postgres://", "postgresql://", 1)


class EmbeddingConfig(Section):
    """What turns text into vectors."""

    provider: Literal["minilm", "openai", "openai-compatible"] = Field(
        "minilm", description="minilm runs offline; the others send text to a server"
    )
    model: str | None = Field(None, description="the server's model name; required for the servers")
    base_url: str | None = Field(None, description="address of an OpenAI-compatible server, up to and with /v1")
    dimensions: int | None = Field(None, ge=1, description="vector size the server is asked for and must return")
    max_tokens: int = Field(512, ge=32, description="longest text the server's model reads, in cl100k tokens")
    api_key_env: str = Field("OPENAI_API_KEY", description="environment variable that holds the server's key")
    timeout_s: float = Field(30.0, gt=0, description="seconds for one request, and for all its retries together")
    max_retries: int = Field(3, ge=0, description="tries after the first, only where a retry can help")
    batch_size: int = Field(16, ge=1, le=2048, description="texts embedded at once")
    threads: int | None = Field(None, ge=1, description="processor threads for minilm; null: all cores")


class ChunkingConfig(Section):
    """How papers are split."""

    max_tokens: int | None = Field(
        None, ge=48, description="longest chunk with its title, in the embedder's tokens; null: the embedder's limit"
    )


class IndexConfig(Section):
    """Where vectors live and how they are searched."""

    chroma_url: str | None = Field(None, description="http(s)://host:port of `chroma run`; null: embedded in data_dir")
    chroma_tenant: str = Field("default_tenant", min_length=1, description="the server's tenant")
    chroma_database: str = Field("default_database", min_length=1, description="the tenant's database; must exist")
    chroma_headers: tuple[str, ...] = Field(
        (), description='headers for the server as "Name: VARIABLE", their values from environment variables'
    )
    chroma_ca_file: Path | None = Field(None, description="certificates to trust for https; null: the system's")
    chroma_batch: int | None = Field(
        None, ge=1, description="most records of one request, where the server allows fewer than it says; null: its own"
    )
    hnsw_m: int = Field(16, ge=2, description="HNSW links a vector")
    ef_construction: int = Field(200, ge=10, description="HNSW candidates while building")
    ef_search: int = Field(400, ge=10, description="HNSW candidates while searching")

    @property
    def graph(self) -> dict[str, int]:
        """The keys that decide what the index is; the others say where it lies and how it is reached."""
        return self.model_dump(include={"hnsw_m", "ef_construction", "ef_search"})


class BulkConfig(Section):
    """How `ingest --engine ray` embeds on a cluster (the extra `ray`)."""

    ray_address: str | None = Field(
        None, description="host:port of a Ray cluster; null: RAY_ADDRESS, else a cluster of this machine alone"
    )
    workers: int | None = Field(None, ge=1, description="most worker processes; null: one a processor of the cluster")
    block_papers: int = Field(128, ge=1, le=8192, description="papers a worker has in hand: what its loss costs")


class RetrievalConfig(Section):
    """How passages are found."""

    k: int = Field(10, ge=1, le=1_000_000, description="passages `search` prints")
    candidates: int = Field(100, ge=20, le=1_000_000, description="candidates taken from each list")
    dense_weight: float = Field(0.6, ge=0, le=1, description="weight of the dense list; the lexical one gets the rest")
    dense_weight_paraphrase: float = Field(
        0.98, ge=0, le=1, description="the same for a question of which even the best lexical match covers little"
    )
    reranker: Annotated[str, AfterValidator(_reranker)] = Field(
        "answer-scorer",
        description="second look at the first papers: late-interaction (word by word), answer-scorer (that, and then"
        " whether they answer), none, or a LlamaIndex node postprocessor as package.module:Class, made without"
        " arguments",
    )


class AnswerConfig(Section):
    """How answers are made."""

    mode: Literal["extractive", "llm"] = Field(
        "extractive", description="extractive quotes sentences, without a model; llm lets the model of `llm` write"
    )
    max_papers: int = Field(10, ge=1, description="most papers cited by one extractive answer")
    max_words: int = Field(
        80, ge=10, description="words shown of one paper, its title included; 45 more for what would be cut in two"
    )
    max_question_chars: int = Field(4000, ge=100, description="longest question")
    clarify: bool = Field(True, description="ask back where a name in the question means several systems here")


class BudgetConfig(Section):
    """What the language model may use up; a call that would go over a limit is not made. null: no limit."""

    answer_tokens: int | None = Field(60_000, ge=1, description="tokens of one answer, prompts and replies together")
    day_tokens: int | None = Field(None, ge=1, description="tokens of a day (UTC), of everyone who uses this data_dir")
    answer_usd: float | None = Field(None, gt=0, description="cost of one answer; needs the model's prices")
    day_usd: float | None = Field(None, gt=0, description="cost of a day (UTC); needs the model's prices")


Reformulation = Literal["genqr", "query2doc", "query2e", "qa-expand", "mugi", "csqe", "lamer"]
"""Families of prompts that rewrite a question for the search (rag/write/reformulation/bank.yaml)."""


Refusable = Literal["stream_options", "max_tokens", "max_completion_tokens", "temperature", "stream", "system"]
"""What servers of language models refuse now and then; `system` is the role."""


class LLMConfig(Section):
    """The language model that writes answers where `answer.mode` is llm."""

    provider: Literal["openai", "openai-compatible"] | None = Field(
        None, description="null: no model; openai sends text to OpenAI; openai-compatible to the server at base_url"
    )
    model: str | None = Field(None, description="the server's model name; there is no default")
    base_url: str | None = Field(None, description="address of an OpenAI-compatible server, up to and with /v1")
    api_key_env: str = Field("OPENAI_API_KEY", description="environment variable that holds the server's key")
    timeout_s: float = Field(60.0, gt=0, description="seconds for one call, its retries included")
    answer_timeout_s: float = Field(180.0, gt=0, description="seconds for all calls of one answer together")
    max_retries: int = Field(3, ge=0, description="tries after the first, only where a retry can help")
    max_concurrency: int = Field(4, ge=1, description="calls under way at once; others wait within their time")
    proxy_url: str | None = Field(None, description="proxy for the server; null: the environment's (HTTPS_PROXY)")
    headers: tuple[str, ...] = Field(
        (), description='further headers as "Name: VARIABLE": each takes its value from that environment variable'
    )
    temperature: float | None = Field(0.0, ge=0, le=2, description="null: the server's default")
    max_output_tokens: int = Field(800, ge=16, description="longest reply")
    context_tokens: int = Field(8192, ge=512, description="tokens the model reads and writes in one call")
    leave_out: tuple[Refusable, ...] = Field(
        (), description="what the server is not sent; what it refuses by name is left out by itself (system: the role)"
    )
    thinks: bool | None = Field(
        None, description="whether the model writes its thoughts into the reply; null: found out from its first reply"
    )
    max_sources: int = Field(8, ge=1, description="most passages given to the model for one answer")
    memory_tokens: int = Field(1500, ge=100, description="tokens of a conversation; its oldest turns are summarised")
    usd_per_million_in: float | None = Field(None, ge=0, description="price of a million prompt tokens; null: unknown")
    usd_per_million_out: float | None = Field(None, ge=0, description="price of a million reply tokens; null: unknown")
    budget: BudgetConfig = BudgetConfig()
    repair: bool = Field(True, description="ask once more about sentences that the check struck")
    research: bool = Field(False, description="let the model search several times before it answers")
    two_heads: bool = Field(False, description="write two drafts where the evidence is weak, and keep the better one")
    utility: bool = Field(False, description="let the model choose the passages that help")
    reformulate: Reformulation | None = Field(
        None, description="rewrite questions for the search, by this family of the bank"
    )


class UIConfig(Section):
    """The web page: where it is served, to whom, and what it lets programs do."""

    host: str = Field("127.0.0.1", min_length=1, description="address to bind; another than this machine's needs users")
    port: int = Field(7860, ge=0, le=65535, description="port to bind; 0: any free one")
    hosts: tuple[str, ...] = Field((), description="names under which browsers reach the page, behind a proxy for one")
    auth_file: Path | None = Field(
        None, description="users, a line each as `paperchat config password USER` prints it; null: PAPERCHAT_USERS"
    )
    allow_open: bool = Field(False, description="let anybody in who can reach the page, without users")
    shared: bool = Field(
        False, description="several servers show this library: questions under way are seen, and ended, from each"
    )
    api: bool = Field(False, description="let programs call ask, search, topic and papers over HTTP")
    mcp: bool = Field(False, description="offer the same four as MCP tools; needs paperchat[mcp]")
    concurrency: int = Field(8, ge=1, description="questions answered at once; others wait their turn")
    read_ahead: int = Field(
        1000, ge=0, description="newest papers that are read while nobody asks, so that answers about them come sooner"
    )
    finish_s: float = Field(
        30.0, ge=0, description="seconds that answers under way may still take when the page is told to end"
    )
    max_upload_mb: int = Field(200, ge=1, description="largest file that can be added on the page, in MB (10^6 bytes)")
    max_upload_files: int = Field(100, ge=1, description="files that can be added on the page at once")
    max_unpacked_mb: int = Field(2000, ge=1, description="what such a file may unpack to where it is compressed, in MB")


ARXIV_SECONDS = 3.0
"""Between two requests of one reader: what arXiv's terms of use ask for."""


class ArxivConfig(Section):
    """Where and how politely `fetch` asks arXiv. Nothing is asked of another host than those named here."""

    api_url: str = Field("https://export.arxiv.org/api/query", description="where papers are looked up (Atom)")
    feed_url: str = Field("https://rss.arxiv.org/atom", description="where the day's announcements lie, by category")
    pdf_url: str = Field("https://export.arxiv.org/pdf", description="where full texts lie, by id and version")
    contact: str | None = Field(
        None, pattern=r"^[\x21-\x7e ]*$", description="address under which arXiv can reach you; sent with each request"
    )
    allow_private: bool = Field(
        False, description="let the name of a mirror lead to an address of this machine or of your own network"
    )
    delay_s: float = Field(ARXIV_SECONDS, gt=0, description="seconds between two requests, of all commands together")
    timeout_s: float = Field(
        60.0, gt=0, description="seconds for one reply of the API; five times that for a full text"
    )
    max_retries: int = Field(5, ge=0, description="tries after the first, each after twice the wait of the one before")
    patience_s: float = Field(300.0, gt=0, description="longest wait that arXiv may ask for; past it the command ends")
    page_size: int = Field(100, ge=1, le=2000, description="papers asked for at once")
    since_days: int = Field(7, ge=1, description="days that are read where --since is not given, the first time")
    max_pdf_mb: float = Field(50.0, gt=0, description="largest full text that is kept, in MB (10^6 bytes)")

    @field_validator("api_url", "feed_url", "pdf_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("should be http(s)://host/path")
        return value.rstrip("/")

    @field_validator("delay_s")
    @classmethod
    def _is_polite(cls, value: float, info: ValidationInfo) -> float:
        hosts = [urlsplit(str(info.data.get(key, ""))).hostname for key in ("api_url", "feed_url", "pdf_url")]
        if value < ARXIV_SECONDS and any(f".{host}".endswith(".arxiv.org") for host in hosts):
            raise ValueError(f"arXiv allows one request in {ARXIV_SECONDS:g} seconds")
        return value


class WatchConfig(Section):
    """What `watch` fetches and reads, and where it writes the report."""

    categories: tuple[str, ...] = Field((), description="papers of any of these categories of arXiv: cs.IR, hep-th, cs")
    query: str = Field("", description="papers with these words; with categories: both must hold")
    pdf: bool = Field(False, description="download full texts as well")
    sources: tuple[str, ...] = Field((), description="files, folders and addresses that are ingested each time")
    out: Path | None = Field(None, description="folder of the report; null: `reports` in the data folder")
    days: int = Field(7, ge=1, le=366, description="days of the report, up to the newest that the library holds")


class LogConfig(Section):
    """What the page writes on stderr while it runs."""

    format: Literal["plain", "json"] = Field("plain", description="plain for people, json for programs: one a line")
    level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="least that is written; info tells of each request and each answer"
    )
    questions: bool = Field(False, description="let what readers ask stand in the log")


class TelemetryConfig(Section):
    """What of the page's work is counted and traced for others to collect; nothing, unless it is switched on."""

    metrics: bool = Field(False, description="offer figures to Prometheus at /metrics; where there are users, to them")
    traces: bool = Field(False, description="send OpenTelemetry traces; needs paperchat[telemetry]")
    traces_url: str | None = Field(
        None,
        pattern=r"^https?://[^/]",
        description="where a collector takes OTLP over HTTP, up to and with /v1/traces; null: as"
        " OTEL_EXPORTER_OTLP_ENDPOINT says, else http://localhost:4318/v1/traces",
    )
    service_name: str = Field("paperchat", min_length=1, description="under which name traces are collected")
    sampled: float = Field(1.0, ge=0, le=1, description="share of requests that are traced")
