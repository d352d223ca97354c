#!/usr/bin/python3
"""BG/NBD by maximum likelihood with numpy and scipy: what `crm bench fit` compares with.

usage: fit_reference.py FILE [--compress] [--gradient]

FILE holds one customer per 24 bytes: x, t_x, T as little-endian doubles. Prints one line
"seconds r alpha a b log_likelihood evaluations". Seconds count from the arrays in memory to the parameters.
--compress counts equal customers first (numpy.unique), --gradient gives the optimiser the analytic gradient; without them it is the
usual way of fitting this model in Python.
"""
import sys
import time

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln, psi


def fit(x, tx, T, compress, gradient):
    if compress:
        rows, weight = np.unique(np.column_stack((x, tx, T)), axis=0, return_counts=True)
        x, tx, T = (np.ascontiguousarray(column) for column in rows.T)
    else:
        weight = np.ones_like(x)
    n = weight.sum()
    repeat = x > 0
    x1 = np.where(repeat, x, 1)

    def objective(log_parameters):
        r, alpha, a, b = np.exp(log_parameters)
        log_age, log_recency = np.log(alpha + T), np.log(alpha + tx)
        alive = -(r + x) * log_age
        dropped = np.where(repeat, np.log(a) - np.log(b + x1 - 1) - (r + x) * log_recency, -np.inf)
        either = np.logaddexp(alive, dropped)
        value = (gammaln(r + x) - gammaln(r) + r * np.log(alpha)
                 + gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x) + either)
        value = -(weight * value).sum() / n
        if not gradient:
            return value
        p = np.exp(dropped - either)
        by_r = psi(r + x) - psi(r) + np.log(alpha) - (1 - p) * log_age - p * log_recency
        by_alpha = r / alpha - (r + x) * ((1 - p) / (alpha + T) + p / (alpha + tx))
        by_a = psi(a + b) - psi(a + b + x) + p / a
        by_b = psi(a + b) + psi(b + x) - psi(b) - psi(a + b + x) - p / (b + x1 - 1)
        slopes = np.array([(weight * slope).sum() for slope in (by_r, by_alpha, by_a, by_b)])
        return value, -slopes * np.exp(log_parameters) / n

    result = minimize(objective, np.log([1, 3, 1, 3]), jac=gradient, method="BFGS", options={"gtol": 1e-6})
    return np.exp(result.x), -result.fun * n, result.nfev


def main():
    data = np.fromfile(sys.argv[1], dtype="<f8").reshape(-1, 3)
    x, tx, T = (np.ascontiguousarray(column) for column in data.T)
    start = time.perf_counter()
    parameters, log_likelihood, evaluations = fit(x, tx, T, "--compress" in sys.argv, "--gradient" in sys.argv)
    seconds = time.perf_counter() - start
    print(seconds, *parameters, log_likelihood, evaluations)


if __name__ == "__main__":
    main()
