"""The shipped weights: log-odds of a true pair for each feature, and what is added for the distance to rivals.

Set by hand from what the features mean; provenance and measurements are in docs of the benchmark
(tests/benchmarks/test_suggestions_benchmark.py). They were not fitted on the catalogues that the benchmark measures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Weights:
    """``features`` by name. ``own`` and ``back`` count the gap to the best rival of the storefront record and of the
    counterpart (clipped at ``clip``); ``scale`` and ``bias`` turn the sum into a probability.
    """

    features: Mapping[str, float]
    own: float
    back: float
    clip: float
    scale: float
    bias: float


PRODUCTS = Weights(
    MappingProxyType({
        "cosine": 6.0, "text_cosine": 4.0, "covers": 2.0, "covered": 2.0,
        "code_same": 5.0, "code_inside": 3.0, "code_stem": 2.5, "code_sibling": -3.0, "code_other": -1.5,
        "quantity_same": 1.5, "quantity_other": -2.0,
        "number_same": 1.0, "number_other": -1.5, "number_extra": -0.5,
        "colour_same": 0.4, "colour_other": -1.5,
        "variant_same": 0.3, "variant_other": -1.5, "one_sided": -1.5,
        "brand_same": 1.0, "brand_other": -2.0,
        "price_gap": -1.5, "price_same": 1.0,
        "upc_same": 4.0, "upc_other": -3.0, "inactive": -0.3,
    }),
    own=0.5, back=0.75, clip=6.0, scale=0.8, bias=-6.0,
)  # fmt: skip

CUSTOMERS = Weights(
    MappingProxyType({
        "cosine": 4.0, "name_same": 3.0, "covers": 2.5, "covered": 2.5,
        "mail_same": 4.0, "domain_same": 3.5, "domain_other": -1.5, "domain_fits": 1.5,
        "phone_same": 3.0, "phone_other": -0.5, "postal_same": 1.5, "postal_other": -1.0,
        "city_same": 0.5, "city_other": -0.7, "street_same": 2.0, "person_same": 1.0, "person_other": -0.3,
        "country_other": -1.5, "inactive": -0.3,
    }),
    own=0.5, back=0.5, clip=6.0, scale=0.8, bias=-5.0,
)  # fmt: skip
