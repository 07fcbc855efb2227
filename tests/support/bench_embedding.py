"""Measure the embedder against onnxruntime on the same file: ``python -m tests.support.bench_embedding PATH...``.

PATHs are sources of papers, as `paperchat ingest` takes them. onnxruntime runs as it commonly is: batches of 32 in the
order given, padded to the longest. The two take turns on the same texts, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from rag.models import describe, embed_texts
from rag.models.minilm import MAX_TOKENS, MiniLM, installed_model
from rag.models.vocabulary import VOCABULARY
from rag.sources import discover, read_source
from rag.text.readable import readable
from rag.types import Paper

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
BATCH = 32
ROUND = 64
"""Texts before the other one's turn."""


def main() -> None:
    """Print documents a second, their ratio, and how far the vectors agree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    parser.add_argument("--limit", type=int, default=320, help="texts to embed (default: 320)")
    arguments = parser.parse_args()
    items = [item for file in discover(arguments.paths).files for item in read_source(file)]
    texts = sorted({readable(item.text) for item in items if isinstance(item, Paper)})
    random.Random(0).shuffle(texts)
    texts = texts[: arguments.limit]
    model = MiniLM.load()
    ours, theirs = lambda batch: embed_texts(model, batch), _onnxruntime()
    rates, ratios, cosines = [], [], []
    for start in range(0, len(texts), ROUND):
        batch = texts[start : start + ROUND]
        (mine, own_rate), (other, other_rate) = _timed(ours, batch), _timed(theirs, batch)
        rates.append((own_rate, other_rate))
        ratios.append(own_rate / other_rate)
        cosines.extend((mine * other).sum(axis=1))
    tokens = np.mean(np.minimum(describe(model).count_tokens(texts), MAX_TOKENS))
    print(f"{len(texts)} texts of {tokens:.0f} tokens on average, medians of {len(ratios)} rounds")
    print(f"ours         {median(rate for rate, _ in rates):6.1f} documents/s")
    print(f"onnxruntime  {median(rate for _, rate in rates):6.1f} documents/s")
    print(f"ratio        {median(ratios):6.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
    print(f"cosine       {min(cosines):8.5f} at least")


def _timed(embed: Embed, texts: Sequence[str]) -> tuple[NDArray[np.float32], float]:
    start = time.perf_counter()
    vectors = embed(texts)
    return vectors, len(texts) / (time.perf_counter() - start)


def _onnxruntime() -> Embed:
    import onnxruntime
    from tokenizers import BertWordPieceTokenizer

    session = onnxruntime.InferenceSession(str(installed_model()), providers=["CPUExecutionProvider"])
    tokenizer = BertWordPieceTokenizer(str(VOCABULARY), lowercase=True)
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.enable_padding()

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        rows = []
        for start in range(0, len(texts), BATCH):
            encodings = tokenizer.encode_batch(list(texts[start : start + BATCH]))
            ids = np.array([encoding.ids for encoding in encodings])
            mask = np.array([encoding.attention_mask for encoding in encodings])
            feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            states = session.run(None, feed)[0] * mask[:, :, None]
            means = states.sum(axis=1) / mask.sum(axis=1, keepdims=True)
            rows.append(means / np.linalg.norm(means, axis=1, keepdims=True))
        return np.concatenate(rows).astype(np.float32)

    return embed


if __name__ == "__main__":
    main()
