"""The judge's settings: a YAML file named by `--judge`, apart from the configuration that answers."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import Field, ValidationError

from rag.config import Section
from rag.errors import ConfigError


class JudgeConfig(Section):
    """Which model judges, where it runs and what pins it."""

    model: str = Field(min_length=1, description="the server's model name")
    family: str | None = Field(None, description="model family, where the name does not show it")
    revision: str | None = Field(None, description="what pins the model: a dated name, a commit, a hash of its weights")
    base_url: str = Field("https://api.openai.com/v1", description="OpenAI-compatible server, up to and with /v1")
    api_key_env: str = Field("OPENAI_API_KEY", description="environment variable that holds the server's key")
    timeout_s: float = Field(60.0, gt=0, description="seconds to wait for the server, a try")
    max_retries: int = Field(3, ge=0, description="tries after the first, where a retry can help")
    prompts: Path | None = Field(None, description="folder of prompts; null: the packaged ones")
    prompt_hashes: dict[str, str] = Field(default_factory=dict, description="hash of each prompt, by name: pins them")
    generators: tuple[str, ...] = Field((), description="families of the models that wrote the answers, if not shown")
    rerankers: tuple[str, ...] = Field((), description="families of the models that ranked the passages, if not shown")


def load_judge(path: Path) -> JudgeConfig:
    """Read the judge's settings; a relative `prompts` folder counts from the file.

    Raises:
        ConfigError: the file is missing or not YAML, a key is unknown, missing or of the wrong type.
    """
    advice = f"Keys: {', '.join(JudgeConfig.model_fields)}; only `model` is required."
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"The judge's settings {path} cannot be read: {error.strerror}.", advice) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
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
