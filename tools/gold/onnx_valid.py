"""Models that must be accepted though they look unusual, and models that only some inputs harm."""

import onnx
from onnx import TensorProto

from onnx_build import (
    FLOAT,
    INT64,
    Case,
    bytes_field,
    file_of,
    graph,
    model,
    node,
    number_field,
    plain,
    tensor,
    to_bytes,
    value,
)
from onnx_hostile_graphs import branch, calling, function, loop, with_branch

RELU = node("Relu", ["x"], ["y"])


def reordered() -> bytes:
    """The graph before the opset, the IR version last: any order is legal protobuf."""
    whole = plain()
    body = whole.graph.SerializeToString(deterministic=True)
    opset = number_field(2, 17)
    return bytes_field(7, body) + bytes_field(8, opset) + number_field(1, 8)


def unpacked_dims() -> bytes:
    """Weight dimensions one field each; writers of proto2 do so, writers of proto3 pack them."""
    weight = number_field(1, 1) + number_field(2, FLOAT) + bytes_field(8, b"w")
    return with_raw_weight(weight + bytes_field(9, bytes(4)))


def packed_dims() -> bytes:
    weight = bytes_field(1, b"\x01") + number_field(2, FLOAT) + bytes_field(8, b"w")
    return with_raw_weight(weight + bytes_field(9, bytes(4)))


def with_raw_weight(weight: bytes) -> bytes:
    whole = model(graph([node("Add", ["x", "w"], ["y"])]))
    body = whole.graph.SerializeToString(deterministic=True) + bytes_field(5, weight)
    whole.ClearField("graph")
    return to_bytes(whole) + bytes_field(7, body)


def nested_branches(depth: int) -> onnx.GraphProto:
    inner = branch([node("Relu", ["x"], ["b"])])
    for _ in range(depth):
        inner = branch([node("If", ["c"], ["b"], then_branch=inner, else_branch=inner)])
    return inner


def valid_models() -> list[Case]:
    one = tensor("w", FLOAT, [1], [1.0])
    documented = plain()
    documented.doc_string = "A model with documentation. " * 40
    documented.metadata_props.add(key="author", value="somebody")
    documented.graph.metadata_props.add(key="note", value="on the graph")
    two = function("Twice", [node("Add", ["a", "a"], ["b"])])
    four = function(
        "Four",
        [
            node("Twice", ["a"], ["t"], domain="local"),
            node("Twice", ["t"], ["b"], domain="local"),
        ],
    )
    both = [value("x", ["n"]), value("w", [1])]
    scaled = node("Scaler", ["x"], ["y"], domain="ai.onnx.ml", offset=[0.5], scale=[2.0])
    gelu = node("Gelu", ["x"], ["y"], domain="com.microsoft")
    spelt = node("Relu", ["x"], ["y"], domain="ai.onnx")
    skipped = node("Clip", ["x", "", "w"], ["y"])
    columns = [value("x", ["n", 1])], [value("y", ["n", 1])]
    zero = tensor("w", FLOAT, [], [6.0])
    rows = {
        "plain": (to_bytes(plain()), "y = relu(x)"),
        "fields-reordered": (reordered(), "protobuf fields in another order"),
        "dims-unpacked": (unpacked_dims(), "weight dimensions one by one"),
        "dims-packed": (packed_dims(), "weight dimensions packed"),
        "ir-3": (
            file_of([node("Add", ["x", "w"], ["y"])], both, None, [one], ir=3, opsets={"": 9}),
            "IR version 3: weights are listed as inputs; x alone is to be fed",
        ),
        "opset-7": (file_of([RELU], opsets={"": 7}, ir=3), "an old opset"),
        "opset-22": (file_of([RELU], opsets={"": 22}, ir=10), "a recent opset"),
        "ml": (
            file_of([scaled], *columns, opsets={"": 17, "ai.onnx.ml": 3}),
            "an ai.onnx.ml operator",
        ),
        "ml-first": (
            file_of([scaled], *columns, opsets={"ai.onnx.ml": 3, "": 17}),
            "the same, opsets in the other order",
        ),
        "microsoft": (
            file_of([gelu], opsets={"": 17, "com.microsoft": 1}),
            "an operator of com.microsoft, which the runtime has built in",
        ),
        "domain-spelt-out": (
            file_of([spelt], opsets={"ai.onnx": 17}),
            "the standard domain by its long name",
        ),
        "unused-opset": (
            file_of([RELU], opsets={"": 17, "ai.onnx.training": 1}),
            "an opset is imported that no node uses",
        ),
        "if-3-deep": (with_branch(nested_branches(2)), "three Ifs inside each other"),
        "loop-10": (loop(10), "a loop of ten rounds"),
        "functions": (calling("Four", [two, four]), "local functions of standard operators"),
        "omitted-input": (file_of([skipped], initializers=[zero]), "an optional input left out"),
        "documented": (to_bytes(documented), "documentation and metadata"),
        "scalar": (file_of([RELU], [value("x", [])], [value("y", [])]), "input of rank 0"),
        "dim-unnamed": (
            file_of([RELU], [value("x", [None])], [value("y", [None])]),
            "a free dimension without a name",
        ),
        "dim-zero": (file_of([RELU], [value("x", [0])], [value("y", [0])]), "a dimension of 0"),
        "passes-through": (
            file_of([], None, [value("x", ["n"])]),
            "the output is the input itself",
        ),
        "output-only-shape-unknown": (
            file_of([RELU], None, [value("y", None)]),
            "an output of undeclared rank",
        ),
    }
    return [Case(f"valid/{name}", *rest) for name, rest in rows.items()]


