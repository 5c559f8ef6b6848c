"""Drives a server with the unmodified Triton client: python triton_client.py http://127.0.0.1:8080

The server has the models of models.ts: simple, simple_int8, simple_string, identity_*.
Each check prints a line; the exit code is the number of checks that failed.
"""

import sys

import numpy as np
import tritonclient.http as http
from tritonclient.utils import InferenceServerException

IDENTITIES = {
    "identity_bool": ("BOOL", np.array([[True, False, True]])),
    "identity_uint8": ("UINT8", np.array([[0, 255]], np.uint8)),
    "identity_uint16": ("UINT16", np.array([[0, 65535]], np.uint16)),
    "identity_uint32": ("UINT32", np.array([[0, 2**32 - 1]], np.uint32)),
    "identity_uint64": ("UINT64", np.array([[0, 2**53 + 1, 2**64 - 1]], np.uint64)),
    "identity_int8": ("INT8", np.array([[-128, 127]], np.int8)),
    "identity_int16": ("INT16", np.array([[-32768, 32767]], np.int16)),
    "identity_int32": ("INT32", np.array([[-(2**31), 2**31 - 1]], np.int32)),
    "identity_int64": ("INT64", np.array([[-(2**63), 2**53 + 1, 2**63 - 1]], np.int64)),
    "identity_fp16": ("FP16", np.array([[0.5, -2.25, 65504]], np.float16)),
    "identity_fp32": ("FP32", np.array([[0.1, -2.25, 3e38]], np.float32)),
    "identity_fp64": ("FP64", np.array([[0.1, -1e-300]], np.float64)),
    "identity_bytes": ("BYTES", np.array([["", "a", "ä€😀"]], np.object_)),
}

FIRST = np.arange(16, dtype=np.int32).reshape(1, 16)
SECOND = np.ones((1, 16), np.int32)


def tensor(name, datatype, data, binary=True):
    made = http.InferInput(name, list(data.shape), datatype)
    made.set_data_from_numpy(data, binary_data=binary)
    return made


def pair(datatype="INT32", first=FIRST, second=SECOND, binary=True):
    return [tensor("INPUT0", datatype, first, binary), tensor("INPUT1", datatype, second, binary)]


def text(data):
    return np.array([[str(item) for item in row] for row in data], np.object_)


def plain(data):
    """Text outputs come as bytes from binary tensors and as str from JSON."""
    if data.dtype != np.object_:
        return data
    return np.vectorize(lambda item: item.decode() if isinstance(item, bytes) else item)(data)


def same(got, wanted):
    assert got is not None, "no such output"
    assert got.shape == wanted.shape, f"shape {got.shape}, not {wanted.shape}"
    assert np.array_equal(plain(got), plain(wanted)), f"{got}, not {wanted}"


def refused(call, status):
    try:
        call()
    except InferenceServerException as fault:
        assert fault.status() == status, f"status {fault.status()}, not {status}"
        assert fault.message(), "no message"
        return
    raise AssertionError("accepted")


def check_health(client):
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("simple")
    assert client.is_model_ready("simple", "1")
    assert not client.is_model_ready("none")


def check_metadata(client):
    server = client.get_server_metadata()
    assert {"name", "version", "extensions"} <= server.keys(), server
    model = client.get_model_metadata("simple")
    assert model["name"] == "simple" and model["versions"] == ["1"], model
    wanted = [{"name": f"INPUT{n}", "datatype": "INT32", "shape": [-1, 16]} for n in (0, 1)]
    assert model["inputs"] == wanted, model["inputs"]
    assert [output["name"] for output in model["outputs"]] == ["OUTPUT0", "OUTPUT1"]
    assert client.get_model_metadata("simple", "1") == model
    refused(lambda: client.get_model_metadata("none"), "404")


def check_index(client):
    rows = {row["name"]: row for row in client.get_model_repository_index()}
    assert rows["simple"]["state"] == "READY", rows


def check_default_outputs(client):
    result = client.infer("simple", pair(), request_id="7")
    same(result.as_numpy("OUTPUT0"), FIRST + SECOND)
    same(result.as_numpy("OUTPUT1"), FIRST - SECOND)
    response = result.get_response()
    assert response["id"] == "7" and response["model_name"] == "simple", response


