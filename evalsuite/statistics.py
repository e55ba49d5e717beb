"""Intervals and tests, each with its source."""

from __future__ import annotations

from statistics import NormalDist


def wilson_interval(successes: int, trials: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson score interval of a proportion, both ends within 0 to 1; (0, 1) where there are no trials.

    Args:
        successes: 0 to `trials`.
        trials: how many.
        confidence: two-sided, above 0 and below 1.

    Raises:
        ValueError: an argument is out of range.

    Source: E. B. Wilson (1927), J. Am. Stat. Assoc. 22, 209-212. Chosen over Wald's interval, which covers far less
    than it claims near 0 and 1 (Brown, Cai, DasGupta 2001, Statistical Science 16, 101-133).
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes of {trials} trials; 0 to {trials} were expected")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence {confidence}; a value between 0 and 1 was expected")
    if trials == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rate = successes / trials
    centre = (rate + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * ((rate * (1 - rate) / trials + z * z / (4 * trials * trials)) ** 0.5)
    # rounding must not push an end past the observed rate at 0 and 1
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == trials else min(1.0, centre + half)
    return low, high
