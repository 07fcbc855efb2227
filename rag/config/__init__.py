"""Configuration: `config.yaml` and `PAPERCHAT__SECTION__KEY` variables → one frozen `Config`.

Read once, at the entry point. Unknown keys are refused by their full name. Secrets are never configured: a provider
names the environment variable that holds its key.
"""

from __future__ import annotations

from rag.config.load import ENV_PREFIX, Loaded, leaf_keys, load_config
from rag.config.public import public_address, public_values
from rag.config.sections import (
    ARXIV_SECONDS,
    AnswerConfig,
    ArxivConfig,
    BudgetConfig,
    BulkConfig,
    ChunkingConfig,
    EmbeddingConfig,
    IndexConfig,
    LibraryConfig,
    LLMConfig,
    LogConfig,
    Reformulation,
    Refusable,
    RetrievalConfig,
    Section,
    TelemetryConfig,
    UIConfig,
    WatchConfig,
)
from rag.config.whole import FORMER_DATA_DIR, NOT_ANSWERING, Config, default_data_dir

__all__ = [
    "ARXIV_SECONDS",
    "ENV_PREFIX",
    "FORMER_DATA_DIR",
    "NOT_ANSWERING",
    "AnswerConfig",
    "ArxivConfig",
    "BudgetConfig",
    "BulkConfig",
    "ChunkingConfig",
    "Config",
    "EmbeddingConfig",
    "IndexConfig",
    "LLMConfig",
    "LibraryConfig",
    "Loaded",
    "LogConfig",
    "Reformulation",
    "Refusable",
    "RetrievalConfig",
    "Section",
    "TelemetryConfig",
    "UIConfig",
    "WatchConfig",
    "default_data_dir",
    "leaf_keys",
    "load_config",
    "public_address",
    "public_values",
]
