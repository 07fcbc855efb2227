"""What a reader does on the chat page, in the words of a test."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

ANNOTATE = "What does Utility-Focused LLM Annotation say about human annotations?"
"""Answered with two quotes of paper 2504.05220."""
NOWHERE = "What is the capital of France?"


@dataclass(frozen=True)
class Tab:
    """A browser tab on the page."""

    page: Page

    @property
    def box(self) -> Locator:
        """Where questions are typed."""
        return self.page.get_by_label("Question", exact=True)

    @property
    def last(self) -> Locator:
        """The last question with its answer."""
        return self.page.locator("#live .turn")

    @property
    def cards(self) -> Locator:
        """The evidence that is shown."""
        return self.page.locator("#evidence .card")

    def ready(self) -> Tab:
        """Wait until the page can be used."""
        expect(self.page.locator("html.arrived")).to_be_attached()
        return self

    def ask(self, question: str) -> Tab:
        """Ask, and wait for the whole answer."""
        self.send(question)
        return self.answered(question)

    def send(self, question: str) -> None:
        """Ask without waiting."""
        self.box.fill(question)
        self.box.press("Enter")

    def answered(self, question: str) -> Tab:
        """Wait for the whole answer to a question."""
        expect(self.last.locator("h2")).to_have_text(question)
        expect(self.page.locator("#live .turn.running")).to_have_count(0)
        expect(self.last.locator("footer.tools")).to_be_visible()
        return self
