"""What Encord answers: tolerant models of folders, and pages of items straight into columns.

A server that adds a field, an enum value or a type must not stop anybody from working, so unknown enum values stay
text, missing optional fields take their default, and an item that cannot be read is reported beside the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

import orjson
from pydantic.alias_generators import to_camel

from encord_widgets.api.errors import BadResponseError, clean
from encord_widgets.api.wire_model import (
    MaybeText,
    MaybeUuid,
    Text,
    Time,
    Uuid,
    WireModel,
    are_normal_uuids,
    checked_uuid,
    checked_uuids,
    normal_uuid,
    parse_model,
)
from encord_widgets.metadata.fingerprints import fingerprints_of
from encord_widgets.metadata.item_fields import FIELDS
from encord_widgets.metadata.items import ItemBatch, ItemProblem
from encord_widgets.metadata.values import ABSENT, Json, Value, has_long_integer, loads

__all__ = [
    "Folder",
    "FolderSummary",
    "PathElement",
    "answered_uuids",
    "checked_uuid",
    "checked_uuids",
    "normal_uuid",
    "parse_items",
    "parse_model",
    "split_page",
]

_NAMES: Final = tuple((name, to_camel(name)) for name in FIELDS)
_ALL_FIELDS: Final = itemgetter(*(camel for _, camel in _NAMES))
_MISSING: Final = object()
_TAIL: Final = re.compile(r": line 1 column \d+ \(char (\d+)\)$")


class PathElement(WireModel):
    """One folder on the way from a folder to the root.

    Args:
        uuid: Its uuid.
        name: Its name.
        parent_uuid: Its parent's uuid; None at the top.

    Example:
        >>> PathElement(uuid="8ad5c1e0-0000-4000-8000-000000000001", name="Drives").name
        'Drives'
    """

    uuid: Uuid
    name: Text = ""
    parent_uuid: MaybeUuid = None


class Folder(WireModel):
    """A storage folder.

    Encord API: the answer of GET storage/folders/{uuid}.

    Args:
        uuid: Its uuid.
        name: Its name.
        parent: Its parent's uuid; None at the top.
        description: Its description.
        client_metadata: Its own metadata as JSON text.
        owner: Who owns it.
        created_at: When it was made.
        last_edited_at: When it was last changed.
        user_role: `user`, `admin`, or what Encord adds.
        folder_type: `generic`, `cloudLinked`, `synthetic`, or what Encord adds.
        path_to_root: The folders above it.

    Example:
        >>> Folder.model_validate({"uuid": "8ad5c1e0-0000-4000-8000-000000000001", "name": "Drives"}).user_role
        ''
    """

    uuid: Uuid
    name: Text
    parent: MaybeUuid = None
    description: Text = ""
    client_metadata: MaybeText = None
    owner: Text = ""
    created_at: Time = None
    last_edited_at: Time = None
    user_role: Text = ""
    folder_type: Text = "generic"
    synced_dataset_hash: MaybeText = None
    integration_hash: MaybeText = None
    remote_url: MaybeText = None
    path_to_root: tuple[PathElement, ...] = ()


class FolderSummary(WireModel):
    """How much a folder holds.

    Encord API: the answer of GET storage/folders/{uuid}/summary.

    Args:
        files: Items in it, whatever their type.
        folders: Folders in it.
        total_size: Size of all items, in bytes.

    Example:
        >>> FolderSummary(files=3).files
        3
    """

    files: int
    folders: int = 0
    videos: int = 0
    images: int = 0
    image_groups: int = 0
    image_sequences: int = 0
    dicom_files: int = 0
    dicom_series: int = 0
    niftis: int = 0
    audios: int = 0
    pdfs: int = 0
    plain_texts: int = 0
    tombstones: int = 0
    upload_jobs: int = 0
    total_size: float = 0.0


def split_page(data: object, what: str) -> tuple[list[object], str | None]:
    """Entries and next page token of a page.

    Args:
        data: Parsed JSON.
        what: What was asked, for the message.

    Raises:
        BadResponseError: If it is no page.

    Example:
        >>> split_page({"results": [], "nextPageToken": "a"}, "folders")
        ([], 'a')
    """
    results = data.get("results") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(results, list):
        raise BadResponseError(
            f"{what} came in a shape that is not Encord's (no list of results).", status=200
        )
    token = data.get("nextPageToken") or data.get("next_page_token")
    return results, None if not token else str(token)


def answered_uuids(results: Iterable[object]) -> list[str]:
    """Uuids of the entries of a page, without those that cannot be read.

    Args:
        results: Entries.

    Example:
        >>> answered_uuids([{"uuid": "8ad5c1e0-0000-4000-8000-000000000001"}, {}])
        ['8ad5c1e0-0000-4000-8000-000000000001']
    """
    found = (normal_uuid(entry.get("uuid")) for entry in results if isinstance(entry, dict))
    return [uuid for uuid in found if uuid is not None]


def parse_items(
    results: Sequence[object],
    known: Mapping[str, dict[str, Json]] | None = None,
    asked: Sequence[str] = (),
) -> ItemBatch:
    """Items of a page as columns. What cannot be read becomes a problem that names the item; the rest goes through.

    Signed URLs are not taken over. No item passes through a model: 1,000 items take about 5 ms.

    Args:
        results: Entries of a page, with keys in camelCase or snake_case.
        known: Metadata by its JSON text, where that has been parsed already.
        asked: Uuids that were asked for, in lower case; where they come back as they are they need no check.

    Returns:
        The batch; `missing` is left empty.

    Example:
        >>> parse_items([{"uuid": "8ad5c1e0-0000-4000-8000-000000000001", "clientMetadata": '{"lux": 4}'}]).metadata
        [{'lux': 4}]
    """
    return _plain(results, known or {}, asked) or _careful(results)


def _plain(results: Any, known: Mapping[str, dict[str, Json]], asked: Sequence[str]) -> ItemBatch | None:
    """The batch of a page in which all is as it should be; None leaves the page to `_careful`."""
    try:
        uuids = [entry["uuid"] for entry in results]
        texts = [entry["clientMetadata"] for entry in results]
        # One look at the whole page: hardly any holds an integer that needs the slower parser.
        fresh = [text for text in texts if text not in known] if known else texts
        parse: Any = loads if has_long_integer("\n".join(fresh)) else orjson.loads
        metadata = list(map(parse, fresh))
        if known:
            parsed = iter(metadata)
            metadata = [known[text] if text in known else next(parsed) for text in texts]
        if not (uuids == asked or are_normal_uuids(uuids)) or set(map(type, metadata)) != {dict}:
            return None
    except (KeyError, TypeError, ValueError):
        return None
    return ItemBatch(
        uuids=uuids, fields=_fields(results), metadata=metadata, fingerprints=fingerprints_of(texts)
    )


def _careful(results: Sequence[object]) -> ItemBatch:
    """The batch of any page, item by item."""
    uuids: list[str] = []
    metadata: list[dict[str, Json]] = []
    kept: list[dict[str, Any]] = []
    problems: list[ItemProblem] = []
    for entry in results:
        if not isinstance(entry, dict):
            problems.append(ItemProblem(None, None, f"expected an object, got {_kind(entry)}"))
            continue
        found = normal_uuid(entry.get("uuid"))
        if found is None:
            got = _kind(entry["uuid"]) if "uuid" in entry else "none"
            problems.append(ItemProblem(None, _name(entry), f"expected a uuid, got {got}"))
            continue
        text = entry.get("clientMetadata", _MISSING)
        if text is _MISSING:
            text = entry.get("client_metadata")
        value = _metadata(text)
        if type(value) is not dict:
            problems.append(ItemProblem(found, _name(entry), value))
            continue
        uuids.append(found)
        metadata.append(value)
        kept.append(entry)
    return ItemBatch(uuids=uuids, fields=_fields(kept), metadata=metadata, problems=problems)


def _metadata(value: Any) -> Any:
    """The dictionary, or in words why it is none."""
    if type(value) is str:
        if value in {"", "{}"}:
            return {}
        try:
            parsed = loads(value)
        except ValueError as error:
            if not value.strip():
                return {}
            where = _TAIL.sub(r" at character \1", clean(str(error)))
            return f"its client metadata is not valid JSON ({where})"
        if type(parsed) is dict:
            return parsed
        return {} if parsed is None else f"its client metadata is {_kind(parsed)}, not an object"
    if value is None:
        return {}
    return value if type(value) is dict else f"its client metadata is {_kind(value)}, not a JSON text"


def _fields(items: list[dict[str, Any]]) -> dict[str, list[Value]]:
    fields: dict[str, list[Value]] = {}
    try:
        columns = zip(*map(_ALL_FIELDS, items), strict=True)
        fields = {name: list(column) for (name, _), column in zip(_NAMES, columns, strict=False)}
    except KeyError:  # an optional field is missing somewhere
        for name, camel in _NAMES:
            column = [item.get(camel, item.get(name, ABSENT)) for item in items]
            if any(value is not ABSENT for value in column):
                fields[name] = column
    parents = fields.get("parent")
    if parents is not None:
        spelled = {value: normal_uuid(value) or value for value in set(parents) if isinstance(value, str)}
        fields["parent"] = [spelled[value] if isinstance(value, str) else value for value in parents]
    return fields


def _name(entry: dict[str, Any]) -> str | None:
    name = entry.get("name")
    return name if isinstance(name, str) else None


def _kind(value: object) -> str:
    if isinstance(value, str):
        return repr(clean(value)[:60])
    names = {dict: "an object", list: "a list", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
