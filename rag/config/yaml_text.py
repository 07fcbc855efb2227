"""YAML that people write: whatever is wrong with it is a ValueError that says what."""

from __future__ import annotations

from typing import Any

import yaml

_MOST = 100_000
"""Values of a text when its aliases are followed; one that names itself twice over and over has more than memory."""


def yaml_of(text: str) -> Any:
    """What a text says, by YAML's own types alone.

    Raises:
        ValueError: it is not YAML, a value is not of the type that its tag names, or it is nested too deeply or without
            an end.
    """
    try:
        content = yaml.safe_load(text)
        _require_finite(content, {}, set())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ValueError(f"{where}{getattr(error, 'problem', None) or error}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except (
        AttributeError,
        LookupError,
        TypeError,
    ) as error:  # of a tag that does not fit
        raise ValueError(f"a value is not of the type that its tag names ({error})") from None
    return content


def _require_finite(value: Any, sizes: dict[int, int], around: set[int]) -> int:
    """How many values a value holds, those of aliases as often as they are named.

    Raises:
        ValueError: it holds itself, or more than `_MOST`.
    """
    if not isinstance(value, dict | list | tuple | set):
        return 1
    if (key := id(value)) in around:
        raise ValueError("a part of it holds itself")
    if key not in sizes:
        inner = [*value.keys(), *value.values()] if isinstance(value, dict) else list(value)
        sizes[key] = 1 + sum(_require_finite(one, sizes, around | {key}) for one in inner)
    if sizes[key] > _MOST:
        raise ValueError("its aliases name each other over and over")
    return sizes[key]
