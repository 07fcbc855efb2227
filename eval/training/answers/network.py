"""The scorer's network: MiniLM-L6 with a head on each sentence's mean vector and one on [CLS].

While it is trained, heads stand after the third layer as well (deep supervision, Lee et al. 2015); only those after the
last are exported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from rag.models.answer_scorer.encoding import Encoded

WIDTH, HEADS, LAYERS, INNER, PIECES, POSITIONS = 384, 12, 6, 1536, 30522, 512
STEP = 32
EXITS = (3, 6)
"""Layers after which heads stand."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded sequences.

    Attributes:
        ids: [b, t]
        types: [b, t]
        mask: [b, t], true where a piece stands.
        pool: [b, 1 + s, t]; row 0 averages the question, row 1 + i sentence i.
        present: [b, s], true where a sentence stands.
    """

    ids: Tensor
    types: Tensor
    mask: Tensor
    pool: Tensor
    present: Tensor


def collate(sequences: Sequence[Encoded]) -> Batch:
    """Pad sequences to the longest, in steps: kernels are made for each new length."""
    rows, longest = len(sequences), max(len(sequence.ids) for sequence in sequences)
    length = -(-longest // STEP) * STEP
    most = max(len(sequence.sentences) for sequence in sequences)
    ids, types = torch.zeros(rows, length, dtype=torch.long), torch.zeros(rows, length, dtype=torch.long)
    mask, present = torch.zeros(rows, length, dtype=torch.bool), torch.zeros(rows, most, dtype=torch.bool)
    pool = torch.zeros(rows, 1 + most, length)
    for row, sequence in enumerate(sequences):
        size = len(sequence.ids)
        ids[row, :size], types[row, :size] = torch.tensor(sequence.ids), torch.tensor(sequence.types)
        mask[row, :size] = True
        present[row, : len(sequence.sentences)] = True
        for index, (start, end) in enumerate([sequence.question, *sequence.sentences]):
            pool[row, index, start:end] = 1 / (end - start)
    return Batch(ids, types, mask, pool, present)


class _LockedDropout(nn.Module):
    """Dropout with one mask for all positions of a sequence: drawing numbers is what dropout costs on a processor."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, states: Tensor) -> Tensor:
        if not self.training or not self.share:
            return states
        kept = torch.rand(states.shape[0], 1, states.shape[2]) >= self.share
        return states * (kept.to(states.dtype) / (1 - self.share))


