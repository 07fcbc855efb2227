"""Every error paperchat raises on purpose.

Each says what happened and what to do next, in two sentences a reader can act on.

    PaperchatError                  exit 1
    ├── UsageError                  exit 2: the call or the configuration is wrong
    │   ├── ConfigError             unknown key, wrong type, unknown provider
    │   ├── QuestionError           empty or too long a question
    │   └── KeepError               a name, a note or an id that cannot be kept
    ├── SourceError                 a file or address cannot be read as papers
    │   └── FetchError              a server of papers is away, refuses, asks to wait or answers something else
    ├── LibraryError                the stored library
    │   ├── EmptyLibrary            no papers yet
    │   ├── PaperNotFound           no such paper or version
    │   ├── ConversationNotFound    no such conversation, or somebody else's
    │   ├── FollowedNotFound        no such followed question
    │   ├── RewritingNotFound       no such rewriting of a question
    │   ├── ListNotFound            no such list of papers
    │   ├── RegionNotFound          no such region of the map
    │   ├── BackupError             a backup cannot be written, read or put back
    │   ├── NoteConflict            a note was changed elsewhere since it was read
    │   ├── IndexMismatch           built with another embedder or chunker
    │   ├── IndexDamaged            shelf, Chroma and lexical index disagree or cannot be opened
    │   └── LibraryBusy             another process holds the lock for too long
    ├── EmbeddingError              turning text into vectors
    │   ├── ModelFileError          the shipped model is missing or is not the pinned one
    │   └── EmbeddingServerError    the configured server failed
    │       ├── EmbeddingAuthError          no key, 401, 403
    │       ├── EmbeddingNotFoundError      wrong base_url or model (404)
    │       ├── EmbeddingRateLimitError     429 after the retries
    │       ├── EmbeddingUnavailableError   5xx, connection refused
    │       ├── EmbeddingTimeoutError       no answer within the time-out
    │       └── EmbeddingResponseError      not JSON, wrong count or wrong size of vectors
    ├── ClusterError                the Ray cluster that embeds cannot be reached, or gave up
    ├── VectorStoreError            the configured Chroma server cannot be reached or refuses
    ├── RerankerError               the configured reranker failed
    ├── LLMError                    the configured language model failed
    │   ├── LLMAuthError            no key, 401, 403
    │   ├── LLMNotFoundError        wrong base_url or model (404)
    │   ├── LLMRequestError         the request itself is refused (400, 413, 422)
    │   ├── LLMRateLimitError       429 after the retries
    │   ├── LLMUnavailableError     5xx, connection refused, a stream that stops half-way
    │   ├── LLMTimeoutError         no whole reply within the time-out
    │   ├── LLMResponseError        not a chat completion
    │   │   └── LLMEmptyError       a reply without text
    │   └── BudgetExceeded          the call would go over a configured limit; nothing was sent
    ├── Stopping                    the server is being stopped and takes nothing new
    └── EvaluationError             an evaluation cannot be done, or its figures would mislead
        ├── JudgeError              the model that judges answers cannot be asked
        ├── DatasetError            a QA set or BEIR folder cannot be read, or holds nothing to ask
        └── RunMismatch             run folders that don't belong together, or to this corpus, config or QA set
"""

from __future__ import annotations


class PaperchatError(Exception):
    """Base of the tree: `message` says what happened, `advice` what to do next."""

    exit_code = 1

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message}\n{self.advice}" if self.advice else self.message


class UsageError(PaperchatError):
    """The call or the configuration is wrong; nothing was done."""

    exit_code = 2


class ConfigError(UsageError):
    """The configuration holds an unknown key, a wrong type or an unknown choice."""


class QuestionError(UsageError):
    """The question is empty or longer than the limit."""


class KeepError(UsageError):
    """A list's name, a note or a paper's id is none that can be kept; nothing was changed."""


class SourceError(PaperchatError):
    """A file or address cannot be read as papers."""


class FetchError(SourceError):
    """A server of papers cannot be reached, refuses, asks for a longer wait than is configured, or answers nonsense."""


class Stopping(PaperchatError):
    """The server is being stopped: what is under way is finished, nothing new is begun."""


