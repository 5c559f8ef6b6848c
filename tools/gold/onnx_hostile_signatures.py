"""Hostile models that are well-formed ONNX: inputs, outputs, names and versions that are wrong."""

import onnx
from onnx import helper

from onnx_build import (
    FLOAT,
    INT32,
    INT64,
    Case,
    file_of,
    graph,
    model,
    node,
    plain,
    tensor,
    to_bytes,
    value,
)


def with_dims(dims: list) -> bytes:
    return file_of([node("Relu", ["x"], ["y"])], [value("x", dims)], [value("y", dims)])


def signatures() -> list[Case]:
    relu = node("Relu", ["x"], ["y"])
    twice = [value("x", ["n"]), value("x", ["n"])]
    w = [tensor("w", FLOAT, [1], [v]) for v in (1.0, 2.0)]
    seq = helper.make_tensor_sequence_value_info("x", FLOAT, ["n"])
    optional = helper.make_value_info(
        "x", helper.make_optional_type_proto(helper.make_tensor_type_proto(FLOAT, ["n"]))
    )
    cycle = [node("Add", ["x", "q"], ["p"]), node("Relu", ["p"], ["q"]), node("Relu", ["q"], ["y"])]
    no_graph = plain()
    no_graph.ClearField("graph")
    proto = "__proto__"
    rows = {
        "no-inputs": (
            file_of([node("Constant", [], ["y"], value_floats=[1.0])], []),
            "a model without inputs",
        ),
        "no-outputs": (file_of([relu], None, []), "a model without outputs"),
        "no-graph": (to_bytes(no_graph), "a model without a graph"),
        "no-nodes": (file_of([], None, None), "an output that nothing computes"),
        "negative-dim": (with_dims([-7]), "an input of negative size"),
        "huge-dims": (with_dims([1 << 31, 1 << 31]), "an input of 2^62 elements"),
        "dims-overflow": (with_dims([1 << 62, 1 << 62]), "an input whose size overflows"),
        "rank-2000": (with_dims([1] * 2000), "an input of 2000 dimensions"),
        "no-type": (file_of([relu], [onnx.ValueInfoProto(name="x")]), "an input without a type"),
        "no-shape": (
            file_of([relu], [value("x", None)], [value("y", None)]),
            "an input of unknown rank",
        ),
        "undefined-type": (file_of([relu], [value("x", ["n"], 0)]), "an input of type 0"),
        "type-99": (file_of([relu], [value("x", ["n"], 99)]), "an input of type 99"),
        "complex": (
            file_of(
                [node("Identity", ["x"], ["y"])], [value("x", ["n"], 14)], [value("y", ["n"], 14)]
            ),
            "an input of complex numbers",
        ),
        "sequence": (
            file_of([node("ConcatFromSequence", ["x"], ["y"], axis=0)], [seq]),
            "an input that is a sequence of tensors",
        ),
        "optional": (
            file_of([node("OptionalGetElement", ["x"], ["y"])], [optional]),
            "an input that is optional",
        ),
        "map-output": (
            file_of(
                [node("ZipMap", ["x"], ["y"], domain="ai.onnx.ml", classlabels_int64s=[0, 1])],
                [value("x", ["n", 2])],
                [sequence_of_maps()],
                opsets={"": 17, "ai.onnx.ml": 1},
            ),
            "an output that is a list of maps (zipmap left on at export)",
        ),
        "duplicate-input": (file_of([relu], twice), "two inputs of one name"),
        "duplicate-output": (
            file_of([relu], None, [value("y", ["n"])] * 2),
            "two outputs of one name",
        ),
        "duplicate-initializer": (
            file_of([node("Add", ["x", "w"], ["y"])], initializers=w),
            "two weights of one name",
        ),
        "computed-twice": (file_of([relu, node("Neg", ["x"], ["y"])]), "two nodes give one value"),
        "cycle": (file_of(cycle), "two values that need each other"),
        "undefined-value": (file_of([node("Add", ["x", "ghost"], ["y"])]), "a value nobody gives"),
        "wrong-output-type": (
            file_of([relu], None, [value("y", ["n"], INT32)]),
            "the declared output type is not the computed one",
        ),
        "empty-name": (
            file_of([node("Relu", [""], ["y"])], [value("", ["n"])]),
            "an input without a name",
        ),
        "long-name": (
            file_of([node("Relu", ["x" * 20_000], ["y"])], [value("x" * 20_000, ["n"])]),
            "an input name of 20 000 characters",
        ),
        "control-name": (
            file_of([node("Relu", ["a\r\nb\x00"], ["y"])], [value("a\r\nb\x00", ["n"])]),
            "line breaks and NUL in an input name",
        ),
        "proto-name": (
            file_of(
                [node("Relu", [proto], ["constructor"])],
                [value(proto, ["n"])],
                [value("constructor", ["n"])],
            ),
            "names that mean something in JavaScript; accept only if they do no harm",
        ),
        "many-inputs": (many_inputs(1000), "1000 inputs"),
    }
    return [Case(f"signature/{name}", *rest) for name, rest in rows.items()]


def sequence_of_maps() -> onnx.ValueInfoProto:
    kind = helper.make_map_type_proto(INT64, helper.make_tensor_type_proto(FLOAT, []))
    return helper.make_value_info("y", helper.make_sequence_type_proto(kind))


def many_inputs(count: int) -> bytes:
    names = [f"x{i}" for i in range(count)]
    return file_of([node("Sum", names, ["y"])], [value(name, ["n"]) for name in names])


def opsets() -> list[Case]:
    body = graph([node("Relu", ["x"], ["y"])])
    none, twice, metadata, late = plain(), plain(), plain(), plain()
    del none.opset_import[:]
    twice.opset_import.append(helper.make_opsetid("", 1))
    late.ir_version = 0
    for key in ("__proto__", "a" * 5000, "\x1b[31m"):
        metadata.metadata_props.add(key=key, value="<script>alert(1)</script>")
    versions = {"opset-0": 0, "opset-negative": -1, "opset-9999": 9999, "opset-2-62": 1 << 62}
    rows = {
        name: (to_bytes(model(body, {"": number})), f"standard opset {number}")
        for name, number in versions.items()
    }
    rows |= {
        "no-opset": (to_bytes(none), "no opset at all"),
        "two-opsets": (to_bytes(twice), "the standard opset twice, with different versions"),
        "ml-9999": (to_bytes(model(body, {"": 17, "ai.onnx.ml": 9999})), "ai.onnx.ml opset 9999"),
        "ir-0": (to_bytes(late), "IR version 0"),
        "ir-999": (to_bytes(model(body, ir=999)), "IR version 999"),
        "ir-negative": (to_bytes(model(body, ir=-1)), "a negative IR version"),
        "metadata": (
            to_bytes(metadata),
            "metadata keys and values that may harm a reader; accept only if they do no harm",
        ),
    }
    return [Case(f"opset/{name}", *rest) for name, rest in rows.items()]


def hostile_signatures() -> list[Case]:
    return [*signatures(), *opsets()]
