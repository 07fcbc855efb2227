"""Configuration: `config.yaml` and `PAPERCHAT__SECTION__KEY` variables → one frozen `Config`.

Read once, at the entry point. Unknown keys are refused by their full name. Secrets are never configured: a provider
names the environment variable that holds its key.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from rag.errors import ConfigError

if TYPE_CHECKING:
    from rag.types.places import Place

ENV_PREFIX = "PAPERCHAT__"
NOT_ANSWERING: dict[str, Any] = {
    "data_dir": True,
    "library": True,
    "embedding": {"api_key_env", "timeout_s", "max_retries", "batch_size", "threads"},
    "llm": {
        "api_key_env",
        "timeout_s",
        "answer_timeout_s",
        "max_retries",
        "max_concurrency",
        "proxy_url",
        "headers",
        "usd_per_million_in",
        "usd_per_million_out",
    },
    "index": {"chroma_tenant", "chroma_database", "chroma_headers", "chroma_ca_file", "chroma_batch"},
    "bulk": True,
    "ui": True,
    "arxiv": True,
    "watch": True,
    "log": True,
    "telemetry": True,
}
"""Keys that say where, how fast and how patiently work is done; no answer can differ by them."""
FORMER_DATA_DIR = Path("~/.local/share/paperchat")
"""The default on every system before each one's own folder was."""


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
    max_words: int = Field(80, ge=10, description="words shown of one paper, its title included")
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


def default_data_dir() -> Path:
    """Where this system keeps a user's data; a library in `FORMER_DATA_DIR` is found there as long as it is alone."""
    from platformdirs import user_data_path

    own = user_data_path("paperchat", appauthor=False)
    return own if own.exists() or not FORMER_DATA_DIR.expanduser().exists() else FORMER_DATA_DIR


class Config(Section):
    """The whole configuration."""

    data_dir: Path = Field(
        default_factory=default_data_dir,
        description="folder of the library; ~ and relative paths are resolved. null: where this system keeps a user's "
        "data, on Linux ~/.local/share/paperchat",
    )
    library: LibraryConfig = LibraryConfig()
    embedding: EmbeddingConfig = EmbeddingConfig()
    chunking: ChunkingConfig = ChunkingConfig()
    index: IndexConfig = IndexConfig()
    bulk: BulkConfig = BulkConfig()
    retrieval: RetrievalConfig = RetrievalConfig()
    answer: AnswerConfig = AnswerConfig()
    llm: LLMConfig = LLMConfig()
    ui: UIConfig = UIConfig()
    arxiv: ArxivConfig = ArxivConfig()
    watch: WatchConfig = WatchConfig()
    log: LogConfig = LogConfig()
    telemetry: TelemetryConfig = TelemetryConfig()

    @field_validator("data_dir", mode="before", json_schema_input_type=Path | None)
    @classmethod
    def _where_data_lies(cls, value: object) -> object:
        return default_data_dir() if value is None else value

    def digest(self) -> str:
        """Hash of everything that can change an answer (all but `NOT_ANSWERING`), 16 hex digits."""
        content = self.model_dump(mode="json", exclude=NOT_ANSWERING)
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]

    def secret_variables(self) -> list[str]:
        """Names of the environment variables that hold secrets: all keys ``*_env``, and what headers name."""
        return sorted(filter(None, _variables(self.model_dump())))

    @property
    def library_dir(self) -> Path:
        """`data_dir` as an absolute path."""
        return self.data_dir.expanduser().absolute()

    def store(self, name: str) -> Place:
        """Where a store of the library lies: the file of this name, or tables on the server in its place."""
        where = self.library
        if where.database_url is None:
            return self.library_dir / name
        from rag.types.places import Remote

        return Remote(where.database_url, where.database_schema, name, where.password_env)

    @property
    def report_dir(self) -> Path:
        """Where `watch` writes, as an absolute path."""
        return self.watch.out.expanduser().absolute() if self.watch.out else self.library_dir / "reports"


class Loaded(BaseModel):
    """A configuration together with where each value came from.

    Attributes:
        origins: Full key (``embedding.model``) → ``default``, a file name or a variable's name.
        path: The file that was read, None when there was none.
    """

    model_config = ConfigDict(frozen=True)

    config: Config
    origins: dict[str, str]
    path: Path | None


