"""The whole configuration: all sections, where the library lies, and what of them an answer depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator

from rag.config.sections import (
    AnswerConfig,
    ArxivConfig,
    BulkConfig,
    ChunkingConfig,
    EmbeddingConfig,
    IndexConfig,
    LibraryConfig,
    LLMConfig,
    LogConfig,
    RetrievalConfig,
    Section,
    TelemetryConfig,
    UIConfig,
    WatchConfig,
)

if TYPE_CHECKING:
    from rag.types.places import Place

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


def _variables(values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _variables(value)
        elif name.endswith("_env"):
            yield value or ""
        elif name.endswith("headers"):
            yield from (entry.partition(":")[2].strip() for entry in value)
