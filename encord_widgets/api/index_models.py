"""What Encord answers about Index: collections, filter presets, and the datasets made from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from encord_widgets.api.wire_model import MaybeUuid, Text, Time, Uuid, WireModel

__all__ = ["Collection", "Dataset", "DatasetRow", "Preset", "as_object"]


class Collection(WireModel):
    """A collection: items of one top-level folder, picked by hand or by a preset.

    Encord API: an entry of GET index/collections.

    Args:
        uuid: Its uuid.
        name: Its name.
        top_level_folder_uuid: The folder that it belongs to.
        description: Its description.
        created_at: When it was made.
        last_edited_at: When it was last changed.

    Example:
        >>> Collection(uuid="8ad5c1e0-0000-4000-8000-000000000001", name="Rain").name
        'Rain'
    """

    uuid: Uuid
    name: Text = ""
    top_level_folder_uuid: MaybeUuid = None
    description: Text = ""
    created_at: Time = None
    last_edited_at: Time = None


class Preset(WireModel):
    """A filter preset, without its filters; those are asked for one preset at a time.

    Encord API: an entry of GET index/presets.

    Args:
        uuid: Its uuid.
        name: Its name.
        description: Its description.
        created_at: When it was made.
        last_updated_at: When it was last changed.

    Example:
        >>> Preset(uuid="8ad5c1e0-0000-4000-8000-000000000001", name="Rain", description=None).description
        ''
    """

    uuid: Uuid
    name: Text = ""
    description: Text = ""
    created_at: Time = None
    last_updated_at: Time = None


class Dataset(WireModel):
    """A dataset: data rows that point at items, for annotation projects.

    Encord API: an entry of GET datasets/list.

    Args:
        uuid: Its uuid, which older calls name dataset hash.
        title: Its title.
        description: Its description.
        created_at: When it was made.
        last_edited_at: When it was last changed.
        user_role: `admin`, `user`, or what Encord adds; empty where you have none.
        backing_folder_uuid: The folder that mirrors it, where there is one.

    Example:
        >>> Dataset.model_validate({"datasetUuid": "8ad5c1e0-0000-4000-8000-000000000001", "title": "Rain"}).title
        'Rain'
    """

    uuid: Uuid = Field(alias="datasetUuid")
    title: Text = ""
    description: Text = ""
    created_at: Time = None
    last_edited_at: Time = None
    user_role: Text = ""
    backing_folder_uuid: MaybeUuid = None


class DatasetRow(WireModel):
    """One row of a dataset.

    Encord API: an entry of `data_rows` in the answer of the legacy `dataset` GET.

    Args:
        data_hash: Its hash.
        data_title: Name of the data.
        data_type: `IMAGE`, `VIDEO`, `IMG_GROUP`, or what Encord adds.
        backing_item_uuid: The storage item behind it, where Encord says which.

    Example:
        >>> DatasetRow(data_hash="a", data_title="drive-07.mp4").backing_item_uuid is None
        True
    """

    data_hash: Text
    data_title: Text = ""
    data_type: Text = ""
    backing_item_uuid: MaybeUuid = None


def as_object(data: object) -> Mapping[str, Any]:
    """An answer as a mapping; an empty one for whatever is none.

    Args:
        data: Parsed JSON.

    Example:
        >>> as_object(None)
        {}
    """
    return data if isinstance(data, dict) else {}
