"""The shipped weights: log-odds of a true pair for each feature, and what is added for the distance to rivals.

Products: set by hand from what the features mean, then fitted on generated catalogues of seven trades, pulled towards the
hand weights (tests/benchmarks/fit_weights.py prints these numbers). Customers: set by hand. Nothing was fitted on the
catalogues that the benchmark measures (tests/benchmarks/test_suggestions_benchmark.py). Generated twins are harder to
tell apart than most real products, so that scores are rather too low than too high.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Weights:
    """``features`` by name. ``own`` and ``back`` count the gap to the best rival of the storefront record and of the
    counterpart (clipped at ``clip``); ``bias`` is what no evidence at all
    amounts to; ``scale`` and ``shift`` turn the log-odds into the share of such pairs that is true.
    """

    features: Mapping[str, float]
    own: float
    back: float
    clip: float
    bias: float
    scale: float
    shift: float


PRODUCTS = Weights(
    MappingProxyType({
        "cosine": 5.24, "text_cosine": 2.51, "covers": 1.52, "covered": 1.40,
        "code_same": 2.22, "code_inside": 2.34, "code_stem": 1.16, "code_sibling": -2.79, "code_other": -1.43,
        "quantity_same": 3.45, "quantity_other": -2.93,
        "number_same": 1.61, "number_other": -1.73, "number_extra": -0.41,
        "colour_same": 1.11, "colour_other": -1.89,
        "variant_same": 0.54, "variant_other": -2.32, "one_sided": -2.16,
        "brand_same": 0.68, "brand_other": -2.00,
        "price_gap": -1.65, "price_same": 1.40,
        "upc_same": 4.0, "upc_other": -3.0, "inactive": -0.3,
    }),
    own=0.5, back=1.0, clip=6.0, bias=-7.13, scale=0.294, shift=-0.41,
)  # fmt: skip

CUSTOMERS = Weights(
    MappingProxyType({
        "cosine": 4.0, "name_same": 3.0, "covers": 2.5, "covered": 2.5,
        "mail_same": 4.0, "domain_same": 3.5, "domain_other": -1.5, "domain_fits": 1.5,
        "phone_same": 3.0, "phone_other": -0.5, "postal_same": 1.5, "postal_other": -1.0,
        "city_same": 0.5, "city_other": -0.7, "street_same": 2.0, "person_same": 1.0, "person_other": -0.3,
        "country_other": -1.5, "inactive": -0.3,
    }),
    own=0.5, back=0.5, clip=6.0, bias=-5.0, scale=0.38, shift=-2.0,
)  # fmt: skip
