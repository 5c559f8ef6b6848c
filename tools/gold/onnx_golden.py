"""Golden models: small, correct, with inputs and the outputs they must give.

`simple`, `simple_string`, `simple_int8` and `identity_*` compute what the models of the same names
compute in the public examples of inference servers, so that those projects' clients can be run
against ours. The expected outputs are worked out here with numpy, not by a runtime.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from onnx import TensorProto

from onnx_build import FLOAT, INT32, INT64, file_of, node, shape64, value

STRING = TensorProto.STRING

DATATYPES: dict[str, tuple[int, type | None]] = {
    "BOOL": (TensorProto.BOOL, np.bool_),
    "UINT8": (TensorProto.UINT8, np.uint8),
    "UINT16": (TensorProto.UINT16, np.uint16),
    "UINT32": (TensorProto.UINT32, np.uint32),
    "UINT64": (TensorProto.UINT64, np.uint64),
    "INT8": (TensorProto.INT8, np.int8),
    "INT16": (TensorProto.INT16, np.int16),
    "INT32": (INT32, np.int32),
    "INT64": (INT64, np.int64),
    "FP16": (TensorProto.FLOAT16, np.float16),
    "FP32": (FLOAT, np.float32),
    "FP64": (TensorProto.DOUBLE, np.float64),
    "BYTES": (STRING, None),
}
WIDE = ("INT64", "UINT64")  # written as decimal strings: JSON readers round large numbers
TEXTS = ["", "a", "-1", "Zürich", "東京", "🙂", 'quote " and \\', "line\nbreak\ttab", "x" * 300]


@dataclass(frozen=True)
class Golden:
    """`cases` are pairs of tensors in, tensors out."""

    name: str
    content: bytes
    says: str
    cases: list[tuple[list[dict], list[dict]]]


def wire_value(datatype: str, raw: object) -> object:
    if datatype in WIDE:
        return str(raw)
    if isinstance(raw, float) and not math.isfinite(raw):
        return "NaN" if math.isnan(raw) else ("Infinity" if raw > 0 else "-Infinity")
    return raw


def wire(name: str, datatype: str, array: np.ndarray) -> dict:
    flat = [wire_value(datatype, raw) for raw in array.reshape(-1).tolist()]
    return {"name": name, "datatype": datatype, "shape": list(array.shape), "data": flat}


def sum_and_difference(elem: int, dims: list) -> bytes:
    names = ("INPUT0", "INPUT1", "OUTPUT0", "OUTPUT1")
    in0, in1, out0, out1 = (value(name, dims, elem) for name in names)
    nodes = [
        node("Add", ["INPUT0", "INPUT1"], ["OUTPUT0"]),
        node("Sub", ["INPUT0", "INPUT1"], ["OUTPUT1"]),
    ]
    return file_of(nodes, [in0, in1], [out0, out1])


def sum_and_difference_int8() -> bytes:
    """The runtime has no 8-bit addition, so it is done in 32 bits and cast back (and wraps)."""
    dims = ["batch", 16]
    nodes = [node("Cast", [f"INPUT{i}"], [f"a{i}"], to=INT32) for i in (0, 1)]
    nodes += [node("Add", ["a0", "a1"], ["s"]), node("Sub", ["a0", "a1"], ["d"])]
    pairs = (("s", "OUTPUT0"), ("d", "OUTPUT1"))
    nodes += [node("Cast", [i], [o], to=TensorProto.INT8) for i, o in pairs]
    ins = [value(f"INPUT{i}", dims, TensorProto.INT8) for i in (0, 1)]
    outs = [value(f"OUTPUT{i}", dims, TensorProto.INT8) for i in (0, 1)]
    return file_of(nodes, ins, outs)


def sum_and_difference_text() -> bytes:
    dims = ["batch", 16]
    nodes = [node("Cast", [f"INPUT{i}"], [f"a{i}"], to=INT32) for i in (0, 1)]
    nodes += [node("Add", ["a0", "a1"], ["s"]), node("Sub", ["a0", "a1"], ["d"])]
    nodes += [node("Cast", [i], [o], to=STRING) for i, o in (("s", "OUTPUT0"), ("d", "OUTPUT1"))]
    ins = [value(f"INPUT{i}", dims, STRING) for i in (0, 1)]
    outs = [value(f"OUTPUT{i}", dims, STRING) for i in (0, 1)]
    return file_of(nodes, ins, outs)


def pair_case(
    datatype: str, a: np.ndarray, b: np.ndarray, convert: Callable = lambda x: x
) -> tuple[list[dict], list[dict]]:
    ins = [wire(f"INPUT{i}", datatype, convert(x)) for i, x in enumerate((a, b))]
    outs = [wire(f"OUTPUT{i}", datatype, convert(x)) for i, x in enumerate((a + b, a - b))]
    return ins, outs


def as_text(array: np.ndarray) -> np.ndarray:
    return np.array([str(x) for x in array.reshape(-1)], dtype=object).reshape(array.shape)


def simple_models() -> list[Golden]:
    count, ones = np.arange(16, dtype=np.int32), np.ones(16, dtype=np.int32)
    extreme = np.array([2**31 - 1, -(2**31)] * 8, dtype=np.int32)
    rows = np.arange(48, dtype=np.int32).reshape(3, 16)

    def row(x: np.ndarray) -> np.ndarray:
        return x.reshape(1, 16)

    both = [
        pair_case("INT32", row(count), row(ones)),
        pair_case("INT32", row(extreme), row(np.zeros_like(ones))),
        pair_case("INT32", rows, rows[::-1].copy()),
    ]
    small = (row(count.astype(np.int8)), row(ones.astype(np.int8)))
    return [
        Golden(
            "simple",
            sum_and_difference(INT32, ["batch", 16]),
            "two INT32 [batch, 16] in; sum and difference out",
            both,
        ),
        Golden(
            "simple_16",
            sum_and_difference(INT32, [16]),
            "the same without a batch dimension: INT32 [16]",
            [pair_case("INT32", count, ones)],
        ),
        Golden(
            "simple_1x16",
            sum_and_difference(INT32, [1, 16]),
            "the same with a fixed first dimension: INT32 [1, 16], cannot be batched",
            [pair_case("INT32", row(count), row(ones))],
        ),
        Golden(
            "simple_int8",
            sum_and_difference_int8(),
            "two INT8 [batch, 16] in; sum and difference out",
            [pair_case("INT8", *small)],
        ),
        Golden(
            "simple_string",
            sum_and_difference_text(),
            "two BYTES [batch, 16] of decimal numbers in; sum and difference as text out",
            [
                pair_case("BYTES", row(count), row(ones), as_text),
                pair_case("BYTES", rows, -rows, as_text),
            ],
        ),
    ]


def sample(datatype: str, kind: type | None) -> np.ndarray:
    """Nine values with the extremes of the type among them."""
    if kind is None:
        return np.array(TEXTS, dtype=object)
    if kind is np.bool_:
        return np.array([True, False, True, True, False, False, True, False, True])
    if np.issubdtype(kind, np.integer):
        low, high = np.iinfo(kind).min, np.iinfo(kind).max
        odd = min(high, 2**53 + 1)  # the first integer a double cannot hold
        return np.array([low, high, 0, 1, 2, 100, high - 1, low + 1, odd], dtype=kind)
    info = np.finfo(kind)
    extremes = [info.min, info.max, info.smallest_subnormal, info.eps, 0.0, 1.5]
    return np.array([*extremes, math.nan, math.inf, -math.inf], dtype=kind)


def identity_models() -> list[Golden]:
    made = []
    for datatype, (elem, kind) in DATATYPES.items():
        content = file_of(
            [node("Identity", ["INPUT0"], ["OUTPUT0"])],
            [value("INPUT0", ["batch", "width"], elem)],
            [value("OUTPUT0", ["batch", "width"], elem)],
        )
        flat = sample(datatype, kind)
        shapes = [(1, 9), (9, 1), (3, 3)]
        cases = [
            ([wire("INPUT0", datatype, x)], [wire("OUTPUT0", datatype, x)])
            for x in (flat.reshape(shape) for shape in shapes)
        ]
        empty = flat[:0].reshape(0, 4)
        cases.append(([wire("INPUT0", datatype, empty)], [wire("OUTPUT0", datatype, empty)]))
        says = f"{datatype} [batch, width] in, the same out"
        made.append(Golden(f"identity_{datatype.lower()}", content, says, cases))
    return made


def mean_models() -> list[Golden]:
    x = np.array([[1, 2, 3, 4], [0, 0, 0, 0], [-1.5, 0.5, 2, 3]], dtype=np.float32)
    rows = [value("x", ["rows", 4])]
    mean = file_of(
        [node("ReduceMean", ["x"], ["mean"], axes=[1], keepdims=0)], rows, [value("mean", ["rows"])]
    )
    total = file_of(
        [node("ReduceSum", ["x", "axes"], ["total"], keepdims=1)],
        rows,
        [value("total", ["rows", 1])],
        [shape64("axes", [1])],
    )
    y = x.mean(axis=1, dtype=np.float32)
    s = x.sum(axis=1, keepdims=True, dtype=np.float32)
    return [
        Golden(
            "mean",
            mean,
            "FP32 [rows, 4] in, the mean of each row out: rows can be batched",
            [
                ([wire("x", "FP32", x)], [wire("mean", "FP32", y)]),
                ([wire("x", "FP32", x[:1])], [wire("mean", "FP32", y[:1])]),
            ],
        ),
        Golden(
            "sum",
            total,
            "FP32 [rows, 4] in, the sum of each row out, as a column",
            [([wire("x", "FP32", x)], [wire("total", "FP32", s)])],
        ),
    ]


def golden_models() -> list[Golden]:
    return [*simple_models(), *identity_models(), *mean_models()]
