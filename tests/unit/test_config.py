"""The configuration: defaults, file, environment, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from rag.config import Config, leaf_keys, load_config, public_address, public_values
from rag.errors import ConfigError
from tests.support.data import REPOSITORY


def test_the_documented_file_holds_every_key_with_its_default() -> None:
    values = yaml.safe_load((REPOSITORY / "config.yaml").read_text())
    assert Config.model_validate(values) == Config()
    assert list(public_values(values)) == leaf_keys(Config)


def test_the_library_lies_where_the_system_keeps_data_or_where_it_lay_before(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    former = tmp_path / "home" / ".local" / "share" / "paperchat"
    assert Config().library_dir == former
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    own = tmp_path / "data" / "paperchat"
    assert Config().library_dir == Config.model_validate({"data_dir": None}).library_dir == own
    former.mkdir(parents=True)
    assert Config().library_dir == former
    own.mkdir(parents=True)
    assert Config().library_dir == own


def test_every_key_says_what_it_means() -> None:
    def fields(section: type) -> None:
        for name, field in section.model_fields.items():  # type: ignore[attr-defined]
            if isinstance(field.annotation, type) and hasattr(field.annotation, "model_fields"):
                fields(field.annotation)
            else:
                assert field.description, name

    fields(Config)


def test_environment_wins_over_the_file_and_the_command_line_over_both(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("data_dir: /a\nretrieval:\n  k: 3\n  candidates: 50\n")
    loaded = load_config(
        file, environ={"PAPERCHAT__RETRIEVAL__K": "7", "PAPERCHAT__DATA_DIR": "/b"}, data_dir=Path("/c")
    )
    assert (loaded.config.retrieval.k, loaded.config.retrieval.candidates) == (7, 50)
    assert loaded.config.data_dir == Path("/c")
    assert loaded.origins["retrieval.k"] == "PAPERCHAT__RETRIEVAL__K"
    assert loaded.origins["retrieval.candidates"] == str(file)
    assert loaded.origins["data_dir"] == "--data-dir"
    assert loaded.origins["index.hnsw_m"] == "default"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("embeding: {}", "embeding is not a key. Did you mean embedding?"),
        ("retreival: {k: 3}", "c.yaml) is not a key. Did you mean retrieval?"),
        (
            "colour: red",
            "Known: data_dir, library, embedding, chunking, index, bulk, retrieval, answer, llm, ui, arxiv, watch, "
            "log, telemetry.",
        ),
        ("embedding: {modle: x}", "embedding.modle"),
        ("llm: {budget: {day_token: 1}}", "Did you mean llm.budget.day_tokens?"),
        ("chunking: {colour: red}", "Known: chunking.max_tokens."),
        ("embedding: {provider: cohere}", "'minilm', 'openai' or 'openai-compatible'"),
        ("retrieval: {k: many}", "retrieval.k"),
        ("retrieval: {dense_weight: 1.5}", "less than or equal to 1"),
        ("retrieval: 5", "c.yaml) is a section, with its keys below it; it is 5."),
        ("- a list", "holds no keys"),
        ("answer: [oops", "not valid YAML: line 1, column 14: expected ',' or ']'"),
    ],
)
def test_what_is_wrong_is_named_in_full(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(file, environ={})
    assert said in caught.value.message
    assert caught.value.exit_code == 2
    assert caught.value.advice


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml"):
        load_config(tmp_path / "nowhere.yaml", environ={})


def test_a_wrong_variable_is_named() -> None:
    with pytest.raises(ConfigError, match="set by PAPERCHAT__EMBEDDING__PROVIDER"):
        load_config(environ={"PAPERCHAT__EMBEDDING__PROVIDER": "nothing"})
    with pytest.raises(ConfigError, match="PAPERCHAT__DATA_DIR__X"):
        load_config(environ={"PAPERCHAT__DATA_DIR": "x", "PAPERCHAT__DATA_DIR__X": "1"})


def test_the_digest_ignores_where_the_data_lies() -> None:
    assert Config(data_dir=Path("/x")).digest() == Config().digest()
    assert Config.model_validate({"retrieval": {"k": 3}}).digest() != Config().digest()


@pytest.mark.parametrize(
    "changed",
    [{"threads": 1}, {"timeout_s": 1.5}, {"max_retries": 9}, {"batch_size": 7}, {"api_key_env": "OTHER"}],
)
def test_the_digest_ignores_what_no_answer_depends_on(changed: dict[str, object]) -> None:
    assert Config.model_validate({"embedding": changed}).digest() == Config().digest()


@pytest.mark.parametrize(
    "changed", [{"model": "m"}, {"base_url": "http://h/v1"}, {"dimensions": 8}, {"max_tokens": 99}]
)
def test_the_digest_holds_the_embedding_model(changed: dict[str, object]) -> None:
    assert Config.model_validate({"embedding": changed}).digest() != Config().digest()


def test_a_variable_that_is_no_yaml_is_named_and_not_quoted() -> None:
    with pytest.raises(ConfigError, match="PAPERCHAT__EMBEDDING__MODEL") as caught:
        load_config(environ={"PAPERCHAT__EMBEDDING__MODEL": "[s3cret"})
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "public"),
    [
        ("http://host:8000/v1", "http://host:8000/v1"),
        ("http://host/a@b?c=d@e", "http://host/a@b?c=d@e"),
        ("http://bob:s3cret@host:8000/v1", "http://***@host:8000/v1"),
        ("http://bob:s3@cret@host", "http://***@host"),
        ("http://s3cret@[::1]:80/v1", "http://***@[::1]:80/v1"),
        ("http://bob:s3/cret@host", "http://***@host"),
        ("http://bob:s3cret@[host", "http://***@[host"),
        ("http://bob:s3cret@host:port", "http://***@host:port"),
        ("http://bob:s3/cret://more@host", "http://***@host"),
        ("bob:s3cret@host", "***@host"),
        ("http://[", "http://["),
        ("", ""),
    ],
)
def test_an_address_is_shown_without_user_and_password(written: str, public: str) -> None:
    assert public_address(written) == public


def test_public_values_hide_passwords_in_addresses_alone() -> None:
    shown = public_values(
        Config.model_validate(
            {"index": {"chroma_url": "http://bob:s3cret@host"}, "embedding": {"model": "name@2"}}
        ).model_dump(mode="json")
    )
    assert shown["index.chroma_url"] == "http://***@host"
    assert shown["embedding.model"] == "name@2"
    assert list(shown) == leaf_keys(Config)


def test_values_of_headers_are_never_shown(tmp_path: Path) -> None:
    config = Config.model_validate({"llm": {"headers": ["X-Key: s3cret"]}})
    assert public_values(config.model_dump(mode="json"))["llm.headers"] == ["X-Key"]
    file = tmp_path / "config.yaml"
    file.write_text("llm:\n  headers: {X-Key: s3cret}\n")
    with pytest.raises(ConfigError, match=r"llm\.headers") as caught:
        load_config(file, environ={})
    assert "s3cret" not in str(caught.value)


def test_a_configuration_runs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    mark = tmp_path / "mark"
    path.write_text(f"data_dir: !!python/object/apply:os.system ['touch {mark}']\n")
    with pytest.raises(ConfigError, match="not valid YAML"):
        load_config(path, environ={})
    with pytest.raises(ConfigError, match="not valid YAML"):
        load_config(environ={"PAPERCHAT__DATA_DIR": f"!!python/object/apply:os.system ['touch {mark}']"})
    assert not mark.exists()