class _Layer(nn.Module):
    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH, 1e-12), nn.LayerNorm(WIDTH, 1e-12)
        self.up, self.down = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.drop = _LockedDropout(dropout)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        rows, length, _ = states.shape
        heads = self.qkv(states).view(rows, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        scores = heads[0] @ heads[1].transpose(-1, -2) * (WIDTH // HEADS) ** -0.5
        seen = (scores + mask).softmax(dim=-1, dtype=scores.dtype) @ heads[2]
        states = self.norm1(states + self.drop(self.out(seen.transpose(1, 2).reshape(rows, length, WIDTH))))
        return self.norm2(states + self.drop(self.down(functional.gelu(self.up(states)))))


class _Heads(nn.Module):
    """Sentence logits [b, s] and "answered at all" logits [b] from one layer's states."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.sentence = nn.Sequential(nn.Linear(2 * WIDTH, 192), nn.GELU(), nn.Dropout(dropout), nn.Linear(192, 1))
        self.answered = nn.Sequential(nn.Linear(WIDTH, 192), nn.GELU(), nn.Dropout(dropout), nn.Linear(192, 1))

    def forward(self, states: Tensor, pool: Tensor) -> tuple[Tensor, Tensor]:
        means = torch.bmm(pool.to(states.dtype), states)
        asked, told = means[:, :1], means[:, 1:]
        sentence = self.sentence(torch.cat([told, told * asked], dim=-1)).squeeze(-1)
        return sentence, self.answered(states[:, 0]).squeeze(-1)


class Network(nn.Module):
    """The encoder and its heads."""

    def __init__(self, dropout: float = 0.1) -> None:
        super().__init__()
        self.words = nn.Embedding(PIECES, WIDTH)
        self.positions, self.types = nn.Embedding(POSITIONS, WIDTH), nn.Embedding(2, WIDTH)
        self.norm, self.drop = nn.LayerNorm(WIDTH, 1e-12), _LockedDropout(dropout)
        self.layers = nn.ModuleList(_Layer(dropout) for _ in range(LAYERS))
        self.heads = nn.ModuleDict({str(layer): _Heads(dropout) for layer in EXITS})

    def states(self, ids: Tensor, types: Tensor, mask: Tensor) -> list[Tensor]:
        """The states after each layer, [b, t, width]; mask is [b, t]."""
        place = torch.arange(ids.shape[1], device=ids.device)
        states = self.drop(self.norm(self.words(ids) + self.positions(place) + self.types(types)))
        if torch.is_autocast_enabled("cpu"):
            states = states.to(torch.bfloat16)
        hidden = torch.zeros(mask.shape, dtype=states.dtype).masked_fill(~mask, -1e4)
        after = []
        for layer in self.layers:
            states = layer(states, hidden[:, None, None, :])
            after.append(states)
        return after

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor, pool: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Sentence logits [b, s] and answered logits [b], of each exit in order."""
        after = self.states(ids, types, mask)
        return [self.heads[str(layer)](after[layer - 1], pool) for layer in EXITS]


def load_minilm(network: Network, weights: Path) -> None:
    """Fill the encoder with all-MiniLM-L6-v2 (`model.safetensors`); the heads stay as they are."""
    tensors = load_file(weights)
    own = {
        "words.weight": tensors["embeddings.word_embeddings.weight"],
        "positions.weight": tensors["embeddings.position_embeddings.weight"],
        "types.weight": tensors["embeddings.token_type_embeddings.weight"],
        "norm.weight": tensors["embeddings.LayerNorm.weight"],
        "norm.bias": tensors["embeddings.LayerNorm.bias"],
    }
    for number in range(LAYERS):
        theirs, ours = f"encoder.layer.{number}.", f"layers.{number}."
        for kind in ("weight", "bias"):
            parts = [tensors[f"{theirs}attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            own[f"{ours}qkv.{kind}"] = torch.cat(parts)
            own[f"{ours}out.{kind}"] = tensors[f"{theirs}attention.output.dense.{kind}"]
            own[f"{ours}norm1.{kind}"] = tensors[f"{theirs}attention.output.LayerNorm.{kind}"]
            own[f"{ours}up.{kind}"] = tensors[f"{theirs}intermediate.dense.{kind}"]
            own[f"{ours}down.{kind}"] = tensors[f"{theirs}output.dense.{kind}"]
            own[f"{ours}norm2.{kind}"] = tensors[f"{theirs}output.LayerNorm.{kind}"]
    missing = network.load_state_dict(own, strict=False)
    unfilled = [name for name in missing.missing_keys if not name.startswith("heads.")]
    if unfilled or missing.unexpected_keys:
        raise ValueError(f"{weights} is not all-MiniLM-L6-v2: {unfilled or missing.unexpected_keys}")


@torch.inference_mode()
def embed(network: Network, pieces: Sequence[Sequence[int]], batch: int = 64) -> Tensor:
    """Sentence-transformers' vectors of texts as word pieces (mean over all, scaled to length 1): [n, width]."""
    order = sorted(range(len(pieces)), key=lambda index: len(pieces[index]))
    vectors = torch.zeros(len(pieces), WIDTH)
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        rows = [[101, *pieces[index][:254], 102] for index in chosen]
        length = max(map(len, rows))
        ids = torch.tensor([row + [0] * (length - len(row)) for row in rows])
        mask = ids != 0
        states = network.states(ids, torch.zeros_like(ids), mask)[-1]
        mean = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        vectors[chosen] = functional.normalize(mean.float(), dim=-1)
    return vectors
