"""Hostile models that are well-formed ONNX: other files, foreign operators, too much work."""

import onnx
from onnx import TensorProto, helper

from onnx_build import (
    FLOAT,
    INT64,
    Case,
    file_of,
    graph,
    model,
    node,
    plain,
    scalar64,
    shape64,
    tensor,
    to_bytes,
    value,
)

HUGE = 1 << 28
LONG = 1 << 40


def external(location: str | None, **entries: str) -> onnx.TensorProto:
    """A weight that lives in another file."""
    weight = onnx.TensorProto(name="w", data_type=FLOAT, dims=[4])
    weight.data_location = TensorProto.EXTERNAL
    given = {} if location is None else {"location": location}
    for key, content in {**given, **entries}.items():
        weight.external_data.add(key=key, value=content)
    return weight


def with_weight(weight: onnx.TensorProto) -> bytes:
    four = [value("x", ["n", 4])], [value("y", ["n", 4])]
    return file_of([node("Add", ["x", "w"], ["y"])], *four, [weight])


def branch(nodes, initializers=()) -> onnx.GraphProto:
    return graph(nodes, [], [value("b", None)], initializers, name="branch")


def with_branch(bad: onnx.GraphProto, **rest) -> bytes:
    """A model whose If runs the bad graph; the condition is a constant, so it is never pruned."""
    nodes = [
        node("If", ["c"], ["y"], then_branch=bad, else_branch=branch([node("Relu", ["x"], ["b"])]))
    ]
    return file_of(nodes, initializers=[tensor("c", TensorProto.BOOL, [], [True])], **rest)


def function(name: str, nodes, domain="local", opsets=None, inputs=("a",)) -> onnx.FunctionProto:
    imports = [helper.make_opsetid(d, v) for d, v in (opsets or {"": 17, "local": 1}).items()]
    return helper.make_function(domain, name, list(inputs), ["b"], list(nodes), imports)


def calling(name: str, functions, domain="local") -> bytes:
    return to_bytes(
        model(graph([node(name, ["x"], ["y"], domain=domain)]), {"": 17, domain: 1}, functions)
    )


def external_data() -> list[Case]:
    duplicated = external("w.bin")
    duplicated.external_data.add(key="location", value="../../etc/passwd")
    declared_inline = external("../w.bin")
    declared_inline.data_location = TensorProto.DEFAULT
    both = external("w.bin")
    both.raw_data = bytes(16)
    constant = node("Constant", [], ["b"], value=external("../w.bin"))
    sparse = onnx.SparseTensorProto(dims=[4], indices=tensor("i", INT64, [4], range(4)))
    sparse.values.CopyFrom(external("../w.bin"))
    with_sparse = plain()
    with_sparse.graph.sparse_initializer.append(sparse)
    trained = plain()
    trained.training_info.add().initialization.CopyFrom(
        graph([], [], [], [external("../w.bin")], name="init")
    )
    simple = {
        "parent": ("../w.bin", "the weight is in a file above the model's folder"),
        "nested-parent": ("sub/../../w.bin", "the same, by way of a folder"),
        "absolute": ("/etc/hostname", "the weight is a file of the machine, by absolute path"),
        "cwd-relative": (
            "secret/.env",
            "read relative to the working directory when loaded by bytes",
        ),
        "sibling": ("w.bin", "a file beside the model, which was not registered with it"),
        "windows-drive": ("C:\\w.bin", "an absolute Windows path"),
        "windows-parent": ("..\\w.bin", "a Windows path upwards"),
        "url": ("https://example.com/w.bin", "the weight is at an address"),
        "nul": ("w.bin\x00../w.bin", "a NUL character inside the path"),
        "empty": ("", "an empty path"),
        "dot": (".", "the folder itself"),
        "device": ("/dev/zero", "a file without end"),
    }
    cases = [
        Case(f"external/{name}", with_weight(external(path)), wrong)
        for name, (path, wrong) in simple.items()
    ]
    more = {
        "no-location": (with_weight(external(None)), "external data without a place"),
        "unknown-key": (with_weight(external("w.bin", __class__="x")), "a key no reader knows"),
        "negative-offset": (
            with_weight(external("w.bin", offset="-8", length="16")),
            "a negative offset",
        ),
        "length-2-40": (
            with_weight(external("w.bin", offset="0", length=str(LONG))),
            "a length of 1 TiB",
        ),
        "offset-overflow": (
            with_weight(external("w.bin", offset=str(2**63 - 1), length="16")),
            "offset + length overflows 64 bits",
        ),
        "two-locations": (with_weight(duplicated), "a harmless place, then a second one outside"),
        "not-declared": (
            with_weight(declared_inline),
            "external entries on a tensor declared inline",
        ),
        "and-inline": (with_weight(both), "external entries and inline data"),
        "in-constant": (
            file_of([constant, node("Add", ["x", "b"], ["y"])]),
            "the external tensor is an attribute of a Constant node",
        ),
        "in-subgraph": (
            with_branch(branch([node("Add", ["x", "w"], ["b"])], [external("../w.bin")])),
            "the external tensor is an initializer of a subgraph",
        ),
        "in-function": (
            calling(
                "F",
                [
                    function(
                        "F",
                        [
                            node("Constant", [], ["k"], value=external("../w.bin")),
                            node("Add", ["a", "k"], ["b"]),
                        ],
                    )
                ],
            ),
            "the external tensor is inside a local function",
        ),
        "in-sparse": (to_bytes(with_sparse), "the values of a sparse initializer are external"),
        "in-training-info": (to_bytes(trained), "the external tensor is in training_info"),
    }
    return cases + [Case(f"external/{name}", *rest) for name, rest in more.items()]


