"""Trains the demo model `tumor-risk` in three versions and writes every file of this folder.

    python train.py            train, export, write
    python train.py --check    train again, compare with the files here (exit 1: differs)
    python train.py --splits   how the versions rank over 40 other splits (writes nothing)

README.md tells what the versions are and which of them is defective, and how.
"""

import argparse
import hashlib
import json
import sys
from dataclasses import dataclass
from importlib.metadata import version as installed
from importlib.resources import files
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline

from designs import DESIGNS, MISSING, Design

HERE = Path(__file__).resolve().parent
MODEL = "tumor-risk"
CLASSES = ["benign", "malignant"]
SEED = 28
TRAIN_ROWS, VALIDATION_ROWS = 171, 114  # the other 284 rows are kept for replay
OPSET = {"": 17, "ai.onnx.ml": 3}  # old enough for every runtime still in use
CODE = ("train.py", "designs.py", "requirements.txt")
LIBRARIES = ("numpy", "onnx", "onnxruntime", "scikit-learn", "scipy", "skl2onnx")

MISSING_FEATURE = "area error"
MISSING_SHARE = 0.08  # of the replay rows, after the upstream change
GOLDEN_CLEAN, GOLDEN_MISSING = 6, 2  # rows of each kind in a golden file
DECIMALS = 6  # of metrics and golden probabilities: below it, processors differ
GOLDEN_TOLERANCE = 1e-5

Artefacts = dict[str, bytes]


@dataclass(frozen=True)
class Split:
    """Row numbers of the data set. No row is in two parts."""

    train: np.ndarray
    validation: np.ndarray
    replay: np.ndarray


@dataclass(frozen=True)
class Data:
    """`exact` holds the decimals of the file, `x` what a float32 model sees of them."""

    names: list[str]
    exact: np.ndarray
    x: np.ndarray
    y: np.ndarray


def load() -> Data:
    bunch = load_breast_cancer()
    exact = bunch.data
    malignant = (1 - bunch.target).astype(np.int64)  # scikit-learn has 0 for malignant
    return Data([str(n) for n in bunch.feature_names], exact, exact.astype(np.float32), malignant)


def split(data: Data, seed: int) -> Split:
    known = TRAIN_ROWS + VALIDATION_ROWS
    every = np.arange(len(data.y))
    seen, replay = train_test_split(every, train_size=known, stratify=data.y, random_state=seed)
    train, validation = train_test_split(
        seen, train_size=TRAIN_ROWS, stratify=data.y[seen], random_state=seed
    )
    return Split(train, validation, np.sort(replay))


def train(design: Design, data: Data, rows: np.ndarray) -> Pipeline:
    """Learns in float64 from the values that the float32 model will see."""
    return design.make(data.names).fit(data.x[rows].astype(np.float64), data.y[rows])


