"""The three versions of the demo model: what each of them computes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from skl2onnx import update_registered_converter
from skl2onnx.common.data_types import FloatTensorType
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

MISSING = -1.0  # how upstream says that a value is missing
TREE_SEED = 28


class Log(TransformerMixin, BaseEstimator):
    """Natural logarithm. As in ONNX, and unlike a check, it answers NaN to a negative number."""

    def fit(self, x, y=None):  # noqa: ARG002 (scikit-learn's signature)
        self.n_features_in_ = x.shape[1]
        return self

    def transform(self, x):
        with np.errstate(invalid="ignore"):
            return np.log(x)


def _log_shape(operator) -> None:
    rows = operator.inputs[0].get_first_dimension()
    operator.outputs[0].type = FloatTensorType([rows, operator.raw_operator.n_features_in_])


def _log_nodes(scope, operator, container) -> None:
    name = scope.get_unique_operator_name("Log")
    container.add_node(
        "Log", operator.inputs[0].full_name, operator.outputs[0].full_name, name=name
    )


update_registered_converter(Log, "UnderstudyLog", _log_shape, _log_nodes)


@dataclass(frozen=True)
class Design:
    """`make` takes the feature names in column order and gives an untrained pipeline."""

    describes: str
    make: Callable[[list[str]], Pipeline]


def _impute() -> SimpleImputer:
    return SimpleImputer(missing_values=MISSING, strategy="median")


def _logistic(c: float) -> LogisticRegression:
    # Newton steps to machine precision: the float32 coefficients no longer depend on the processor.
    return LogisticRegression(C=c, solver="newton-cholesky", tol=1e-10)


def v1(names: list[str]) -> Pipeline:
    """The model in production: means and standard errors only."""
    used = [i for i, n in enumerate(names) if not n.startswith("worst ")]
    return Pipeline(
        [
            ("pick", ColumnTransformer([("used", "passthrough", used)])),
            ("impute", _impute()),
            ("scale", StandardScaler()),
            ("classify", _logistic(1.0)),
        ]
    )


def v2(names: list[str]) -> Pipeline:  # noqa: ARG001
    """The good candidate: boosted trees over all features."""
    trees = GradientBoostingClassifier(
        n_estimators=100,
        learning_rate=0.06,
        max_depth=2,
        min_samples_leaf=8,
        max_features=6,
        subsample=0.5,
        random_state=TREE_SEED,
    )
    return Pipeline([("impute", _impute()), ("classify", trees)])


def v3(names: list[str]) -> Pipeline:
    """The bad candidate: better on clean data, and the imputer is gone."""
    has_zeros = [i for i, n in enumerate(names) if "concav" in n]
    skewed = [i for i in range(len(names)) if i not in has_zeros]
    return Pipeline(
        [
            (
                "log",
                ColumnTransformer([("log", Log(), skewed), ("keep", "passthrough", has_zeros)]),
            ),
            ("scale", StandardScaler()),
            ("classify", _logistic(0.5)),
        ]
    )


DESIGNS = {
    "v1": Design("logistic regression on 20 of the 30 features, -1 imputed", v1),
    "v2": Design("gradient boosting on all 30 features, -1 imputed", v2),
    "v3": Design("logistic regression on logarithms of skewed features, nothing imputed", v3),
}
