"""Writes structure-aware mutants of ONNX's own operator tests, for nightly fuzzing of the runner.

    python onnx_mutants.py --count 10000 --seed 1 --out FOLDER

Each mutant is a model of the test collector of the `onnx` package, with one to three changes. They
stay well-formed: files with flipped bytes nearly all die in the protobuf reader and find nothing.
FOLDER gets NNNNNN.onnx and mutants.ndjson: one line a mutant with its origin, the changes, and the
tensors to feed, themselves changed now and then. The same seed and library give the same bytes.
"""

import argparse
import json
import math
import random
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto, numpy_helper
from onnx.backend.test.loader import load_model_tests

CHANGES_MAX = 3
FEED_ELEMENTS_MAX = 4096  # larger inputs are left to the harness to make up
ATTEMPTS_MAX = 20  # at finding a change that applies to a model
INTEGERS = [0, 1, -1, 2**31, -(2**31), 2**31 - 1, 2**63 - 1, -(2**63), 2**20, 2**33]
FLOATS = [math.nan, math.inf, -math.inf, 0.0, -1.0, 1e38]
TEXTS = [b"", b"x" * 5000, b"i,j->", b"...ii,->...", b"->", b"\xff\xfe", b"NOTSET\x00"]
ELEMENT_TYPES = [0, 1, 2, 6, 7, 8, 9, 10, 11, 14, 16, 17, 22, 99]
POPULAR = (
    "Add Cast Concat Conv Gather GatherND Gemm LayerNormalization LSTM MatMul MaxPool Mul "
    "NonMaxSuppression Pad Range ReduceMean Reshape Resize ScatterND Slice Softmax Split "
    "TopK Transpose Where"
).split()
DATATYPES = {
    np.dtype(np.bool_): "BOOL",
    np.dtype(np.float16): "FP16",
    np.dtype(np.float32): "FP32",
    np.dtype(np.float64): "FP64",
    **{np.dtype(f"int{bits}"): f"INT{bits}" for bits in (8, 16, 32, 64)},
    **{np.dtype(f"uint{bits}"): f"UINT{bits}" for bits in (8, 16, 32, 64)},
    np.dtype(object): "BYTES",
}

Feed = dict[str, np.ndarray]


@dataclass(frozen=True)
class Seed:
    name: str
    content: bytes
    feed: Feed


