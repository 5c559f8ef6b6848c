"""Writes the ONNX test vectors: golden, valid, hostile, and harmful for some inputs only.

python onnx_models.py            write test/vectors/onnx
python onnx_models.py --check    compare it with what this script makes (exit 1: differs)
python onnx_models.py --observe  load and run each file in a child process under limits, and
                                 write down what ONNX Runtime for Python does with it
"""

import argparse
import hashlib
import json
import resource
import subprocess
import sys
from pathlib import Path

from onnx_build import Case
from onnx_golden import Golden, golden_models
from onnx_hostile_files import hostile_files
from onnx_hostile_graphs import hostile_graphs
from onnx_hostile_signatures import hostile_signatures
from onnx_valid import harmed_by_input, valid_models

ROOT = Path(__file__).resolve().parents[2] / "test" / "vectors" / "onnx"
OBSERVED = "observed.json"
TOTAL_BYTES_MAX = 1_000_000

# Odd, but not dangerous by itself: to refuse is right, to accept is right if it then does no harm.
EITHER = {
    "wire/trailing-zeros",
    "wire/trailing-unknown-field",
    "wire/two-models",
    "wire/utf8-name",
    "external/not-declared",
    "operator/custom-in-unused-function",
    "operator/function-hides-standard",
    "resource/constant-of-shape-negative",
    "resource/weight-short",
    "signature/no-shape",
    "signature/rank-2000",
    "signature/wrong-output-type",
    "signature/long-name",
    "signature/control-name",
    "signature/proto-name",
    "signature/many-inputs",
    "opset/two-opsets",
    "opset/metadata",
}

# What to feed: the first is harmless, the second is not.
POISON_INPUTS = {
    "slow": ({"x": [3.0, 10.0]}, {"x": [3.0, 1e18]}),
    "memory": ({"x": [3.0, 10.0]}, {"x": [3.0, 3e9]}),
    "error": ({"x": [0.0, 3.0]}, {"x": [0.0, 4.0]}),
    "nan": ({"x": [1.0, 2.0]}, {"x": [1.0, -1.0]}),
    "zero-division": ({"x": [5.0, 10.0]}, {"x": [5.0, 0.0]}),
    "spectrum": ({"axis": 2}, {"axis": 0}),
    "wide": ({"x": [1.0]}, {"x": [1.0] * 1000}),
    "shape-by-value": ({"x": [1.0, 1.0]}, {"x": [0.0, 1.0]}),
}


def to_json(content: object) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=True, allow_nan=False) + "\n").encode()


def pinned(path: str, content: bytes) -> dict[str, object]:
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return {"file": path, "bytes": len(content), "digest": digest}


def hostile_entry(case: Case) -> dict[str, object]:
    verdict = "either" if case.rule in EITHER else "refuse"
    file = pinned(f"hostile/{case.rule}.onnx", case.content)
    return {"rule": case.rule, "verdict": verdict, "wrong": case.wrong, **file}


def poison_entry(case: Case) -> dict[str, object]:
    harmless, harmful = POISON_INPUTS[case.rule.removeprefix("poison/")]
    file = pinned(f"{case.rule}.onnx", case.content)
    return {"harm": case.wrong, "harmless": harmless, "harmful": harmful, **file}


def golden_entry(golden: Golden) -> dict[str, object]:
    return {
        "name": golden.name,
        "says": golden.says,
        **pinned(f"golden/{golden.name}.onnx", golden.content),
    }


def golden_cases(golden: Golden) -> bytes:
    cases = [{"inputs": ins, "outputs": outs} for ins, outs in golden.cases]
    lines = ",\n".join(json.dumps(case, allow_nan=False) for case in cases)
    head = json.dumps({"model": golden.name})[:-1]
    return f'{head}, "cases": [\n{lines}\n]}}\n'.encode()


def build() -> dict[str, bytes]:
    golden, valid, poison = golden_models(), valid_models(), harmed_by_input()
    hostile = [*hostile_files(), *hostile_graphs(), *hostile_signatures()]
    names = {case.rule for case in hostile}
    assert len(names) == len(hostile), "two hostile files of one name"
    assert names >= EITHER, f"EITHER names no file: {EITHER - names}"
    made = {f"golden/{g.name}.onnx": g.content for g in golden}
    made |= {f"golden/{g.name}.json": golden_cases(g) for g in golden}
    made |= {f"{case.rule}.onnx": case.content for case in [*valid, *poison]}
    made |= {f"hostile/{case.rule}.onnx": case.content for case in hostile}
    made["manifest.json"] = to_json(
        {
            "golden": [golden_entry(g) for g in golden],
            "valid": [{"says": c.wrong, **pinned(f"{c.rule}.onnx", c.content)} for c in valid],
            "poison": [poison_entry(c) for c in poison],
            "hostile": [hostile_entry(c) for c in hostile],
        }
    )
    total = sum(map(len, made.values()))
    assert total <= TOTAL_BYTES_MAX, f"{total} bytes of vectors"
    return made


def present() -> set[str]:
    kept = {"README.md", OBSERVED}
    files = (p.relative_to(ROOT).as_posix() for p in ROOT.rglob("*") if p.is_file())
    return {name for name in files if name not in kept}


def check(made: dict[str, bytes]) -> int:
    extra = sorted(present() - made.keys())
    differs = [
        n for n, c in made.items() if not (ROOT / n).exists() or (ROOT / n).read_bytes() != c
    ]
    for name in differs:
        print(f"DIFFERS  {name}")
    for name in extra:
        print(f"EXTRA    {name}")
    print(
        f"{len(made) - len(differs)} of {len(made)} files are the same,"
        f" {len(extra)} extra, {sum(map(len, made.values()))} bytes in all."
    )
    return 1 if differs or extra else 0


def write(made: dict[str, bytes]) -> int:
    for name in present() - made.keys():
        (ROOT / name).unlink()
    for name, content in made.items():
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_bytes(content)
    return check(made)


def observe() -> int:
    """One child process per file: what kills, hangs or starves it must not stop the others."""
    import onnxruntime

    made = build()
    manifest = json.loads(made["manifest.json"])
    seen = {}
    for kind in ("golden", "valid", "poison", "hostile"):
        for entry in manifest[kind]:
            seen[entry["file"]] = observe_one(made[entry["file"]], entry)
            print(f"{entry['file']:<52} {seen[entry['file']]}", flush=True)
    report = {"runtime": f"onnxruntime {onnxruntime.__version__} (Python)", "files": seen}
    (ROOT / OBSERVED).write_bytes(to_json(report))
    return 0


def observe_one(content: bytes, entry: dict) -> str:
    """`refuses`, `loads` and what running does, or how the process ended."""
    child = Path(__file__).with_name("onnx_observe.py")
    feeds = json.dumps([entry[k] for k in ("harmless", "harmful") if k in entry])
    try:
        done = subprocess.run(
            [sys.executable, str(child), feeds],
            input=content,
            capture_output=True,
            timeout=10,
            preexec_fn=limit_memory,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return f"{(late.stdout or b'').decode().strip()} hangs".strip()
    said = done.stdout.decode().strip()
    return said if done.returncode == 0 else f"{said} dies ({done.returncode})".strip()


def limit_memory() -> None:
    limit = 3 << 30
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def main() -> int:
    parser = argparse.ArgumentParser(description="Writes the ONNX test vectors.")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true")
    mode.add_argument("--observe", action="store_true")
    chosen = parser.parse_args()
    if chosen.observe:
        return observe()
    return check(build()) if chosen.check else write(build())


if __name__ == "__main__":
    sys.exit(main())