def check_forms(client):
    """JSON and binary, each way, and mixed."""
    for sent in (True, False):
        for wanted in ((True, True), (False, False), (True, False)):
            outputs = [
                http.InferRequestedOutput(f"OUTPUT{n}", binary_data=binary)
                for n, binary in enumerate(wanted)
            ]
            result = client.infer("simple", pair(binary=sent), outputs=outputs)
            same(result.as_numpy("OUTPUT0"), FIRST + SECOND)
            same(result.as_numpy("OUTPUT1"), FIRST - SECOND)
    inputs = [tensor("INPUT0", "INT32", FIRST, True), tensor("INPUT1", "INT32", SECOND, False)]
    same(client.infer("simple", inputs).as_numpy("OUTPUT1"), FIRST - SECOND)


def check_one_output(client):
    result = client.infer("simple", pair(), outputs=[http.InferRequestedOutput("OUTPUT1")])
    same(result.as_numpy("OUTPUT1"), FIRST - SECOND)
    assert result.as_numpy("OUTPUT0") is None


def check_shapes(client):
    first, second = np.repeat(FIRST, 5, 0), np.repeat(SECOND, 5, 0)
    same(client.infer("simple", pair("INT32", first, second)).as_numpy("OUTPUT0"), first + second)
    refused(lambda: client.infer("simple", pair("INT32", FIRST[:, :8], SECOND[:, :8])), "400")


def check_text(client):
    for binary in (True, False):
        inputs = pair("BYTES", text(FIRST), text(SECOND), binary)
        for outputs in (None, [http.InferRequestedOutput("OUTPUT0", binary_data=binary)]):
            result = client.infer("simple_string", inputs, outputs=outputs)
            same(result.as_numpy("OUTPUT0"), text(FIRST + SECOND))


def check_small_integers(client):
    first, second = FIRST.astype(np.int8), SECOND.astype(np.int8)
    same(client.infer("simple_int8", pair("INT8", first, second)).as_numpy("OUTPUT1"), first - second)


def check_datatypes(client):
    for model, (datatype, data) in IDENTITIES.items():
        result = client.infer(model, [tensor("INPUT0", datatype, data)])
        same(result.as_numpy("OUTPUT0"), data)
        if datatype == "FP16":
            continue  # The client has no JSON form of it.
        outputs = [http.InferRequestedOutput("OUTPUT0", binary_data=False)]
        result = client.infer(model, [tensor("INPUT0", datatype, data, False)], outputs=outputs)
        same(result.as_numpy("OUTPUT0"), data)


def check_parameters(client):
    result = client.infer("simple", pair(), parameters={"a": "b", "c": 1}, priority=1, timeout=10**6)
    same(result.as_numpy("OUTPUT0"), FIRST + SECOND)
    result = client.infer("simple", pair(), sequence_id=5, sequence_start=True, sequence_end=True)
    same(result.as_numpy("OUTPUT0"), FIRST + SECOND)


def check_version_and_headers(client):
    headers = {"x-unit-id": "ada", "x-request-id": "req-1"}
    result = client.infer("simple", pair(), model_version="1", headers=headers)
    assert result.get_response()["model_version"] == "1"


def check_async(client):
    asked = [client.async_infer("simple", pair("INT32", FIRST + n, SECOND)) for n in range(64)]
    for n, one in enumerate(asked):
        same(one.get_result().as_numpy("OUTPUT0"), FIRST + n + SECOND)


def check_errors(client):
    refused(lambda: client.infer("none", pair()), "404")
    refused(lambda: client.infer("simple", pair(), model_version="9"), "404")
    refused(lambda: client.infer("simple", pair()[:1]), "400")
    refused(lambda: client.infer("simple", pair() + pair()[:1]), "400")
    wrong = [tensor("INPUT0", "FP32", FIRST.astype(np.float32)), pair()[1]]
    refused(lambda: client.infer("simple", wrong), "400")
    unknown = [http.InferRequestedOutput("X")]
    refused(lambda: client.infer("simple", pair(), outputs=unknown), "400")
    refused(lambda: client.load_model("simple"), "501")
    refused(lambda: client.unload_model("simple"), "501")


def main(url):
    client = http.InferenceServerClient(url.removeprefix("http://"), concurrency=8)
    checks = [check for name, check in globals().items() if name.startswith("check_")]
    failed = 0
    for check in checks:
        try:
            check(client)
            print(f"ok    {check.__name__[6:]}")
        except Exception as fault:  # One check must not hide the others.
            failed += 1
            print(f"FAIL  {check.__name__[6:]}: {type(fault).__name__}: {fault}")
    client.close()
    print(f"{len(checks) - failed} of {len(checks)} checks passed")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
