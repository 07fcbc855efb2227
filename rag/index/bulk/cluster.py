"""The writer's side of bulk embedding: papers out to a Ray cluster, embedded blocks in, into the index one by one."""

from __future__ import annotations

import logging
import os
import pickle
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.config import BulkConfig
from rag.errors import ClusterError, ConfigError, LibraryError, PaperchatError
from rag.index.bulk.blocks import Blocks, key_of, paper_of
from rag.index.bulk.worker import PROBE, Recipe, Worker, unpacked
from rag.models import embed_texts

if TYPE_CHECKING:
    import pyarrow

    from rag.index.library import Embedded, Library, Progress

WAVE = 65_536
"""Papers that are read from the shelf and handed to the cluster at once, some 150 MB of abstracts."""
WRITTEN_AT_ONCE = 8_192
"""Most papers of one write to the indexes: each begins with a copy of an embedded Chroma."""
_STORE_BYTES = 512_000_000
"""Shared memory of a cluster that is started for one ingest on this machine."""
_KEPT = "What was embedded is kept: run the same command again and it goes on from there."


class RayEngine:
    """Embeds pending papers on a cluster; called by `Library.index_pending`."""

    def __init__(self, config: BulkConfig) -> None:
        """Take the settings; the cluster is reached when there is something to embed.

        Raises:
            ConfigError: the extra `ray` is not installed.
        """
        try:
            import pyarrow  # noqa: F401
            import ray  # noqa: F401
        except ImportError:
            raise ConfigError(
                "`--engine ray` needs Ray, which is not installed.", "Install it: pip install 'paperchat[ray]'"
            ) from None
        self._config = config

    def __call__(
        self, library: Library, pending: Mapping[str, bool], progress: Progress | None = None
    ) -> Iterator[Embedded]:
        """Embed all that is pending.

        Args:
            library: Held for writing by the caller.
            pending: Paper ids, with whether an earlier write of them may have begun.
            progress: Told how many papers have been embedded.

        Yields:
            What is to be written next; when the next is asked for, it has been written.

        Raises:
            ClusterError: the cluster cannot be reached, or gave up.
        """
        work = yield from _resumed(library, pending, progress)
        if work.waiting:
            with _connected(self._config.ray_address):
                for wave in _cut(sorted(work.waiting), WAVE):
                    yield from work.written(_received(work, wave, self._config))
        yield from work.without_text()
        work.blocks.close()
        if work.waiting:
            raise ClusterError(f"The cluster gave back {len(work.waiting)} papers fewer than it was given.", _KEPT)


def resumed(
    library: Library, pending: Mapping[str, bool], progress: Progress | None = None
) -> Generator[Embedded, None, dict[str, bool]]:
    """Take what an earlier ingest's cluster had embedded; needs no cluster, and no Ray.

    Returns:
        What is still pending, in the form of `pending`.
    """
    work = yield from _resumed(library, pending, progress)
    work.blocks.close()
    return work.waiting


def _resumed(
    library: Library, pending: Mapping[str, bool], progress: Progress | None
) -> Generator[Embedded, None, _Work]:
    blocks = Blocks(library.folder, library.fingerprint)
    work = _Work(library, pending, blocks, progress)
    yield from work.written(_each(blocks.files()))
    return work


class _Work:
    """What is still to be embedded, and what came back."""

    def __init__(
        self, library: Library, pending: Mapping[str, bool], blocks: Blocks, progress: Progress | None
    ) -> None:
        self.library = library
        self.blocks = blocks
        self.waiting = dict(pending)
        self._total = len(pending)
        self._progress = progress

    def without_text(self) -> Iterator[Embedded]:
        """Papers that are no more on the shelf: nothing of them is to be embedded, and their chunks go."""
        gone = self.waiting.keys() - self.library.shelf.papers(self.waiting).keys()
        unit = {paper_id: self.waiting.pop(paper_id) for paper_id in sorted(gone)}
        if unit:
            yield self.library.embedded(unit, [], np.empty((0, 0), np.float32))

    def written(self, arriving: Iterator[list[Path]]) -> Iterator[Embedded]:
        """Turn blocks into what is to be written, and delete them once it is."""
        for files in arriving:
            if embedded := self._opened(files):
                yield embedded
            self.blocks.drop(files)

    def _opened(self, files: Sequence[Path]) -> Embedded | None:
        """What these blocks hold of papers that still wait; a paper that came twice, or has changed, is left out."""
        held = dict(chain.from_iterable(self.blocks.read(file).items() for file in files))
        papers = self.library.shelf.papers({paper_of(key) for key in held} & self.waiting.keys())
        keys = {key: paper_id for paper_id, paper in papers.items() if (key := key_of(paper)) in held}
        if not keys:
            return None
        unit = {paper_id: self.waiting.pop(paper_id) for paper_id in keys.values()}
        if self._progress:
            self._progress("embedding", self._total - len(self.waiting), self._total)
        parts = [unpacked(held[key]) for key in keys]
        chunks = [chunk for those, _ in parts for chunk in those]
        vectors = [rows for _, rows in parts if len(rows)]
        return self.library.embedded(unit, chunks, np.concatenate(vectors or [np.empty((0, 0), np.float32)]))


