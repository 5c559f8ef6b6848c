"""Hostile files that no protobuf reader should accept, or that are not ONNX at all."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path

import joblib
import numpy as np
import onnxruntime

from onnx_build import Case, bytes_field, nested, number_field, plain, tag, to_bytes, varint

GOOD = to_bytes(plain())
EPOCH = (1980, 1, 1, 0, 0, 0)

# Field numbers of the ONNX schema that are written by hand here.
MODEL_IR_VERSION, MODEL_PRODUCER, MODEL_GRAPH, MODEL_OPSET = 1, 2, 7, 8
GRAPH_NODE, GRAPH_NAME = 1, 2
NODE_INPUT, NODE_OUTPUT, NODE_OP, NODE_ATTRIBUTE = 1, 2, 4, 5
ATTRIBUTE_GRAPH = 6


class Prints:
    """Unpickling this calls print: harmless, but it runs what the file says."""

    def __reduce__(self):
        return print, ("this pickle was executed",)


def zipped(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content)
    return out.getvalue()


def joblib_dump(compress: int | tuple[str, int]) -> bytes:
    out = io.BytesIO()
    joblib.dump({"coef": np.arange(4, dtype=np.float32)}, out, compress=compress)
    return out.getvalue()


def ort_format() -> bytes:
    """ONNX Runtime's own flatbuffer format, which it also loads, recognising it by content."""
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "model.ort"
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.add_session_config_entry("session.save_model_format", "ORT")
        options.optimized_model_filepath = str(saved)
        onnxruntime.InferenceSession(GOOD, options, providers=["CPUExecutionProvider"])
        return saved.read_bytes()


def safetensors() -> bytes:
    head = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return struct.pack("<Q", len(head)) + head + struct.pack("<f", 1.0)


def other_formats() -> list[Case]:
    torch_zip = zipped(
        {
            "archive/data.pkl": pickle.dumps(Prints(), protocol=2),
            "archive/version": b"3\n",
            "archive/data/0": bytes(16),
        }
    )
    lfs = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 26212\n"
    not_onnx = {
        "empty": (b"", "zero bytes"),
        "one-byte": (b"\x08", "one byte: a field tag and nothing after it"),
        "pickle-0": (pickle.dumps(Prints(), protocol=0), "a pickle, text protocol, that runs code"),
        "pickle-2": (pickle.dumps(Prints(), protocol=2), "a pickle, protocol 2, that runs code"),
        "pickle-5": (pickle.dumps(Prints(), protocol=5), "a pickle, protocol 5, that runs code"),
        "joblib": (joblib_dump(0), "a joblib dump (a pickle with arrays in it)"),
        "joblib-zlib": (joblib_dump(("zlib", 3)), "a joblib dump, zlib compressed"),
        "joblib-gzip": (gzip_of(joblib_dump(0)), "a joblib dump, gzip compressed"),
        "zip": (zipped({"model.onnx": GOOD}), "a zip archive with a good model in it"),
        "zip-torch": (torch_zip, "a PyTorch archive: a zip with a pickle in it"),
        "zip-empty": (zipped({}), "an empty zip archive"),
        "7z": (b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(24), "the head of a 7-Zip archive"),
        "gzip": (gzip_of(GOOD), "a good model, gzip compressed"),
        "bzip2": (bz2.compress(GOOD), "a good model, bzip2 compressed"),
        "xz": (lzma.compress(GOOD), "a good model, xz compressed"),
        "zlib": (zlib.compress(GOOD), "a good model, zlib compressed"),
        "zstd": (b"\x28\xb5\x2f\xfd\x04\x00\x01\x00\x00", "the head of a Zstandard frame"),
        "tar": (tar_head(), "the head of a tar archive"),
        "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(40), "the head of an HDF5 file (Keras)"),
        "tflite": (b"\x1c\x00\x00\x00TFL3" + bytes(24), "the head of a TensorFlow Lite file"),
        "ort-format": (ort_format(), "ONNX Runtime's own format; the runtime would load it"),
        "safetensors": (safetensors(), "weights without a graph"),
        "npy": (npy(), "a numpy array"),
        "elf": (b"\x7fELF\x02\x01\x01" + bytes(57), "the head of a Linux program"),
        "json": (b'{"irVersion": "8", "graph": {}}\n', "a JSON text"),
        "onnx-text": (
            b'<ir_version: 8, opset_import: ["" : 17]>\ng (float[n] x) => (float[n] y)'
            b" { y = Relu(x) }\n",
            "the textual form of a good model",
        ),
        "html": (
            b"<!doctype html><title>404 Not Found</title>\n",
            "an error page saved as a model",
        ),
        "git-lfs": (lfs.encode(), "a Git LFS pointer instead of the file"),
        "zeros": (bytes(4096), "4096 zero bytes"),
        "ones": (b"\xff" * 4096, "4096 bytes of 0xff"),
    }
    return [Case(f"format/{name}", *rest) for name, rest in not_onnx.items()]