class LibraryError(PaperchatError):
    """The stored library cannot do what was asked."""


class EmptyLibrary(LibraryError):
    """The library holds no papers yet."""


class PaperNotFound(LibraryError):
    """The library holds no such paper, or not that version of it."""


class ConversationNotFound(LibraryError):
    """There is no such conversation or answer, or it is somebody else's."""


class FollowedNotFound(LibraryError):
    """No followed question has that number."""


class RewritingNotFound(LibraryError):
    """No rewriting of the reader's questions has that number."""


class ListNotFound(LibraryError):
    """The reader has no list of papers of that name."""


class RegionNotFound(LibraryError):
    """No region of the map has this code."""


class BackupError(LibraryError):
    """A backup cannot be written, is damaged or is none, or there is no room to put it back."""


class NoteConflict(LibraryError):
    """A note was changed elsewhere since it was read; nothing was changed.

    Attributes:
        text: What is stored now; empty where the note was deleted.
        revision: Of what is stored, with which it can be written over; 0 where the note was deleted.
    """

    def __init__(self, message: str, advice: str, text: str, revision: int) -> None:
        super().__init__(message, advice)
        self.text = text
        self.revision = revision


class IndexMismatch(LibraryError):
    """The index was built with another embedder or chunker than the configuration names."""


class IndexDamaged(LibraryError):
    """Shelf, Chroma and lexical index disagree, or one of them cannot be opened."""


class LibraryBusy(LibraryError):
    """Another process has been writing to the library for longer than we wait."""


class EmbeddingError(PaperchatError):
    """Text could not be turned into vectors."""


class ModelFileError(EmbeddingError):
    """The shipped model file is missing or is not the pinned one."""


class EmbeddingServerError(EmbeddingError):
    """The configured embedding server failed."""


class EmbeddingAuthError(EmbeddingServerError):
    """The server wants a key and none, or a wrong one, was sent."""


class EmbeddingNotFoundError(EmbeddingServerError):
    """The address or the model is unknown to the server."""


class EmbeddingRateLimitError(EmbeddingServerError):
    """The server refused for too many requests, also after the retries."""


class EmbeddingUnavailableError(EmbeddingServerError):
    """The server is down, unreachable or failing."""


class EmbeddingTimeoutError(EmbeddingServerError):
    """The server did not answer within the configured time."""


class EmbeddingResponseError(EmbeddingServerError):
    """The server's answer cannot be used: not JSON, too few vectors, vectors of another size."""


class ClusterError(PaperchatError):
    """The Ray cluster that embeds papers cannot be reached, or gave up; what it had embedded is kept."""


class VectorStoreError(PaperchatError):
    """The configured Chroma server cannot be reached or refuses."""


class RerankerError(PaperchatError):
    """The reranker that the configuration names failed."""


class LLMError(PaperchatError):
    """The configured language model failed, or refused the request."""


class LLMAuthError(LLMError):
    """The server wants a key and none, or a wrong one, was sent."""


class LLMNotFoundError(LLMError):
    """The address or the model is unknown to the server."""


class LLMRequestError(LLMError):
    """The server refuses the request itself: too long a prompt, or a parameter the model does not take."""


class LLMRateLimitError(LLMError):
    """The server refused for too many requests, also after the retries."""


class LLMUnavailableError(LLMError):
    """The server is down, unreachable or failing, or its stream stopped half-way."""


class LLMTimeoutError(LLMError):
    """The server did not send the whole reply within the configured time."""


class LLMResponseError(LLMError):
    """The server's reply cannot be used: it is not a chat completion, or not what was asked for."""


class LLMEmptyError(LLMResponseError):
    """The server's reply holds no text."""


class BudgetExceeded(LLMError):
    """The call would go over the limit of an answer or of the day; nothing was sent."""


class EvaluationError(PaperchatError):
    """An evaluation cannot be done, or its figures would mislead."""


class JudgeError(EvaluationError):
    """The model that judges answers cannot be asked: its server is away, refuses or answers something else."""


class DatasetError(EvaluationError):
    """A QA set or a BEIR folder cannot be read, or holds nothing that could be asked."""


class RunMismatch(EvaluationError):
    """Run folders that do not belong together, or to this corpus, configuration or QA set."""
