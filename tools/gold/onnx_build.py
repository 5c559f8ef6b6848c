"""Short forms for small ONNX models, and raw protobuf fields for what no library writes."""

from collections.abc import Sequence
from dataclasses import dataclass

import onnx
from onnx import TensorProto, helper

OPSET = 17
IR_VERSION = 8
FLOAT, INT32, INT64 = TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64

Dims = Sequence[int | str | None]


@dataclass(frozen=True)
class Case:
    """One file. `rule` is the group and the name; `wrong` one sentence about what it does."""

    rule: str
    content: bytes
    wrong: str


def value(name: str, dims: Dims | None, elem: int = FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, elem, dims)


def node(op: str, inputs: Sequence[str], outputs: Sequence[str], **attributes) -> onnx.NodeProto:
    return helper.make_node(op, list(inputs), list(outputs), **attributes)


def tensor(name: str, elem: int, dims: Sequence[int], values: Sequence) -> onnx.TensorProto:
    return helper.make_tensor(name, elem, list(dims), list(values))


def scalar64(name: str, number: int) -> onnx.TensorProto:
    return tensor(name, INT64, [], [number])


def shape64(name: str, dims: Sequence[int]) -> onnx.TensorProto:
    return tensor(name, INT64, [len(dims)], dims)


def graph(nodes, inputs=None, outputs=None, initializers=(), name="g") -> onnx.GraphProto:
    """Without `inputs` and `outputs`: one float vector `x` of free length in, `y` out."""
    inputs = [value("x", ["n"])] if inputs is None else inputs
    outputs = [value("y", ["n"])] if outputs is None else outputs
    return helper.make_graph(list(nodes), name, list(inputs), list(outputs), list(initializers))


def model(
    body: onnx.GraphProto, opsets: dict[str, int] | None = None, functions=(), ir: int = IR_VERSION
) -> onnx.ModelProto:
    imports = [helper.make_opsetid(d, v) for d, v in (opsets or {"": OPSET}).items()]
    made = helper.make_model(body, opset_imports=imports, functions=list(functions))
    made.ir_version = ir
    made.producer_name = "gold"
    return made


def to_bytes(made: onnx.ModelProto) -> bytes:
    return made.SerializeToString(deterministic=True)


def file_of(nodes, inputs=None, outputs=None, initializers=(), **rest) -> bytes:
    return to_bytes(model(graph(nodes, inputs, outputs, initializers), **rest))


def plain() -> onnx.ModelProto:
    """A correct model, y = relu(x), to be spoilt in one place."""
    return model(graph([node("Relu", ["x"], ["y"])]))


def varint(number: int) -> bytes:
    """Negative numbers are written as protobuf does: two's complement in 64 bits."""
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def tag(field: int, wire: int) -> bytes:
    return varint(field << 3 | wire)


def number_field(field: int, number: int) -> bytes:
    return tag(field, 0) + varint(number)


def bytes_field(field: int, content: bytes) -> bytes:
    return tag(field, 2) + varint(len(content)) + content


def nested(levels: Sequence[tuple[int, bytes]], core: bytes) -> bytes:
    """Wraps `core` outwards: each level is a field number and the bytes before the inner message.

    Linear in the depth, so that 20 000 levels take no time.
    """
    parts: list[bytes] = []
    size = len(core)
    for field, before in levels:
        head = before + tag(field, 2) + varint(size)
        parts.append(head)
        size += len(head)
    return b"".join(reversed(parts)) + core
