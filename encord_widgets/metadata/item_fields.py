"""What items have beside their metadata, and what tells the two apart in a frame."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["FIELDS", "GROUPS", "OWN_KEYS", "key_of_label"]

FIELDS: Final = (
    "name",
    "item_type",
    "description",
    "created_at",
    "last_edited_at",
    "mime_type",
    "file_size",
    "width",
    "height",
    "duration",
    "fps",
    "frame_count",
    "parent",
    "storage_location",
    "is_tombstone",
    "backed_data_units_count",
)
"""Fields of an item that the table keeps, in Encord's names (snake case)."""

OWN_KEYS: Final = "client_metadata."
"""What stands before a metadata key in the labels of a frame where an item field has its name."""

GROUPS: Final = ("group", "imageGroup", "imageSequence", "dicomSeries")
"""Types of items whose frames are items of their own."""


def key_of_label(label: Any) -> Any:
    """The metadata key that a column of a frame is of; the label itself but for keys that share a field's name.

    Args:
        label: What the column is called.

    Example:
        >>> key_of_label("client_metadata.width"), key_of_label("lux")
        ('width', 'lux')
    """
    own = label.removeprefix(OWN_KEYS) if isinstance(label, str) else label
    return own if own in FIELDS else label
