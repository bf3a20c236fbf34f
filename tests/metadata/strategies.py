"""Arbitrary metadata: absent, null, mixed types, unicode, big integers, nested JSON."""

from __future__ import annotations

from hypothesis import strategies as st

from encord_widgets.metadata.values import ABSENT

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**25), 10**25),
    st.floats(allow_nan=False, allow_infinity=False),
    text,
    st.sampled_from(["100", "true", "null", "", "2024-02-24"]),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=5,
)
cells = values | st.just(ABSENT)
keys = st.sampled_from(["weather", "lux", "captured at", "$encord", "notes", "Ünï"])
metadata = st.dictionaries(keys, values, max_size=5)