def export(model: Pipeline, name: str, names: list[str]) -> bytes:
    """Input `features` float32 [rows, 30]; outputs `label` int64, `probabilities` float32."""
    proto = to_onnx(
        model,
        initial_types=[("features", FloatTensorType([None, len(names)]))],
        options={id(model): {"zipmap": False}},
        target_opset=OPSET,
        name=f"{MODEL}-{name}",
    )
    for value in [*proto.graph.input, *proto.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_param = "rows"
    proto.graph.output[1].type.tensor_type.shape.dim[1].dim_value = len(CLASSES)
    opsets = sorted(proto.opset_import, key=lambda opset: opset.domain)  # else in hash order
    del proto.opset_import[:], proto.metadata_props[:]
    proto.opset_import.extend(opsets)
    meta = {"classes": json.dumps(CLASSES), "features": json.dumps(names)}
    onnx.helper.set_model_props(proto, meta)
    onnx.checker.check_model(proto, full_check=True)
    return proto.SerializeToString(deterministic=True)


def predict(artefact: bytes, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(artefact, options, providers=["CPUExecutionProvider"])
    label, probabilities = session.run(["label", "probabilities"], {"features": x})
    return label, probabilities


def score(y: np.ndarray, label: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    risk = probabilities[:, 1].astype(np.float64)
    return {
        "rows": len(y),
        "accuracy": round(float(accuracy_score(y, label)), DECIMALS),
        "auc": round(float(roc_auc_score(y, risk)), DECIMALS),
        "logLoss": round(float(log_loss(y, risk)), DECIMALS),
    }


def upstream_change(data: Data, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The replay rows as upstream sends them now, and which of them have lost the feature."""
    count = round(MISSING_SHARE * len(rows))
    lost = np.zeros(len(rows), dtype=bool)
    lost[np.random.default_rng(SEED).choice(len(rows), size=count, replace=False)] = True
    exact = data.exact[rows].copy()
    exact[lost, data.names.index(MISSING_FEATURE)] = MISSING
    return exact, lost


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def to_json(value: object) -> bytes:
    return (json.dumps(value, indent=2, allow_nan=False) + "\n").encode()


def rows_json(data: Data, rows: np.ndarray, exact: np.ndarray, lost: np.ndarray) -> bytes:
    head = {
        "model": MODEL,
        "classes": CLASSES,
        "missing": {"value": int(MISSING), "feature": MISSING_FEATURE, "rows": int(lost.sum())},
        "features": data.names,
    }
    lines = [
        json.dumps(
            {
                "id": f"case-{row:03d}",
                "label": int(data.y[row]),
                "missing": bool(gone),
                "features": values.tolist(),
            }
        )
        for row, values, gone in zip(rows, exact, lost, strict=True)
    ]
    start = json.dumps(head, indent=2).removesuffix("\n}")
    return (start + ',\n  "rows": [\n    ' + ",\n    ".join(lines) + "\n  ]\n}\n").encode()


def golden_json(name: str, artefact: bytes, exact: np.ndarray, lost: np.ndarray) -> bytes:
    clean, gone = np.flatnonzero(~lost)[:GOLDEN_CLEAN], np.flatnonzero(lost)[:GOLDEN_MISSING]
    picked = exact[np.concatenate([clean, gone])]
    label, probabilities = predict(artefact, picked.astype(np.float32))
    return to_json(
        {
            "model": MODEL,
            "version": name,
            "digest": f"sha256:{sha256(artefact)}",
            "tolerance": GOLDEN_TOLERANCE,
            "inputs": {"features": picked.tolist()},
            "outputs": {
                "label": label.tolist(),
                "probabilities": [
                    ["NaN" if np.isnan(p) else round(float(p), DECIMALS) for p in row]
                    for row in probabilities
                ],
            },
        }
    )


def lineage_json(name: str, artefact: bytes, data: Data, parts: Split, model: Pipeline) -> bytes:
    """The first six keys are what the registry keeps as lineage; the others are for people."""
    source = files("sklearn.datasets.data").joinpath("breast_cancer.csv").read_bytes()

    def pinned(what: str, content: bytes) -> dict[str, str]:
        return {"name": what, "digest": f"sha256:{sha256(content)}"}

    def part(what: str, rows: np.ndarray) -> dict[str, str]:
        exact_bytes = data.x[rows].astype("<f4").tobytes() + data.y[rows].astype("<i8").tobytes()
        return pinned(f"{what}: {len(rows)} rows, float32 features then int64 labels", exact_bytes)

    return to_json(
        {
            "data": [
                pinned("scikit-learn: datasets/data/breast_cancer.csv", source),
                part("training part", parts.train),
                part("validation part", parts.validation),
            ],
            "code": [pinned(file, (HERE / file).read_bytes()) for file in CODE],
            "dependencies": {
                "python": f"{sys.version_info.major}.{sys.version_info.minor}",
                **{library: installed(library) for library in LIBRARIES},
            },
            "command": "python train.py",
            "seed": SEED,
            "createdBy": "examples/models/train.py",
            "model": MODEL,
            "version": name,
            "description": DESIGNS[name].describes,
            "artefact": {**pinned(f"{name}.onnx", artefact), "bytes": len(artefact)},
            "steps": [type(step).__name__ for _, step in model.steps],
            "parameters": model[-1].get_params(deep=False),
            "metrics": score(
                data.y[parts.validation], *predict(artefact, data.x[parts.validation])
            ),
        }
    )


def prove(name: str, artefact: bytes, exact: np.ndarray, lost: np.ndarray) -> None:
    """The property the demo stands on: v3 is NaN on the changed rows and nowhere else."""
    label, probabilities = predict(artefact, exact.astype(np.float32))
    nan = np.isnan(probabilities)
    expected = lost if name == "v3" else np.zeros_like(lost)
    if not (nan == expected[:, np.newaxis]).all():
        raise SystemExit(f"{name}: NaN on {nan.any(axis=1).sum()} rows, not the expected ones")
    if not np.isin(label, [0, 1]).all():
        raise SystemExit(f"{name}: a label is neither 0 nor 1")


def prove_story(table: dict[str, dict[str, dict]]) -> None:
    """Offline, each version looks better than the one before it, in every metric."""
    offline = [table[name]["validation"] for name in DESIGNS]
    for before, after in zip(offline, offline[1:], strict=False):
        higher = all(after[metric] > before[metric] for metric in ("accuracy", "auc"))
        if not higher or after["logLoss"] >= before["logLoss"]:
            raise SystemExit(f"the offline metrics do not rank v1 < v2 < v3: {offline}")


def build() -> Artefacts:
    data = load()
    parts = split(data, SEED)
    exact, lost = upstream_change(data, parts.replay)
    made: Artefacts = {"rows.json": rows_json(data, parts.replay, exact, lost)}
    table: dict[str, dict[str, object]] = {}
    for name, design in DESIGNS.items():
        model = train(design, data, parts.train)
        artefact = export(model, name, data.names)
        prove(name, artefact, exact, lost)
        made[f"{name}.onnx"] = artefact
        made[f"{name}.lineage.json"] = lineage_json(name, artefact, data, parts, model)
        made[f"{name}.golden.json"] = golden_json(name, artefact, exact, lost)
        label, probabilities = predict(artefact, exact.astype(np.float32))
        usable = ~np.isnan(probabilities).any(axis=1)
        y = data.y[parts.replay]
        table[name] = {
            "validation": json.loads(made[f"{name}.lineage.json"])["metrics"],
            "replay": {
                "rows": len(y),
                "nanRows": int((~usable).sum()),
                "usable": score(y[usable], label[usable], probabilities[usable]),
            },
            "replayChangedRows": {
                "rows": int(lost.sum()),
                "malignant": int(y[lost].sum()),
                "malignantCalledBenign": int((y[lost] > label[lost]).sum()),
            },
        }
    prove_story(table)
    made["metrics.json"] = to_json(table)
    return made


def check(made: Artefacts) -> int:
    differs = 0
    for name, content in sorted(made.items()):
        path = HERE / name
        same = path.exists() and path.read_bytes() == content
        differs += not same
        verdict = "same   " if same else "DIFFERS"
        print(f"{verdict}  {sha256(content)[:16]}  {len(content):>6}  {name}")
    print(f"{len(made) - differs} of {len(made)} files are what train.py makes.")
    return 1 if differs else 0


def write(made: Artefacts) -> int:
    for name, content in made.items():
        (HERE / name).write_bytes(content)
    return check(made)


def splits(count: int) -> int:
    data = load()
    results: dict[str, list[list[float]]] = {name: [] for name in DESIGNS}
    for seed in range(1000, 1000 + count):
        parts = split(data, seed)
        for name, design in DESIGNS.items():
            model = train(design, data, parts.train)
            rest = np.concatenate([parts.validation, parts.replay])
            risk = model.predict_proba(data.x[rest])[:, 1]
            y = data.y[rest]
            results[name].append(
                [accuracy_score(y, risk > 0.5), roc_auc_score(y, risk), log_loss(y, risk)]
            )
    print(f"mean over {count} splits, rows without -1: accuracy, AUC, log loss")
    for name, rows in results.items():
        print(name, *(f"{m:.4f}" for m in np.mean(rows, axis=0)))
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Trains the demo model in three versions.")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="compare with the files that are here")
    mode.add_argument("--splits", action="store_true", help="rank the versions over 40 splits")
    chosen = parser.parse_args()
    if chosen.splits:
        return splits(40)
    return check(build()) if chosen.check else write(build())


if __name__ == "__main__":
    sys.exit(main())
