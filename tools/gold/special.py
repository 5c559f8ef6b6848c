"""Writes test/vectors/stats/special.json: special functions at seeded random points, by mpmath.

Run: python3 tools/gold/special.py   (needs mpmath; any version with 50-digit gammainc and betainc)

Every argument is a double; the value is computed at 50 digits and rounded once.
"""

import json
import math
import os
import random

import mpmath as mp

mp.mp.dps = 50
POINTS = 1000
SMALLEST = mp.mpf(10) ** -290
rng = random.Random(20260101)


def log_uniform(low, high):
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def f(x):
    return mp.mpf(x)


def collect(draw, value):
    rows = []
    while len(rows) < POINTS:
        args = draw()
        out = value(*[f(a) for a in args])
        if out is None or abs(out) < SMALLEST or abs(out) > 1 / SMALLEST:
            continue
        rows.append([*args, float(out)])
    return rows


def near_gamma():
    a = log_uniform(0.01, 1e5)
    x = (
        a + rng.uniform(-12, 12) * math.sqrt(a)
        if rng.random() < 0.7
        else a * log_uniform(1e-3, 1e2)
    )
    return (a, x) if x > 0 else near_gamma()


def gamma_front(a, x):
    return mp.exp(a * mp.log(x) - x - mp.loggamma(a))


def gamma_series(a, x):
    """P(a, x) for x below a + 1 by the series with positive terms (DLMF 8.7.1)."""
    term = 1 / a
    total = term
    n = 0
    while term > total * mp.eps / 1000:
        n += 1
        term *= x / (a + n)
        total += term
    return gamma_front(a, x) * total


def gamma_fraction(a, x):
    """Q(a, x) for x above a + 1 by Legendre's continued fraction (DLMF 8.9.2)."""
    b = x + 1 - a
    c = mp.mpf(10) ** 300
    d = 1 / b
    h = d
    n = 0
    delta = mp.mpf(0)
    while abs(delta - 1) > mp.eps * 10:
        n += 1
        an = -n * (n - a)
        b += 2
        d = 1 / (an * d + b)
        c = b + an / c
        delta = c * d
        h *= delta
    return gamma_front(a, x) * h


def gamma_p(a, x):
    return gamma_series(a, x) if x < a + 1 else 1 - gamma_fraction(a, x)


def gamma_q(a, x):
    return 1 - gamma_series(a, x) if x < a + 1 else gamma_fraction(a, x)


def near_beta():
    a = log_uniform(0.01, 1e4)
    b = log_uniform(0.01, 1e4)
    p = a / (a + b)
    sd = math.sqrt(p * (1 - p) / (a + b + 1))
    x = p + rng.uniform(-12, 12) * sd if rng.random() < 0.7 else rng.random()
    return (a, b, x) if 0 < x < 1 else near_beta()


def continued_beta(a, b, x):
    """I_x(a, b) for x below its mean, from the hypergeometric series with positive terms (DLMF 8.17.8)."""
    term = mp.mpf(1)
    total = mp.mpf(1)
    n = 0
    while term > total * mp.eps / 1000:
        term *= (a + b + n) * x / (a + 1 + n)
        total += term
        n += 1
    front = a * mp.log(x) + b * mp.log(1 - x) - mp.log(a) - mp.log(mp.beta(a, b))
    return mp.exp(front) * total


def beta_lower(a, b, x):
    if x < (a + 1) / (a + b + 2):
        return continued_beta(a, b, x)
    return 1 - continued_beta(b, a, 1 - x)


def beta_upper(a, b, x):
    return beta_lower(b, a, 1 - x)


def student_sf(t, df):
    tail = beta_lower(df / 2, mp.mpf(1) / 2, df / (df + t * t)) / 2
    return tail if t >= 0 else 1 - tail


def normal_quantile(p):
    guess = mp.sqrt(2) * mp.erfinv(2 * p - 1) if p > 1e-10 else -mp.sqrt(-2 * mp.log(p))
    return mp.findroot(lambda z: mp.log(mp.erfc(-z / mp.sqrt(2)) / 2) - mp.log(p), guess)


tables = {
    "lnGamma": collect(lambda: (log_uniform(1e-5, 1e8),), mp.loggamma),
    "lnBeta": collect(
        lambda: (log_uniform(1e-3, 1e6), log_uniform(1e-3, 1e6)),
        lambda a, b: mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b),
    ),
    "gammaLower": collect(near_gamma, gamma_p),
    "gammaUpper": collect(near_gamma, gamma_q),
    "betaLower": collect(near_beta, beta_lower),
    "betaUpper": collect(near_beta, beta_upper),
    "normalCdf": collect(lambda: (rng.uniform(-36, 8),), lambda z: mp.erfc(-z / mp.sqrt(2)) / 2),
    "normalQuantile": collect(lambda: (10 ** -rng.uniform(0.001, 280),), normal_quantile),
    "studentSf": collect(lambda: (rng.uniform(-3, 30), log_uniform(0.5, 1e4)), student_sf),
    "chiSquareSf": collect(
        lambda: (log_uniform(1e-3, 1e3), float(rng.randint(1, 300))),
        lambda x, df: gamma_q(df / 2, x / 2),
    ),
}

out = {
    "source": "mpmath %s at 50 digits, tools/gold/special.py" % mp.__version__,
    "layout": "each row: the arguments, then the value",
    "tables": tables,
}
path = os.path.join(os.path.dirname(__file__), "../../test/vectors/stats/special.json")
with open(path, "w") as file:
    text = json.dumps(out)
    text = (
        text.replace('": [[', '": [\n    [').replace("], [", "],\n    [").replace("]], ", "]],\n  ")
    )
    file.write(text + "\n")