def operators() -> list[Case]:
    evil = node("Evil", ["x"], ["y"], domain="evil.example")
    evil_b = node("Evil", ["x"], ["b"], domain="evil.example")
    inside = node("Evil", ["a"], ["b"], domain="evil.example")
    domains = {"": 17, "evil.example": 1}
    local = {"": 17, "local": 1, "evil.example": 1}
    deep = branch(
        [node("If", ["c"], ["b"], then_branch=branch([evil_b]), else_branch=branch([evil_b]))]
    )
    calls_self = function("F", [node("F", ["a"], ["b"], domain="local")])
    ping = function("F", [node("G", ["a"], ["b"], domain="local")])
    pong = function("G", [node("F", ["a"], ["b"], domain="local")])
    shadow = function("Relu", [node("Neg", ["a"], ["b"])], domain="", opsets={"": 17})
    python = node("PyOp", ["x"], ["y"], domain="ai.onnx.contrib")
    lower = node("Relu", ["x"], ["y"], domain="AI.ONNX")
    rows = {
        "custom": (file_of([evil], opsets=domains), "an operator of an unknown domain"),
        "custom-not-imported": (file_of([evil]), "the same, its domain not even imported"),
        "custom-in-subgraph": (
            with_branch(branch([evil_b]), opsets=domains),
            "the unknown operator is in a branch of an If",
        ),
        "custom-in-subgraph-2": (with_branch(deep, opsets=domains), "two subgraphs deep"),
        "custom-in-function": (
            to_bytes(
                model(
                    graph([node("F", ["x"], ["y"], domain="local")]),
                    local,
                    [function("F", [inside], opsets=local)],
                )
            ),
            "the unknown operator is in the body of a local function",
        ),
        "custom-in-unused-function": (
            to_bytes(
                model(
                    graph([node("Relu", ["x"], ["y"])]),
                    local,
                    [function("F", [inside], opsets=local)],
                )
            ),
            "the same, in a function nobody calls",
        ),
        "python": (
            file_of([python], opsets={"": 17, "ai.onnx.contrib": 1}),
            "an operator that runs Python code",
        ),
        "unknown-op": (file_of([node("Evil", ["x"], ["y"])]), "no such standard operator"),
        "empty-op": (file_of([node("", ["x"], ["y"])]), "a node without operator"),
        "domain-case": (
            file_of([lower], opsets={"": 17, "AI.ONNX": 17}),
            "looks like the standard domain, is another one",
        ),
        "domain-space": (
            file_of([node("Relu", ["x"], ["y"], domain=" ")], opsets={"": 17, " ": 1}),
            "a domain of one space",
        ),
        "function-calls-itself": (calling("F", [calls_self]), "a function that calls itself"),
        "functions-in-circle": (calling("F", [ping, pong]), "two functions that call each other"),
        "function-hides-standard": (
            to_bytes(model(graph([node("Relu", ["x"], ["y"])]), {"": 17}, [shadow])),
            "a local function in place of a standard operator",
        ),
        "function-missing": (calling("F", []), "a call of a local function that is not there"),
    }
    return [Case(f"operator/{name}", *rest) for name, rest in rows.items()]


def laughs(depth: int, width: int) -> bytes:
    """Each function calls the one below `width` times: width^depth nodes once inlined."""
    functions = [function("F0", [node("Relu", ["a"], ["b"])])]
    for level in range(1, depth + 1):
        names = ["a", *(f"t{i}" for i in range(1, width)), "b"]
        functions.append(
            function(
                f"F{level}",
                [
                    node(f"F{level - 1}", [names[i]], [names[i + 1]], domain="local")
                    for i in range(width)
                ],
            )
        )
    return calling(f"F{depth}", functions)