def seeds() -> list[Seed]:
    """All operator tests whose inputs are plain tensors, by name."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        tests = load_model_tests(kind="node")
    found = []
    for test in sorted(tests, key=lambda t: t.name):
        given = test.data_sets[0][0] if test.data_sets else []
        names = [declared.name for declared in test.model.graph.input]
        arrays = [as_array(one) for one in given]
        feed = {n: a for n, a in zip(names, arrays, strict=False) if a is not None}
        found.append(Seed(test.name, test.model.SerializeToString(deterministic=True), feed))
    return found


def as_array(given: object) -> np.ndarray | None:
    if isinstance(given, TensorProto):
        given = numpy_helper.to_array(given)
    if isinstance(given, np.ndarray) or np.isscalar(given):
        array = np.asarray(given)
        if array.dtype.kind in "SU":
            array = array.astype(object)
        return array if array.dtype in DATATYPES else None
    return None  # a sequence, an optional, or a type the wire does not know


def nodes_of(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.type == AttributeProto.GRAPH:
                yield from nodes_of(attribute.g)


def attributes(model: onnx.ModelProto, *kinds: int) -> list[AttributeProto]:
    every = (a for node in nodes_of(model.graph) for a in node.attribute)
    return [a for a in every if a.type in kinds]


def tensors(model: onnx.ModelProto) -> list[TensorProto]:
    inside = [a.t for a in attributes(model, AttributeProto.TENSOR)]
    return [*model.graph.initializer, *inside]


# Each change takes the random source, the model and its feed, changes one of them, and says what it
# did; it says None when there is nothing of its kind to change.


def integer(rng: random.Random, model: onnx.ModelProto, _: Feed) -> str | None:
    found = attributes(model, AttributeProto.INT)
    if not found:
        return None
    chosen = rng.choice(found)
    chosen.i = rng.choice(INTEGERS)
    return f"{chosen.name}={chosen.i}"


def integers(rng: random.Random, model: onnx.ModelProto, _: Feed) -> str | None:
    found = attributes(model, AttributeProto.INTS)
    if not found:
        return None
    chosen = rng.choice(found)
    how = rng.choice(["element", "element", "shorter", "longer", "empty"])
    if how == "empty":
        del chosen.ints[:]
    elif how == "longer" or not chosen.ints:
        chosen.ints.append(rng.choice(INTEGERS))
    elif how == "shorter":
        chosen.ints.pop()
    else:
        chosen.ints[rng.randrange(len(chosen.ints))] = rng.choice(INTEGERS)
    return f"{chosen.name}={list(chosen.ints)[:8]}"


def real(rng: random.Random, model: onnx.ModelProto, _: Feed) -> str | None:
    found = attributes(model, AttributeProto.FLOAT)
    if not found:
        return None
    chosen = rng.choice(found)
    chosen.f = rng.choice(FLOATS)
    return f"{chosen.name}={chosen.f}"


def text(rng: random.Random, model: onnx.ModelProto, _: Feed) -> str | None:
    found = attributes(model, AttributeProto.STRING)
    if not found:
        return None
    chosen = rng.choice(found)
    chosen.s = rng.choice(TEXTS)
    return f"{chosen.name}={chosen.s[:12]!r}"


def weight(rng: random.Random, model: onnx.ModelProto, _: Feed) -> str | None:
    found = tensors(model)
    if not found:
        return None
    chosen = rng.choice(found)
    if rng.random() < 0.5:
        chosen.data_type = rng.choice(ELEMENT_TYPES)
        return f"tensor {chosen.name} type={chosen.data_type}"
    if chosen.dims and rng.random() < 0.7:
        chosen.dims[rng.randrange(len(chosen.dims))] = rng.choice(INTEGERS)
    else:
        chosen.dims.append(rng.choice(INTEGERS))
    return f"tensor {chosen.name} dims={list(chosen.dims)[:8]}"


def declared(rng: random.Random, model: onnx.ModelProto, _: Feed) -> str | None:
    found = [v for v in model.graph.input if v.type.HasField("tensor_type")]
    if not found:
        return None
    chosen = rng.choice(found)
    kind = chosen.type.tensor_type
    if not kind.shape.dim or rng.random() < 0.5:
        kind.elem_type = rng.choice(ELEMENT_TYPES)
        return f"input {chosen.name} type={kind.elem_type}"
    dim = rng.choice(kind.shape.dim)
    dim.dim_value = rng.choice(INTEGERS)
    return f"input {chosen.name} dim={dim.dim_value}"


def wiring(rng: random.Random, model: onnx.ModelProto, _: Feed) -> str | None:
    found = [node for node in nodes_of(model.graph) if node.input]
    if not found:
        return None
    chosen = rng.choice(found)
    at = rng.randrange(len(chosen.input))
    how = rng.choice(["drop", "omit", "rename", "swap"])
    if how == "drop":
        del chosen.input[at]
    elif how == "omit":
        chosen.input[at] = ""
    elif how == "rename":
        chosen.input[at] = "nobody"
    else:
        chosen.input[at] = rng.choice(list(chosen.input))
    return f"{chosen.op_type} input {at} {how}"


def outputs(rng: random.Random, model: onnx.ModelProto, _: Feed) -> str | None:
    chosen = rng.choice(list(nodes_of(model.graph)))
    extra = rng.choice([1, 1, 3, 64])
    chosen.output.extend(f"extra{i}" for i in range(extra))
    return f"{chosen.op_type} {extra} more outputs"


def operator(rng: random.Random, model: onnx.ModelProto, _: Feed) -> str | None:
    chosen = rng.choice(list(nodes_of(model.graph)))
    before = chosen.op_type
    chosen.op_type, chosen.domain = rng.choice(POPULAR), ""
    return f"{before} becomes {chosen.op_type}"


def fed_value(rng: random.Random, _: onnx.ModelProto, feed: Feed) -> str | None:
    """A valid model can be harmed by what a client sends: sizes, axes and indices first of all."""
    found = [name for name, array in feed.items() if array.dtype.kind in "iu" and array.size]
    if not found:
        return None
    name = rng.choice(found)
    array = feed[name].copy()
    limits = np.iinfo(array.dtype)
    number = max(limits.min, min(limits.max, rng.choice(INTEGERS)))
    array.flat[rng.randrange(array.size)] = number
    feed[name] = array
    return f"feed {name}={number}"


def fed_shape(rng: random.Random, _: onnx.ModelProto, feed: Feed) -> str | None:
    if not feed:
        return None
    name = rng.choice(sorted(feed))
    array = feed[name]
    how = rng.choice(["flat", "empty", "deeper"])
    shapes = {
        "flat": array.reshape(-1),
        "empty": array.reshape(-1)[:0],
        "deeper": array[np.newaxis],
    }
    feed[name] = shapes[how]
    return f"feed {name} {how}"


CHANGES: list[Callable[[random.Random, onnx.ModelProto, Feed], str | None]] = [
    integer, integer, integers, integers, real, text, weight, declared,
    wiring, outputs, operator, fed_value, fed_value, fed_shape,
]  # fmt: skip


def mutate(rng: random.Random, seed: Seed) -> tuple[bytes, Feed, list[str]]:
    model, feed, said = onnx.load_from_string(seed.content), dict(seed.feed), []
    wanted = rng.randint(1, CHANGES_MAX)
    for _ in range(ATTEMPTS_MAX):
        done = rng.choice(CHANGES)(rng, model, feed)
        if done is not None:
            said.append(done)
        if len(said) == wanted:
            break
    return model.SerializeToString(deterministic=True), feed, said


def wire(array: np.ndarray) -> dict | None:
    """As in the golden files: 64-bit integers and what is not finite are strings."""
    if array.size > FEED_ELEMENTS_MAX:
        return None
    flat = array.reshape(-1).tolist()
    if array.dtype in (np.int64, np.uint64):
        flat = [str(v) for v in flat]
    elif array.dtype.kind == "f":
        flat = [v if math.isfinite(v) else odd(v) for v in flat]
    elif array.dtype == object:
        flat = [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in flat]
    return {"datatype": DATATYPES[array.dtype], "shape": list(array.shape), "data": flat}


def odd(number: float) -> str:
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"


def main() -> int:
    parser = argparse.ArgumentParser(description="Writes mutants of the ONNX operator tests.")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="an empty or new folder")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    if any(chosen.out.iterdir()):
        parser.error(f"{chosen.out} is not empty")
    rng, origins, kinds = random.Random(chosen.seed), seeds(), Counter()
    with (chosen.out / "mutants.ndjson").open("w", encoding="utf-8") as index:
        for number in range(chosen.count):
            origin = rng.choice(origins)
            content, feed, said = mutate(rng, origin)
            kinds[len(said)] += 1
            file = f"{number:06d}.onnx"
            (chosen.out / file).write_bytes(content)
            inputs = {name: wire(array) for name, array in feed.items()}
            line = {"file": file, "origin": origin.name, "changes": said, "inputs": inputs}
            index.write(json.dumps(line, allow_nan=False) + "\n")
    print(f"{chosen.count} mutants of {len(origins)} models; by number of changes: {dict(kinds)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
