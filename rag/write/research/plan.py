"""A plan over whitelisted tools, as a model writes it."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

MAX_STEPS = 10
Tool = Literal["search", "filter", "count", "read", "compare", "write"]


class PlanStep(BaseModel):
    """One step; which of the keys matter depends on its tool.

    Attributes:
        name: What later steps call its result.
        of: Earlier results that it works on.
        query: Words to search for, or to choose passages by.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    tool: Tool
    name: str = Field("", max_length=100)
    of: tuple[str, ...] = ()
    query: str = Field("", max_length=300)
    date_from: date | None = Field(None, alias="from")
    date_to: date | None = Field(None, alias="to")
    author: str | None = Field(None, max_length=100)

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, content: Any) -> Any:
        """Models write empty strings and null for what they leave out, and one name without a list."""
        if not isinstance(content, dict):
            return content
        kept = {key: value for key, value in content.items() if value not in (None, "", [])}
        if isinstance(kept.get("of"), str):
            kept["of"] = [kept["of"]]
        if isinstance(kept.get("tool"), str):
            kept["tool"] = kept["tool"].strip().lower()
        return kept

    @model_validator(mode="after")
    def _complete(self) -> PlanStep:
        if self.tool == "search" and not any(map(str.isalnum, self.query)):
            raise ValueError("a search needs a query")
        if self.tool == "filter" and not (self.date_from or self.date_to or self.author):
            raise ValueError("a filter needs from, to or author")
        if self.date_from and self.date_to and self.date_from > self.date_to:
            raise ValueError("from lies after to")
        if self.tool == "compare" and len(set(self.of)) < 2:
            raise ValueError("a comparison needs two results in of")
        if self.tool in ("count", "read") and not self.of:
            raise ValueError(f"{self.tool} needs a result in of")
        return self


class Plan(BaseModel):
    """What is to be found out, and the steps to it; what follows `MAX_STEPS` or the first write is left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    goal: str = Field("", max_length=500)
    steps: tuple[PlanStep, ...] = Field(min_length=1)

    @field_validator("steps")
    @classmethod
    def _ended(cls, steps: tuple[PlanStep, ...]) -> tuple[PlanStep, ...]:
        end = next((n for n, step in enumerate(steps) if step.tool == "write"), len(steps))
        return steps[: min(end, MAX_STEPS)]
