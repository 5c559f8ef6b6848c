"""Child of `onnx_models.py --observe`: a model on standard input, a JSON list of feeds as argument.

Prints `refuses`, or `loads` and for each feed what came out of running it. Values that a feed does
not name are ones, with every free dimension as long as the first vector of the feed (or 1).
"""

import json
import os
import sys
import tempfile

import numpy as np
import onnxruntime

KINDS = {
    "float": np.float32,
    "double": np.float64,
    "float16": np.float16,
    "bool": np.bool_,
    "int8": np.int8,
    "int16": np.int16,
    "int32": np.int32,
    "int64": np.int64,
    "uint8": np.uint8,
    "uint16": np.uint16,
    "uint32": np.uint32,
    "uint64": np.uint64,
    "string": object,
}


def feed_for(session: onnxruntime.InferenceSession, given: dict) -> dict[str, np.ndarray]:
    lengths = [len(v) for v in given.values() if isinstance(v, list)]
    free = lengths[0] if lengths else 1
    feed = {}
    for declared in session.get_inputs():
        kind = KINDS[declared.type.removeprefix("tensor(").removesuffix(")")]
        if declared.name in given:
            feed[declared.name] = np.array(given[declared.name], dtype=kind)
            continue
        dims = [d if isinstance(d, int) else free for d in declared.shape]
        feed[declared.name] = np.ones(dims, dtype=kind)
        if kind is object:
            feed[declared.name] = np.full(dims, "1", dtype=object)
    return feed


def run(session: onnxruntime.InferenceSession, given: dict) -> str:
    try:
        outputs = session.run(None, feed_for(session, given))
    except KeyError:
        return "not fed"
    except Exception:  # the runtime has no common error class
        return "run fails"
    floats = [o for o in outputs if isinstance(o, np.ndarray) and o.dtype.kind == "f"]
    return "runs" if all(np.isfinite(o).all() for o in floats) else "runs, not finite"


def main() -> None:
    content = sys.stdin.buffer.read()
    feeds = json.loads(sys.argv[1]) or [{}]
    os.chdir(tempfile.mkdtemp())  # nothing to be read by a relative path
    onnxruntime.set_default_logger_severity(4)
    try:
        session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    except Exception:
        print("refuses")
        return
    print("loads", end="", flush=True)
    for given in feeds:
        print(f", {run(session, given)}", end="", flush=True)


main()
