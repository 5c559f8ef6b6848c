"""One prediction endpoint as it is usually written with FastAPI and ONNX Runtime."""

import os

import numpy as np
import onnxruntime as ort
from fastapi import FastAPI
from pydantic import BaseModel

options = ort.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = ort.InferenceSession(
    os.environ["MODEL_FILE"], options, providers=["CPUExecutionProvider"]
)

app = FastAPI()


class Features(BaseModel):
    features: list[float]


class Prediction(BaseModel):
    prediction: int
    probabilities: list[float]


@app.get("/health")
async def health() -> str:
    return "ok"


# `async def`: a plain `def` would pay for a thread per request, and the model takes microseconds.
@app.post("/predict")
async def predict(request: Features) -> Prediction:
    rows = np.asarray([request.features], dtype=np.float32)
    label, probabilities = session.run(["label", "probabilities"], {"features": rows})
    return Prediction(prediction=int(label[0]), probabilities=probabilities[0].tolist())