def gzip_of(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def tar_head() -> bytes:
    return b"model.onnx".ljust(257, b"\x00") + b"ustar\x0000" + bytes(247)


def npy() -> bytes:
    out = io.BytesIO()
    np.save(out, np.zeros(2, dtype=np.float32))
    return out.getvalue()


def subgraph_level() -> tuple[tuple[int, bytes], ...]:
    """What stands between a graph and the graph one level deeper, from the inside outwards."""
    return ((ATTRIBUTE_GRAPH, b""), (NODE_ATTRIBUTE, b""), (GRAPH_NODE, b""))


def deep_subgraphs(depth: int) -> bytes:
    levels = [*subgraph_level() * depth, (MODEL_GRAPH, number_field(MODEL_IR_VERSION, 8))]
    return nested(levels, bytes_field(GRAPH_NAME, b"deep"))


def deep_groups(depth: int) -> bytes:
    """Start-group tags of an unknown field: two bytes a level."""
    return number_field(MODEL_IR_VERSION, 8) + tag(100, 3) * depth + tag(100, 4) * depth


def second_graph() -> bytes:
    """Protobuf merges a repeated singular message: the graph gains a node of an unknown domain."""
    evil = (
        bytes_field(NODE_INPUT, b"x")
        + bytes_field(NODE_OUTPUT, b"z")
        + bytes_field(NODE_OP, b"Evil")
        + bytes_field(7, b"evil.example")
    )
    opset = bytes_field(1, b"evil.example") + number_field(2, 1)
    graph = bytes_field(GRAPH_NODE, evil)
    return GOOD + bytes_field(MODEL_OPSET, opset) + bytes_field(MODEL_GRAPH, graph)


def malformed() -> list[Case]:
    half = GOOD[: len(GOOD) // 2]
    wires = {
        "truncated-half": (half, "the first half of a good model"),
        "truncated-last-byte": (GOOD[:-1], "a good model without its last byte"),
        "truncated-first-byte": (GOOD[1:], "a good model without its first byte"),
        "length-past-end": (
            GOOD + tag(MODEL_GRAPH, 2) + varint(1 << 20) + b"x",
            "a field says it is 1 MiB long and has one byte",
        ),
        "length-2-63": (GOOD + tag(MODEL_GRAPH, 2) + varint(1 << 63), "a field of 2^63 bytes"),
        "length-2-32": (
            GOOD + tag(MODEL_PRODUCER, 2) + varint((1 << 32) + 1) + b"x",
            "a field of 2^32 + 1 bytes: one, to a reader that keeps 32 bits",
        ),
        "wire-type-6": (GOOD + tag(100, 6) + b"\x00", "wire type 6 does not exist"),
        "wire-type-7": (GOOD + tag(100, 7) + b"\x00", "wire type 7 does not exist"),
        "wire-type-of-graph": (
            number_field(MODEL_GRAPH, 1) + number_field(MODEL_IR_VERSION, 8),
            "the graph is a number",
        ),
        "field-0": (GOOD + tag(0, 0) + b"\x01", "field number 0 does not exist"),
        "field-2-29": (GOOD + tag(1 << 29, 0) + b"\x01", "field number above the greatest one"),
        "varint-11-bytes": (GOOD + tag(100, 0) + b"\xff" * 10 + b"\x01", "a number of 11 bytes"),
        "group-not-closed": (GOOD + tag(100, 3), "a group that begins and never ends"),
        "group-not-opened": (GOOD + tag(100, 4), "a group that ends and never began"),
        "groups-10000": (deep_groups(10_000), "10 000 groups inside each other"),
        "trailing-text": (GOOD + b"trailing garbage", "a good model, then text"),
        "trailing-zeros": (GOOD + bytes(64), "a good model, then zero bytes"),
        "trailing-zip": (
            GOOD + zipped({"evil.py": b"1"}),
            "a good model and a zip archive in one file",
        ),
        "trailing-unknown-field": (
            GOOD + bytes_field(4000, bytes(4096)),
            "a good model, then 4 KiB in a field no schema knows",
        ),
        "second-graph": (second_graph(), "two graphs, which a protobuf reader merges into one"),
        "two-models": (GOOD + GOOD, "two models in one file, which a protobuf reader merges"),
        "only-ir-version": (number_field(MODEL_IR_VERSION, 8), "a model without graph or opset"),
        "utf8-name": (
            GOOD + bytes_field(MODEL_PRODUCER, b"\xff\xfe\xc0\x80"),
            "a string that is not UTF-8",
        ),
    }
    depths = {
        "subgraphs-200": (deep_subgraphs(200), "200 graphs inside each other"),
        "subgraphs-20000": (deep_subgraphs(20_000), "20 000 graphs inside each other"),
    }
    return [Case(f"wire/{name}", *rest) for name, rest in wires.items()] + [
        Case(f"nesting/{name}", *rest) for name, rest in depths.items()
    ]


def hostile_files() -> list[Case]:
    return [*other_formats(), *malformed()]
