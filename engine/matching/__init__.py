"""Exact matches and ranked suggestions with evidence: pure functions of records.

    exact.py             identical identifiers, unique on both sides
    keys.py              the keys that the settings name, their normalisation and uniqueness
    suggest.py           the front door to ranked guesses
    search.py            candidates (grams.py, index.py: TF-IDF over word grams in numpy) and the gaps to rivals
    methods.py           how products and customers are searched and compared
    *_profile.py         what is known of one record;  *_evidence.py  what a pair shows
    weights.py           how much each piece of evidence counts
    text, codes, quantities, lexicon, corpus             reading names

numpy is imported when a suggestion is computed, never before.
"""

from engine.matching.exact import exact
from engine.matching.keys import crowd, match_keys
from engine.matching.suggest import suggest

__all__ = ["crowd", "exact", "match_keys", "suggest"]
