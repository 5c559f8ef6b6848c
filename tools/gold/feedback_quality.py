"""Writes test/vectors/feedback/quality.json: measures of seeded predictions, by scikit-learn.

Run: python3 tools/gold/feedback_quality.py   (needs scikit-learn, see requirements.txt)

Each case has its rows, so that another implementation can fold them one by one.
"""

import json
import os

import numpy as np
from sklearn import metrics
from sklearn.calibration import calibration_curve

rng = np.random.default_rng(20260201)
BINS = 10


def calibration_error(truth, score):
    """Mean gap between what was said and what came true, over tenths, weighted by their rows."""
    came, said = calibration_curve(truth, score, n_bins=BINS, strategy="uniform")
    edges = np.linspace(0.0, 1.0, BINS + 1)
    places = np.searchsorted(edges[1:-1], score)
    weights = np.bincount(places, minlength=BINS)
    weights = weights[weights > 0] / len(score)
    return float(np.sum(weights * np.abs(came - said)))


def binary(rows, prevalence, sharpness, cut):
    truth = (rng.random(rows) < prevalence).astype(int)
    base = np.log(prevalence / (1 - prevalence))
    odds = base + sharpness * (truth - prevalence) + rng.normal(0, 1.2, rows)
    score = np.round(1 / (1 + np.exp(-odds)), 5)
    score = np.clip(score, 0.00002, 0.99998)
    named = (score >= cut).astype(int)
    return {
        "rows": [[str(n), float(s), str(t)] for n, s, t in zip(named, score, truth)],
        "positive": "1",
        "measures": {
            "accuracy": metrics.accuracy_score(truth, named),
            "precision": metrics.precision_score(truth, named),
            "recall": metrics.recall_score(truth, named),
            "f1": metrics.f1_score(truth, named),
            "auc": metrics.roc_auc_score(truth, score),
            "log_loss": metrics.log_loss(truth, score),
            "brier": metrics.brier_score_loss(truth, score),
            "calibration_error": calibration_error(truth, score),
        },
    }


def several(rows, classes):
    truth = rng.integers(0, len(classes), rows)
    odds = rng.normal(0, 1, (rows, len(classes)))
    odds[np.arange(rows), truth] += 1.3
    shares = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
    named = shares.argmax(axis=1)
    top = np.round(shares.max(axis=1), 5)
    return {
        "rows": [
            [classes[n], float(s), classes[t]] for n, s, t in zip(named, top, truth)
        ],
        "positive": None,
        "measures": {
            "accuracy": metrics.accuracy_score(truth, named),
            "precision": metrics.precision_score(truth, named, average="macro"),
            "recall": metrics.recall_score(truth, named, average="macro"),
            "f1": metrics.f1_score(truth, named, average="macro"),
            "calibration_error": calibration_error((named == truth).astype(int), top),
        },
    }


def numbers(rows):
    truth = np.round(rng.gamma(2.0, 40.0, rows), 3)
    said = np.round(truth * rng.normal(1.03, 0.1, rows) + rng.normal(0, 3, rows), 3)
    return {
        "rows": [[None, float(s), float(t)] for s, t in zip(said, truth)],
        "positive": None,
        "measures": {
            "mae": metrics.mean_absolute_error(truth, said),
            "rmse": metrics.root_mean_squared_error(truth, said),
            "bias": float(np.mean(said - truth)),
        },
    }


cases = [
    {"name": "balanced classes", **binary(600, 0.5, 2.0, 0.5)},
    {"name": "rare positives", **binary(800, 0.05, 3.0, 0.3)},
    {"name": "hardly better than chance", **binary(300, 0.4, 0.2, 0.5)},
    {"name": "five classes", **several(500, ["ant", "bee", "cat", "dog", "elk"])},
    {"name": "numbers", **numbers(500)},
]

here = os.path.dirname(os.path.abspath(__file__))
path = os.path.join(here, "..", "..", "test", "vectors", "feedback", "quality.json")
with open(path, "w", encoding="utf-8") as file:
    json.dump({"source": "scikit-learn 1.9.1", "cases": cases}, file, separators=(",", ":"))
    file.write("\n")
