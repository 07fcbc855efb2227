"""OpenVINO, with every setting that changes a figure made explicit: what the shipped models run on.

Knows nothing of LlamaIndex, whose import takes longer than loading a model: both go on at once (`load_ahead`).
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet

import numpy as np
from numpy.typing import NDArray

from rag.errors import EmbeddingError, ModelFileError
from rag.models import compiled

if TYPE_CHECKING:
    import openvino

PRECISION = "f32"
QUANTISATION_GROUP = 32
"""Activations that share one int8 scale (OpenVINO's dynamic quantisation); 0 would switch it off. Of the embedder: its
vectors lie in libraries."""
JUDGING_GROUP = 64
"""The same for the networks that this project exports, whose figures a library keeps at most for a while, under what
decides them (their `IDENTITY`): a fifth less time, and log-odds that lie .030 from those of unquantised activations in
the mean instead of .023."""
STEP = 32
"""Sequences of the networks that this project exports are filled up to a multiple of so many pieces: OpenVINO makes
kernels for each length, which costs a tenth of an inference of mixed lengths, and memory for those it keeps."""
_NOT_SEEN = -1e9
"""What is added to the attention to a piece that only fills up: its share is 0 exactly."""
KEPT_KERNELS, KEPT_OF_STEPS = 8, 32
"""Kernels that OpenVINO keeps of the embedder, and of networks whose sequences are filled up; and oneDNN below it. By
default both keep thousands, made for each length of text that comes by: half a gigabyte after 400 lengths, for little
time (docs/adr/0035-running.md). Of sequences in steps there are few lengths: keeping all spares a fourteenth."""

FIRST_CALL = threading.Lock()
"""Two threads that touch a tensor's data for the first time in a process at once deadlock inside OpenVINO's bindings:
they wait for each other's initialisation of NumPy's interface and for the GIL. So every model makes its first call
while it loads, one at a time."""


class Network:
    """A model ready to run; safe to call from many threads, of which as many run at once as it was made for."""

    def __init__(self, model: openvino.CompiledModel, requests: int) -> None:
        self._model = model
        self._requests: SimpleQueue[openvino.InferRequest] = SimpleQueue()
        self._number = requests
        for _ in range(requests):
            self._requests.put(model.create_infer_request())
        self._outputs = len(model.outputs)
        _networks.add(self)

    def __call__(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        """Run once.

        Args:
            inputs: One array a name.

        Returns:
            The model's outputs, in its order.
        """
        # A request serves one call at a time, and its output is overwritten by the next: borrow, copy, give back.
        request = self._requests.get()
        try:
            request.infer(dict(inputs))
            return [request.get_output_tensor(i).data.copy() for i in range(self._outputs)]
        finally:
            self._requests.put(request)

    def release(self) -> None:
        """Give back the memory that inferences calculate in, unless one is running; the next takes it again."""
        held: list[openvino.InferRequest] = []
        try:
            for _ in range(self._number):
                held.append(self._requests.get_nowait())
            self._model.release_memory()
            if (kept := _weights.get(self._model)) is not None:
                compiled.let_go(kept)
        except Empty:  # one is running: all of it stays until the next time
            return
        finally:
            for request in held:
                self._requests.put(request)


_weights: WeakKeyDictionary[openvino.CompiledModel, compiled.Kept] = WeakKeyDictionary()
"""The files that models run from, mapped for as long as these are there: OpenVINO only knows the place in memory."""
_networks: WeakSet[Network] = WeakSet()


def release_networks() -> None:
    """Give back what inferences of all models of this process calculate in (`Network.release`)."""
    for network in list(_networks):
        network.release()


def filled(ids: Sequence[int], types: Sequence[int] | None = None) -> dict[str, NDArray[Any]]:
    """One sequence of word pieces as the networks that this project exports read it, filled up to a multiple of `STEP`.

    Args:
        ids: The pieces.
        types: Their token types; None: 0 for all.

    Returns:
        `input_ids` and `token_type_ids`, int64 [1, t], and `mask`, float32 [1, 1, 1, t]; t is at least the pieces.
    """
    length = -(-len(ids) // STEP) * STEP
    row, kinds = np.zeros((2, 1, length), dtype=np.int64)
    row[0, : len(ids)] = ids
    if types is not None:
        kinds[0, : len(ids)] = types
    mask = np.zeros((1, 1, 1, length), dtype=np.float32)
    mask[..., len(ids) :] = _NOT_SEEN
    return {"input_ids": row, "token_type_ids": kinds, "mask": mask}


def usable_processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def read_checked(file: Path, sha256: str, what: str, advice: str) -> bytes:
    """Read a model file that must be a certain one.

    Args:
        file: Where it lies.
        sha256: The digest that it must have.
        what: What it is, for the message.
        advice: What to do where it is not there, or is another one.

    Raises:
        ModelFileError: it is missing, or is not the one.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ModelFileError(f"The {what} {file} cannot be read: {error.strerror}.", advice) from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ModelFileError(
            f"The {what} {file} is not the pinned one: sha256 {found[:12]}…, not {sha256[:12]}….", advice
        )
    return content


def _from_file(core: openvino.Core, file: Path, settings: Mapping[str, Any]) -> openvino.CompiledModel | None:
    """A model as it is kept; its weights stay in the file, and only those that are used come into memory."""
    import openvino

    if (kept := compiled.read(file)) is None:
        return None
    try:
        mapped = core.import_model(openvino.Tensor(kept, shared_memory=True), "CPU", dict(settings))
    except RuntimeError:  # made by a build of OpenVINO that calls itself the same
        with suppress(OSError):
            file.unlink()
        return None
    _weights[mapped] = kept
    return mapped


def compile_model(content: bytes, threads: int, *, exported: bool = False) -> openvino.CompiledModel:
    """Compile an ONNX model for as many inferences at once as there are threads, each on one of them.

    What OpenVINO makes of it is kept (`rag.models.compiled`) and read again the next time, with the same results.

    Args:
        content: The ONNX file.
        threads: Inferences at once.
        exported: Whether this project exported the network, which reads sequences that are `filled`.

    Raises:
        EmbeddingError: OpenVINO cannot run on this machine.
    """
    # Importing OpenVINO sends usage data unless this optional package is out of reach; it then uses its own stub.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(KEPT_OF_STEPS))  # read when its library is loaded
    try:
        import openvino
    except (ImportError, OSError) as error:
        raise EmbeddingError(
            f"OpenVINO cannot be loaded: {str(error).splitlines()[0]}", "Install openvino anew."
        ) from error
    settings: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": PRECISION,
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": str(JUDGING_GROUP if exported else QUANTISATION_GROUP),
        "NUM_STREAMS": str(threads),
        "INFERENCE_NUM_THREADS": str(threads),
        "CPU_RUNTIME_CACHE_CAPACITY": str(KEPT_OF_STEPS if exported else KEPT_KERNELS),
    }
    try:
        core = openvino.Core()
        file = compiled.file_for(content, [openvino.get_version(), *compiled.processor(core), settings])
        if (kept := _from_file(core, file, settings)) is not None:
            return kept
        made = core.compile_model(core.read_model(content), "CPU", settings)
        compiled.keep(file, made.export_model)
        mapped = _from_file(core, file, settings)
        return mapped if mapped is not None else made
    except RuntimeError as error:
        raise EmbeddingError(
            f"OpenVINO {openvino.__version__} cannot run the shipped models here: {str(error).splitlines()[0]}",
            "Install openvino anew.",
        ) from error
