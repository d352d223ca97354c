#!/usr/bin/python3
"""Pareto/NBD by maximum likelihood with numpy and scipy, on compressed rows: what `crm bench value` compares with.

usage: pareto_reference.py FILE

FILE holds one customer per 24 bytes: x, t_x, T as little-endian doubles. Prints one line
"seconds r alpha s beta log_likelihood evaluations". Seconds count from the arrays in memory to the parameters.
"""
import sys
import time

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln, hyp2f1


def fit(data):
    rows, weight = np.unique(data, axis=0, return_counts=True)
    x, tx, T = (np.ascontiguousarray(column) for column in rows.T)
    n = weight.sum()

    def log_f(r, alpha, s, beta, t):
        most, least = max(alpha, beta), min(alpha, beta)
        k = r + s + x
        h = s + 1 if alpha >= beta else r + x
        return np.log(hyp2f1(k, h, k + 1, (most - least) / (most + t))) - k * np.log(most + t)

    def objective(log_parameters):
        r, alpha, s, beta = np.exp(log_parameters)
        first, second = log_f(r, alpha, s, beta, tx), log_f(r, alpha, s, beta, T)
        with np.errstate(divide="ignore"):
            dropped = np.log(s / (r + s + x)) + first + np.log1p(-np.exp(np.minimum(second - first, 0)))
        alive = -(r + x) * np.log(alpha + T) - s * np.log(beta + T)
        value = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + np.logaddexp(alive, dropped)
        return -(weight * value).sum() / n

    result = minimize(objective, np.log([1, 3, 1, 4]), method="BFGS", options={"gtol": 1e-6})
    return np.exp(result.x), -result.fun * n, result.nfev


def main():
    data = np.fromfile(sys.argv[1], dtype="<f8").reshape(-1, 3)
    start = time.perf_counter()
    parameters, log_likelihood, evaluations = fit(data)
    print(time.perf_counter() - start, *parameters, log_likelihood, evaluations)


if __name__ == "__main__":
    main()