def _each(files: Sequence[Path]) -> Iterator[list[Path]]:
    for part in _cut(files, 64):
        yield list(part)


def _received(work: _Work, wave: Sequence[str], config: BulkConfig) -> Iterator[list[Path]]:
    """Have papers embedded; blocks are committed as they come, in a thread, and handed out as the writer asks.

    Raises:
        ClusterError: the cluster gave up.
    """
    arrived: Queue[Path | BaseException | None] = Queue()
    stopped = threading.Event()
    dataset = _dataset(work.library, wave, config)

    def receive() -> None:
        try:
            for table in dataset.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
                if stopped.is_set():
                    return
                arrived.put(work.blocks.put(dict(zip(*(table.column(i).to_pylist() for i in (0, 1)), strict=True))))
            arrived.put(None)
        except BaseException as error:
            arrived.put(error)

    thread = threading.Thread(target=receive, name="bulk", daemon=True)
    thread.start()
    try:
        yield from _batches(arrived, max(1, WRITTEN_AT_ONCE // config.block_papers))
    finally:
        stopped.set()


def _batches(arrived: Queue[Path | BaseException | None], most: int) -> Iterator[list[Path]]:
    """Wait for a block, and take with it what has come since."""
    over = False
    while not over:
        found = [arrived.get()]
        while len(found) < most and isinstance(found[-1], Path):
            try:
                found.append(arrived.get_nowait())
            except Empty:
                break
        if files := [one for one in found if isinstance(one, Path)]:
            yield files
        if isinstance(found[-1], BaseException):
            raise _ours(found[-1])
        over = found[-1] is None


def _dataset(library: Library, wave: Sequence[str], config: BulkConfig) -> Any:
    """The pipeline: tables of papers → workers → tables of chunks and vectors."""
    import ray

    tables = [_table(library, part) for part in _cut(wave, config.block_papers)]
    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    workers = max(1, min(config.workers or int(resources.get("CPU", 1)), len(tables)))
    return ray.data.from_arrow(tables).map_batches(
        Worker,
        fn_constructor_args=(_recipe(library),),
        batch_format="pyarrow",
        batch_size=None,  # a block is a batch: what a lost worker had in hand
        concurrency=(1, workers, workers),  # all from the beginning; one is enough to go on
        num_cpus=1,
    )


def _table(library: Library, paper_ids: Sequence[str]) -> pyarrow.Table:
    import pyarrow

    papers = library.shelf.papers(paper_ids).values()
    rows = pyarrow.array([pickle.dumps(paper) for paper in papers], pyarrow.large_binary())
    return pyarrow.table({"key": pyarrow.array([key_of(paper) for paper in papers], pyarrow.string()), "paper": rows})


def _recipe(library: Library) -> Recipe:
    settings = library.config
    return Recipe(
        embedding=settings.embedding.model_dump(mode="json"),
        max_tokens=settings.chunking.max_tokens,
        embedder=library.embedding_info.identity,
        chunker=library.chunker.identity,
        probe=tuple(embed_texts(library.embedding, [PROBE])[0].tolist()),
    )


@contextmanager
def _connected(address: str | None) -> Iterator[None]:
    """Reach the cluster at an address, or start one on this machine; nothing is reported to anybody."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # its C++ parts log to stderr
    import ray

    if ray.is_initialized():  # whoever calls us has a cluster already
        yield
        return
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if address or os.environ.get("RAY_ADDRESS"):
            ray.init(address=address, **quiet)
        else:
            ray.init(include_dashboard=False, object_store_memory=_STORE_BYTES, **quiet)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise ClusterError(
            f"No Ray cluster can be reached at {address or 'this machine'}: {str(error).splitlines()[0]}",
            "Start one with `ray start --head`, and name its address in bulk.ray_address.",
        ) from None
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    try:
        yield
    finally:
        ray.shutdown()


def _ours(error: BaseException) -> BaseException:
    """An error of the cluster, of a worker or of the disk, as ours; what is no error of theirs stays as it is."""
    import ray

    if isinstance(error, PaperchatError) or not isinstance(error, Exception):
        return error
    if isinstance(error, OSError) and not isinstance(error, ray.exceptions.RayError):
        return LibraryError(f"What the cluster gave back cannot be kept: {error.strerror or error}.", _KEPT)
    cause: BaseException | None = error
    while cause is not None:
        own = getattr(cause, "cause", None)
        if isinstance(own, PaperchatError):
            return own
        cause = own or cause.__cause__
    lines = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    what = "A worker" if isinstance(error, ray.exceptions.RayTaskError) else "The Ray cluster"
    return ClusterError(f"{what} failed: {lines[-1][:300]}", _KEPT)


def _cut(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
