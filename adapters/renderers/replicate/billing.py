"""What the provider bills for a render that has ended, as a factor of its price. Pure.

None: nobody can tell; 0: nothing. A figure that no bill can have is none.
"""

from __future__ import annotations

from adapters.renderers.replicate.prediction import Prediction
from adapters.renderers.replicate.profile import Price

MOST_BILLED_SECONDS = 1e7
"""Four months of computing: a larger number is a mistake of the provider."""
PREDICT_TIME = "predict_time"


def of_success(prediction: Prediction, price: Price | None) -> float | None:
    """Return the figure of the price's metric, or 1 for a price per run."""
    match price.per if price else None:
        case "run":
            return 1.0
        case "predict_second":
            return _metric(prediction, (price and price.metric) or PREDICT_TIME)
        case "second" if price and price.metric:
            return _metric(prediction, price.metric)
        case _:
            return None


def of_failure(prediction: Prediction, price: Price | None) -> float | None:
    """Return the computing time where that is the price, else nothing."""
    if price is None or price.per != "predict_second":
        return 0.0
    billed = of_success(prediction, price)
    return _ran_seconds(prediction) if billed is None else billed


def of_cancel(prediction: Prediction, price: Price | None) -> float | None:
    """Return the time that it ran, which is nothing where it never began.

    See https://replicate.com/docs/topics/predictions/lifecycle, "Billing for predictions with deadlines".
    """
    ran = _ran_seconds(prediction)
    if ran == 0:
        return 0.0
    billed = of_success(prediction, price)
    return ran if billed is None else billed


def _ran_seconds(prediction: Prediction) -> float | None:
    if PREDICT_TIME in (prediction.metrics or {}):
        return _metric(prediction, PREDICT_TIME)
    started, ended = prediction.started_at, prediction.completed_at
    if started is None:
        return 0.0
    ran = (ended - started).total_seconds() if ended else -1.0
    return ran if 0 <= ran <= MOST_BILLED_SECONDS else None


def _metric(prediction: Prediction, name: str) -> float | None:
    """Return a number that can be billed: not negative, not absurdly large (Infinity, 1e30)."""
    value = (prediction.metrics or {}).get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST_BILLED_SECONDS:
        return None
    return float(value)