def counting_loop() -> bytes:
    body = graph(
        [node("Identity", ["on"], ["go"]), node("Sin", ["v"], ["w"])],
        [value("i", [], INT64), value("on", [], TensorProto.BOOL), value("v", ["n"])],
        [value("go", [], TensorProto.BOOL), value("w", ["n"])],
        name="body",
    )
    first = [node("ReduceMax", ["x"], ["m"], keepdims=0), node("Cast", ["m"], ["trips"], to=INT64)]
    last = node("Loop", ["trips", "", "x"], ["y"], body=body)
    return file_of([*first, last])


def harmed_by_input() -> list[Case]:
    sized = [
        node("ReduceMax", ["x"], ["m"], keepdims=1, axes=[0]),
        node("Cast", ["m"], ["s"], to=INT64),
        node("ConstantOfShape", ["s"], ["big"]),
        node("ReduceMax", ["big"], ["t"], keepdims=0),
        node("Add", ["x", "t"], ["y"]),
    ]
    picked = [node("Cast", ["x"], ["k"], to=INT64), node("Gather", ["table", "k"], ["y"])]
    table = tensor("table", FLOAT, [4], [10.0, 11.0, 12.0, 13.0])
    divided = [
        node("Cast", ["x"], ["k"], to=INT64),
        node("Div", ["hundred", "k"], ["q"]),
        node("Cast", ["q"], ["y"], to=FLOAT),
    ]
    hundred = tensor("hundred", INT64, [1], [100])
    spectrum = file_of(
        [node("DFT", ["x", "", "axis"], ["y"], inverse=1, onesided=1)],
        [value("x", [1, 6, 10, 2]), value("axis", [], INT64)],
        [value("y", None)],
        opsets={"": 20},
        ir=9,
    )
    rows = {
        "slow": (
            counting_loop(),
            "runs as many rounds as the greatest x says: 10 is nothing, "
            "1e9 takes minutes, 1e18 is for ever",
        ),
        "memory": (
            file_of(sized),
            "allocates as many float32 as the greatest x says: 10 is nothing, 1e9 is 4 GB",
        ),
        "error": (
            file_of(picked, initializers=[table]),
            "x in -4..3 picks a number; others make the runtime answer with an error",
        ),
        "nan": (file_of([node("Log", ["x"], ["y"])]), "NaN for negative x, -Infinity for 0"),
        "zero-division": (
            file_of(divided, initializers=[hundred]),
            "integer division by x: 0 kills a process that does not guard it",
        ),
        "spectrum": (spectrum, "axis is an input: 2 is right, 0 hangs ONNX Runtime 1.30 for ever"),
        "wide": (
            file_of(
                [node("Expand", ["x", "s"], ["y"])],
                None,
                [value("y", None)],
                [tensor("s", INT64, [2], [1 << 12, 1])],
            ),
            "the answer is 4096 times as large as the question",
        ),
        "shape-by-value": (
            file_of([node("NonZero", ["x"], ["y"])], None, [value("y", [1, "found"], INT64)]),
            "the shape of the answer depends on the values, so rows of several "
            "requests cannot be answered together",
        ),
    }
    return [Case(f"poison/{name}", *rest) for name, rest in rows.items()]