def loop(trips: int | None, condition: bool = True) -> bytes:
    """y = x, after `trips` rounds of a body that does nothing; None: no limit."""
    body = graph(
        [node("Identity", ["on"], ["go"]), node("Relu", ["v"], ["w"])],
        [value("i", [], INT64), value("on", [], TensorProto.BOOL), value("v", ["n"])],
        [value("go", [], TensorProto.BOOL), value("w", ["n"])],
        name="body",
    )
    trip, weights = ("", []) if trips is None else ("trips", [scalar64("trips", trips)])
    weights.append(tensor("cond", TensorProto.BOOL, [], [condition]))
    return file_of([node("Loop", [trip, "cond", "x"], ["y"], body=body)], initializers=weights)


def giant(op: str, inputs: list[str], weights: list[onnx.TensorProto], **attributes) -> bytes:
    nodes = [node(op, inputs, ["big"], **attributes)]
    nodes += [node("ReduceMax", ["big"], ["m"], keepdims=0), node("Add", ["x", "m"], ["y"])]
    return file_of(nodes, initializers=weights)


def undone(dims: list[int], name: str = "w") -> bytes:
    """An initializer with dimensions and no data."""
    return with_weight(onnx.TensorProto(name=name, data_type=FLOAT, dims=dims))


def resources() -> list[Case]:
    one, dims = tensor("one", FLOAT, [1], [1.0]), shape64("s", [HUGE])
    bounds = [tensor(n, FLOAT, [], [v]) for n, v in (("a", 0.0), ("b", float(HUGE)), ("d", 1.0))]
    sizes = shape64("sizes", [1, 1, HUGE])
    image, none = tensor("im", FLOAT, [1, 1, 1], [1.0]), tensor("none", FLOAT, [0], [])
    pads, square = shape64("p", [0, HUGE]), shape64("s", [1 << 31, 1 << 31])
    hot = [scalar64("depth", HUGE), tensor("v", FLOAT, [2], [0.0, 1.0]), shape64("k", [0])]
    steps = [f"t{i}" for i in range(28)]
    names = ["one", *steps]
    doubling = [node("Concat", [a, a], [b], axis=0) for a, b in zip(names, steps, strict=False)]
    doubling += [node("ReduceMax", [steps[-1]], ["m"], keepdims=0), node("Add", ["x", "m"], ["y"])]
    short = tensor("w", FLOAT, [4], [0.0] * 4)
    short.dims[:] = [1 << 18, 4]
    rows = {
        "constant-of-shape": (giant("ConstantOfShape", ["s"], [dims]), "a constant of 1 GiB"),
        "constant-of-shape-2-62": (
            giant("ConstantOfShape", ["s"], [square]),
            "a constant of 2^62 elements",
        ),
        "constant-of-shape-negative": (
            giant("ConstantOfShape", ["s"], [shape64("s", [-5])]),
            "a constant of negative size",
        ),
        "expand": (giant("Expand", ["one", "s"], [one, dims]), "one number expanded to 1 GiB"),
        "tile": (giant("Tile", ["one", "s"], [one, dims]), "one number repeated 2^28 times"),
        "range": (giant("Range", ["a", "b", "d"], bounds), "a range of 2^28 numbers"),
        "resize": (
            giant("Resize", ["im", "", "none", "sizes"], [image, none, sizes]),
            "one pixel resized to 1 GiB",
        ),
        "pad": (giant("Pad", ["one", "p"], [one, pads]), "one number padded to 1 GiB"),
        "one-hot": (giant("OneHot", ["k", "depth", "v"], hot[:2] + [hot[2]]), "a depth of 2^28"),
        "random": (giant("RandomNormal", [], [], shape=[HUGE]), "2^28 random numbers"),
        "doubling": (file_of(doubling, initializers=[one]), "28 doublings of one number: 1 GiB"),
        "loop-2-40": (loop(LONG), "a loop of 2^40 rounds"),
        "loop-forever": (loop(None), "a loop without limit whose condition stays true"),
        "functions-10-9": (laughs(9, 10), "10^9 nodes once ten levels of functions are inlined"),
        "weight-2-62": (undone([1 << 31, 1 << 31]), "a weight of 2^62 elements and no data"),
        "weight-overflow": (undone([1 << 32, 1 << 32]), "the number of elements overflows 64 bits"),
        "weight-negative": (undone([-1]), "a weight of negative size"),
        "weight-no-data": (undone([4]), "a weight of four elements and no data"),
        "weight-short": (with_weight(short), "a weight that says 2^20 elements and has four"),
    }
    return [Case(f"resource/{name}", *rest) for name, rest in rows.items()]


def hostile_graphs() -> list[Case]:
    return [*external_data(), *operators(), *resources()]
