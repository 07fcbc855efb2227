"""The judge's settings: a YAML file named by `--judge`, apart from the configuration that answers."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, ValidationError

from rag.config import LLMConfig, Section
from rag.config.yaml_text import yaml_of
from rag.errors import ConfigError


class JudgeConfig(Section):
    """Which model judges, where it runs and what pins it."""

    model: str = Field(min_length=1, description="the server's model name")
    family: str | None = Field(None, description="model family, where the name does not show it")
    revision: str | None = Field(None, description="what pins the model: a dated name, a commit, a hash of its weights")
    base_url: str = Field("https://api.openai.com/v1", description="OpenAI-compatible server, up to and with /v1")
    api_key_env: str = Field("OPENAI_API_KEY", description="environment variable that holds the server's key")
    timeout_s: float = Field(60.0, gt=0, description="seconds for one call, its retries included")
    max_retries: int = Field(3, ge=0, description="tries after the first, where a retry can help")
    max_output_tokens: int = Field(2000, ge=16, description="longest reply")
    context_tokens: int = Field(32_768, ge=512, description="tokens the model reads and writes in one call")
    prompts: Path | None = Field(None, description="folder of prompts; null: the packaged ones")
    prompt_hashes: dict[str, str] = Field(default_factory=dict, description="hash of each prompt, by name: pins them")
    generators: tuple[str, ...] = Field((), description="families of the models that wrote the answers, if not shown")
    rerankers: tuple[str, ...] = Field((), description="families of the models that ranked the passages, if not shown")

    @property
    def llm(self) -> LLMConfig:
        """The same as settings of the client that writes answers; a judge has no limits but these."""
        return LLMConfig(
            provider="openai" if urlsplit(self.base_url).hostname == "api.openai.com" else "openai-compatible",
            model=self.model,
            base_url=self.base_url,
            api_key_env=self.api_key_env,
            timeout_s=self.timeout_s,
            max_retries=self.max_retries,
            temperature=0.0,
            max_output_tokens=self.max_output_tokens,
            context_tokens=self.context_tokens,
        )


def load_judge(path: Path) -> JudgeConfig:
    """Read the judge's settings; a relative `prompts` folder counts from the file.

    Raises:
        ConfigError: the file is missing or not YAML, a key is unknown, missing or of the wrong type.
    """
    advice = f"Keys: {', '.join(JudgeConfig.model_fields)}; only `model` is required."
    try:
        content = yaml_of(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"The judge's settings {path} cannot be read: {error.strerror}.", advice) from None
    except ValueError as error:
        raise ConfigError(f"The judge's settings {path} are not valid YAML: {error}.", advice) from None
    try:
        config = JudgeConfig.model_validate(content)
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, item['loc'])) or 'the file'}: {item['msg']}"
            for item in error.errors(include_url=False, include_context=False)
        ]
        raise ConfigError(f"The judge's settings {path} cannot be used: {'; '.join(faults)}.", advice) from None
    if config.prompts is None:
        return config
    return config.model_copy(update={"prompts": path.parent / config.prompts.expanduser()})
