"""The API's calls on datasets: two of the usual kind, the rest over the older protocol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import orjson

from encord_widgets.local.access import UrlSigner
from encord_widgets.local.call import Call, as_uuid, as_uuids, text_of
from encord_widgets.local.database import timestamp
from encord_widgets.local.datasets import DataRowRow, Duplicates
from encord_widgets.local.item_calls import ItemCalls
from encord_widgets.local.items import ItemPatch
from encord_widgets.local.jsontext import decode, encode
from encord_widgets.local.refusal import RefusedError
from encord_widgets.local.store import Store

__all__ = ["DatasetCalls", "LegacyCalls", "legacy_refusal"]

_DATA_TYPES = {
    "video": "VIDEO", "image": "IMAGE", "imageGroup": "IMG_GROUP", "imageSequence": "IMG_GROUP",
    "dicomFile": "DICOM", "dicomSeries": "DICOM", "nifti": "NIFTI", "audio": "AUDIO", "timeseries": "TIME_SERIES",
    "plainText": "PLAIN_TEXT", "pdf": "PDF", "group": "GROUP", "scene": "SCENE",
}  # fmt: skip
_CORD_STORAGE = 0
_ERRORS = {
    400: "INVALID_ARGUMENTS_ERROR",
    401: "AUTHENTICATION_ERROR",
    403: "AUTHORISATION_ERROR",
    404: "RESOURCE_NOT_FOUND_ERROR",
    405: "OPERATION_NOT_ALLOWED",
    409: "RESOURCE_EXISTS_ERROR",
}


class DatasetCalls:
    """Answers to requests about datasets, as JSON texts."""

    def __init__(self, store: Store) -> None:
        self._datasets = store.datasets

    def create(self, call: Call) -> bytes:
        """POST datasets."""
        fields = call.json_object()
        title = text_of(fields, "title", empty=False)
        if title is None:
            raise RefusedError(400, "title is needed.")
        made = self._datasets.create(
            title,
            description=text_of(fields, "description") or "",
            mirrored=bool(fields.get("createBackingFolder")),
            actor=call.actor,
            request=call.request_id,
        )
        return orjson.dumps({"datasetUuid": made.uuid, "backingFolderUuid": made.folder})

    def list_datasets(self, call: Call) -> bytes:
        """GET datasets/list: all in one answer."""
        conditions = []
        for name, sql in (
            ("titleEq", "title = ?"),
            ("titleLike", "title LIKE ?"),
            ("descriptionEq", "description = ?"),
            ("descriptionLike", "description LIKE ?"),
            ("createdBefore", "created < ?"),
            ("createdAfter", "created >= ?"),
            ("editedBefore", "edited < ?"),
            ("editedAfter", "edited >= ?"),
        ):
            given = call.query.get(name)
            if given is not None:
                at_time = name.endswith(("Before", "After"))
                conditions.append((sql, _moment(given, name) if at_time else given))
        found = self._datasets.listing(conditions)
        return orjson.dumps({"result": [self._datasets.wire(row) for row in found]})


class LegacyCalls:
    """Answers to what the older protocol asks of a dataset: POST public, with the question in the body.

    Args:
        store: What there is.
        items: Shows items as a call sees them.
        signer: Makes signed URLs.
    """

    def __init__(self, store: Store, items: ItemCalls, signer: UrlSigner) -> None:
        self._store = store
        self._datasets = store.datasets
        self._item_calls = items
        self._signer = signer
        self._answers: dict[tuple[object, object], Callable[[Call, Any, dict[str, Any]], object]] = {
            ("dataset", "GET"): self._dataset,
            ("datarows", "GET"): self._rows,
            ("datarow", "GET"): self._row,
            ("datarow", "POST"): self._save,
            ("datasetlinkitems", "POST"): self._link,
            ("video", "DELETE"): self._delete,
        }

    def answer(self, call: Call) -> bytes:
        """POST public; the headers that name the dataset are in the call's path."""
        question = call.json_object()
        asked = question.get("query_type"), question.get("query_method")
        values = question.get("values")
        if not isinstance(values, dict) or not all(isinstance(part, str) for part in asked):
            raise RefusedError(400, "The body needs query_type, query_method and values.")
        answer = self._answers.get(asked)
        if call.path["resource_type"] != "dataset" or answer is None:
            raise RefusedError(405, f"This server does not answer {asked[0]} {asked[1]}.")
        payload = values.get("payload") or {}
        if not isinstance(payload, dict):
            raise RefusedError(400, "payload must be an object.")
        return encode({"status": 200, "response": answer(call, values.get("uid"), payload)})

    def _dataset(self, call: Call, _uid: object, payload: dict[str, Any]) -> object:
        dataset = self._datasets.require(call.uuid("resource_id"))
        settings = _object(payload, "dataset_access_settings")
        wanted = settings.get("fetch_rows", True)
        rows = self._datasets.rows(dataset.uuid) if wanted else []
        return {
            "dataset_hash": dataset.uuid,
            "title": dataset.title,
            "description": dataset.description,
            "dataset_type": "CORD_STORAGE",
            "backing_folder_uuid": dataset.folder,
            "data_rows": self._wire(call, rows, metadata=bool(settings.get("fetch_client_metadata"))),
        }

    def _rows(self, call: Call, _uid: object, payload: dict[str, Any]) -> object:
        conditions = []
        for name, sql in (
            ("title_eq", "title = ?"),
            ("title_like", "title LIKE ?"),
            ("created_before", "created < ?"),
            ("created_after", "created >= ?"),
        ):
            given = text_of(payload, name)
            if given is not None:
                conditions.append((sql, _moment(given, name) if name.startswith("created") else given))
        among = payload.get("data_hashes")
        if among is not None:
            among = as_uuids(among, "data_hashes")
        rows = self._datasets.rows(call.uuid("resource_id"), conditions, among=among)
        settings = _object(payload, "dataset_access_settings")
        found = self._wire(call, rows, metadata=bool(settings.get("fetch_client_metadata")))
        types = payload.get("data_types")
        return [row for row in found if types is None or row["data_type"] in types]

    def _row(self, call: Call, uid: object, payload: dict[str, Any]) -> object:
        wanted = _object(payload, "additional_data")
        images = wanted.get("images_data_fetch_options")
        return self._one(
            call,
            self._required(call, uid).uuid,
            metadata=bool(wanted.get("client_metadata")),
            signed=bool(wanted.get("signed_url")),
            images=images if isinstance(images, dict) else None,
        )

    def _save(self, call: Call, uid: object, payload: dict[str, Any]) -> object:
        row = self._required(call, uid)
        unknown = sorted(set(payload) - {"client_metadata", "data_title"})
        if unknown:
            raise RefusedError(400, f"Not to be changed: {', '.join(unknown)}.")
        title = text_of(payload, "data_title", empty=False)
        metadata = payload.get("client_metadata")
        if "client_metadata" in payload and not isinstance(metadata, dict):
            raise RefusedError(400, "client_metadata must be an object.")
        with self._store.database.write():
            if metadata is not None:
                patch = ItemPatch(metadata=metadata)
                self._store.items.patch({row.item: patch}, actor=call.actor, request=call.request_id)
            if title is not None:
                self._datasets.retitle(row.uuid, title, actor=call.actor, request=call.request_id)
        return {"updated_fields": list(payload), "data_row": self._one(call, row.uuid, metadata=True)}

    def _link(self, call: Call, _uid: object, payload: dict[str, Any]) -> object:
        duplicates = payload.get("duplicates_behavior", "SKIP")
        if duplicates not in {"SKIP", "FAIL", "DUPLICATE"}:
            raise RefusedError(400, "duplicates_behavior must be SKIP, FAIL or DUPLICATE.")
        rows = self._datasets.link(
            call.uuid("resource_id"),
            as_uuids(payload.get("item_uuids"), "item_uuids"),
            cast("Duplicates", duplicates),
            actor=call.actor,
            request=call.request_id,
        )
        return self._wire(call, rows)

    def _delete(self, call: Call, uid: object, _payload: dict[str, Any]) -> object:
        return self._datasets.unlink(
            call.uuid("resource_id"), as_uuids(uid, "uid"), actor=call.actor, request=call.request_id
        )

    def _required(self, call: Call, uid: object) -> DataRowRow:
        rows = self._datasets.rows(call.uuid("resource_id"), among=[as_uuid(uid, "uid")])
        if not rows:
            raise RefusedError(404, "There is no such data row.")
        return rows[0]

    def _one(
        self,
        call: Call,
        uuid: str,
        *,
        metadata: bool = False,
        signed: bool = False,
        images: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        row = self._datasets.row(uuid)
        assert row is not None  # noqa: S101 (looked up before, in the same call)
        (found,) = self._wire(call, [row], metadata=metadata)
        if signed:
            found["signed_url"] = self._media_url(call, row.item)
        if images is not None and found["data_type"] == "IMG_GROUP":
            frames = self._store.items.children(row.item)
            found["images_data"] = [
                _image(item, self._media_url(call, item["uuid"]) if images.get("fetch_signed_urls") else None)
                for item in map(orjson.loads, self._store.items.wire(frames))
            ]
        return found

    def _media_url(self, call: Call, item: str) -> str:
        return self._signer.url(call.base_url, f"/signed/media/{item}")

    def _wire(
        self, call: Call, rows: Sequence[DataRowRow], *, metadata: bool = False
    ) -> list[dict[str, Any]]:
        known = self._store.items.rows(list(dict.fromkeys(row.item for row in rows)))
        texts = self._store.items.wire(self._item_calls.seen(call, list(known.values())))
        items = {item["uuid"]: item for item in map(orjson.loads, texts)}
        return [_row(row, items[row.item], metadata=metadata) for row in rows]


def _row(row: DataRowRow, item: dict[str, Any], *, metadata: bool) -> dict[str, Any]:
    kind = item["itemType"]
    return {
        "data_hash": row.uuid,
        "data_title": row.title,
        "data_type": _DATA_TYPES[kind],
        "created_at": _second(row.created),
        "last_edited_at": _second(item["lastEditedAt"]),
        "width": item["width"],
        "height": item["height"],
        "file_link": None if kind in {"imageGroup", "dicomSeries"} else f"embedded/{row.item}",
        "file_size": item["fileSize"],
        "file_type": item["mimeType"],
        "storage_location": _CORD_STORAGE,
        "frames_per_second": item["fps"],
        "duration": item["duration"],
        "client_metadata": decode(item["clientMetadata"].encode()) if metadata else None,
        "signed_url": None,
        "images_data": None,
        "is_optimised_image_group": kind == "imageSequence" if _DATA_TYPES[kind] == "IMG_GROUP" else None,
        "backing_item_uuid": row.item,
    }


def _image(item: dict[str, Any], signed_url: str | None) -> dict[str, Any]:
    return {
        "image_hash": item["uuid"],
        "title": item["name"],
        "file_link": f"embedded/{item['uuid']}",
        "file_type": item["mimeType"],
        "file_size": item["fileSize"],
        "storage_location": _CORD_STORAGE,
        "created_at": _second(item["createdAt"]),
        "last_edited_at": _second(item["lastEditedAt"]),
        "height": item["height"],
        "width": item["width"],
        "signed_url": signed_url,
    }


def _second(moment: str) -> str:
    """A time as the older protocol writes it."""
    return moment[:19].replace("T", " ")


def _moment(text: str, name: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RefusedError(400, f"{name} must be a time in ISO 8601, got {text!r}.") from None
    return timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _object(fields: dict[str, Any], name: str) -> dict[str, Any]:
    value = fields.get(name) or {}
    if not isinstance(value, dict):
        raise RefusedError(400, f"{name} must be an object.")
    return value


def legacy_refusal(status: int, message: str) -> bytes:
    """An error as the older protocol tells it, in an answer whose HTTP status is 200.

    Example:
        >>> legacy_refusal(404, "Gone.")
        b'{"status":404,"response":["RESOURCE_NOT_FOUND_ERROR"],"payload":"Gone."}'
    """
    name = _ERRORS.get(status, "UNKNOWN_ERROR")
    return orjson.dumps({"status": status, "response": [name], "payload": message})