def load_config(
    path: Path | None = None, *, environ: Mapping[str, str] | None = None, data_dir: Path | None = None
) -> Loaded:
    """Read the configuration: defaults, then the file, then the environment, then the command line.

    Args:
        path: A file that must exist; None takes `./config.yaml` where there is one.
        environ: Environment variables; None takes the process's.
        data_dir: Overrides `data_dir` (the command line's ``--data-dir``).

    Raises:
        ConfigError: a missing or unreadable file, an unknown key, a wrong type, a choice that doesn't exist.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    origins = {key: "default" for key in leaf_keys(Config)}
    if path is None and Path("config.yaml").is_file():
        path = Path("config.yaml")
    if path is not None:
        values = _read_file(path)
        origins.update({key: str(path) for key in _keys_of(values)})
    for name in sorted(environ):
        if name.startswith(ENV_PREFIX):
            keys = [part.lower() for part in name.removeprefix(ENV_PREFIX).split("__")]
            _set(values, keys, _read_variable(name, environ[name]), name)
            origins[".".join(keys)] = name
    if data_dir is not None:
        values["data_dir"] = data_dir
        origins["data_dir"] = "--data-dir"
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        raise _explain(error, origins) from None
    return Loaded(config=config, origins={key: origins[key] for key in leaf_keys(Config)}, path=path)


def public_address(url: str) -> str:
    """Hide user and password of an address, to be shown or stored; one without them stays as written.

    A malformed address (``http://bob:s3/cret@host``) loses everything up to its last ``@``.
    """
    scheme, mark, rest = url.partition("://") if "://" in url else ("", "", url)
    try:
        parts = urlsplit(url)
        well_formed = bool(parts.netloc) and (parts.port is None or parts.port >= 0)
    except ValueError:
        well_formed = False
    if well_formed:
        return re.sub(r"(?<=://)[^/?#]*@", "***@", url, count=1)
    return f"{scheme}{mark}***@{rest.rpartition('@')[2]}" if "@" in rest else url


def public_values(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested sections as full keys (`retrieval.k`), with nothing in them that may be a secret.

    Addresses (keys that end in ``_url``) are shown as `public_address`, of headers the names alone: somebody may
    have written a value where the name of a variable belongs.
    """
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= public_values(value, f"{prefix}{name}.")
        else:
            is_address = isinstance(value, str) and name.endswith("_url")
            if name.endswith("headers"):
                value = [entry.partition(":")[0] for entry in value]
            flat[prefix + name] = public_address(value) if is_address else value
    return flat


def _variables(values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _variables(value)
        elif name.endswith("_env"):
            yield value or ""
        elif name.endswith("headers"):
            yield from (entry.partition(":")[2].strip() for entry in value)


def leaf_keys(section: type[BaseModel], prefix: str = "") -> list[str]:
    """Full names of all keys that hold a value, in order of declaration."""
    keys: list[str] = []
    for name, field in section.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            keys += leaf_keys(inner, f"{prefix}{name}.")
        else:
            keys.append(prefix + name)
    return keys


def _read_file(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(
            f"The configuration {path} cannot be read: {error.strerror}.", "Give an existing file to --config."
        ) from None
    except (yaml.YAMLError, ValueError) as error:  # a date that there is not is a plain ValueError
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        said = getattr(error, "problem", None) or error
        raise ConfigError(f"The configuration {path} is not valid YAML{where}: {said}.", "Correct it there.") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"The configuration {path} holds no keys.", "Write `section:` and below it `key: value`.")
    return content


def _read_variable(name: str, text: str) -> object:
    try:
        return yaml.safe_load(text) if text else None
    except (yaml.YAMLError, ValueError):  # its message would quote the value
        raise ConfigError(f"The value of {name} is not valid YAML.", "Put quotes inside it: \"'…'\".") from None


def _keys_of(values: Mapping[Any, Any], prefix: str = "") -> list[str]:
    keys: list[str] = []
    for name, value in values.items():
        keys += _keys_of(value, f"{prefix}{name}.") if isinstance(value, dict) else [f"{prefix}{name}"]
    return keys


def _set(values: dict[str, Any], keys: list[str], value: object, variable: str) -> None:
    for key in keys[:-1]:
        inner = values.setdefault(key, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"{variable} sets a key below {key}, which is not a section.", "Check its name.")
        values = inner
    values[keys[-1]] = value


def _explain(error: ValidationError, origins: Mapping[str, str]) -> ConfigError:
    """Say in one sentence a problem which key is wrong, where it was set and what is allowed."""
    problems = []
    for item in error.errors(include_url=False):
        key = ".".join(str(part) for part in item["loc"])
        set_by = (origin for name, origin in origins.items() if name == key or name.startswith(f"{key}."))
        origin = next((origin for origin in set_by if origin != "default"), None)
        where = f" (set by {origin})" if origin else ""
        if item["type"] == "extra_forbidden":
            problems.append(f"{key}{where} is not a key. {_known_beside(key)}")
        elif item["type"] == "model_type":
            problems.append(f"{key}{where} is a section, with its keys below it; it is {item['input']!r}.")
        else:
            secret = "headers" in key or key == "library.database_url"  # what is given may be one
            given = "" if secret else f"; it is {item['input']!r}"
            problems.append(f"{key}{where}: {item['msg']}{given}.")
    return ConfigError(" ".join(problems), "`paperchat config schema` lists every key with its type and meaning.")


def _known_beside(key: str) -> str:
    """The name that was probably meant instead of an unknown one, or all that stand in its section."""
    section, _, name = key.rpartition(".")
    prefix = f"{section}." if section else ""
    inside = (known.removeprefix(prefix) for known in leaf_keys(Config) if known.startswith(prefix))
    names = list(dict.fromkeys(known.partition(".")[0] for known in inside))
    meant = get_close_matches(name.lower(), names, n=1)
    return f"Did you mean {prefix}{meant[0]}?" if meant else f"Known: {', '.join(prefix + known for known in names)}."
