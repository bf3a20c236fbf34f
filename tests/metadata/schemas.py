"""Arbitrary schemas: every wire type, unknown ones, deleted ones."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

from tests.metadata import strategies

patient = settings(deadline=None)
"""For laws over whole schemas: a busy machine is no failure."""

key_text = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=8),
    st.text(st.sampled_from("aZ9é日²-_. $/:"), max_size=6),
    st.sampled_from(["keyframes", "key-frames", "Keyframes", "$encord", "a b", ".", ""]),
)
keys = st.sampled_from(["lux", "weather", "captured at", "Clip-2", "where", "old", "future", "notes.x"])
option_lists = st.lists(
    st.sampled_from(
        ["rain", "fog", "", "no", "2024-02-24", "Ünï", "1", "a\x85b", "\u2028", "\n ", "\ufeff", "=", "~"]
    ),
    min_size=1,
    unique=True,
)
variants = st.builds(
    lambda hint: {"ty": "variant", "hint": hint},
    st.sampled_from(["number", "boolean", "varchar", "text", "datetime", "uuid"]),
)
enums = option_lists.map(lambda options: {"ty": "enum", "values": options})
known = st.one_of(
    variants,
    enums,
    st.integers(1, 4096).map(lambda size: {"ty": "embedding", "size": size, "api": None}),
    st.just({"ty": "geospatial"}),
    st.sampled_from([
        {"ty": "number", "format": "F32"}, {"ty": "boolean"}, {"ty": "varchar", "max_length": 8},
        {"ty": "datetime", "timezone": "UTC"}, {"ty": "text"}, {"ty": "uuid"}, {"ty": "user"},
    ]),
)  # fmt: skip
tombstones = st.one_of(st.none(), known).map(lambda ty: {"ty": "tombstone", "deleted_ty": ty})
unknown = st.one_of(
    st.dictionaries(strategies.text, strategies.values, max_size=2).map(
        lambda rest: {**rest, "ty": "hologram"}
    ),
    strategies.scalars.filter(lambda value: value is None or not isinstance(value, bool)),
)
official = st.dictionaries(keys, st.one_of(known, tombstones), max_size=5)
"""Schemas that Encord's SDK can read."""
wires = st.dictionaries(keys | key_text, st.one_of(known, tombstones, unknown), max_size=6)
"""Any schemas."""
