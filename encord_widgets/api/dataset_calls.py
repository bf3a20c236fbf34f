"""Calls about datasets: made and listed by the v2 API, filled and read by the older one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

from encord_widgets.api.errors import BadResponseError
from encord_widgets.api.folder_calls import MAX_BULK, FolderCalls
from encord_widgets.api.index_models import Dataset, DatasetRow, as_object
from encord_widgets.api.wire import checked_uuid, checked_uuids, normal_uuid, parse_model
from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.values import Json

__all__ = ["DatasetCalls", "OnDuplicate"]

OnDuplicate: TypeAlias = Literal["SKIP", "FAIL", "DUPLICATE"]
"""What Encord does with an item that the dataset has already."""

_RESOURCE: Final = "dataset"


class DatasetCalls(FolderCalls):
    """Calls about datasets; a part of `EncordApi`."""

    async def datasets(self, title: str | None = None) -> list[Dataset]:
        """Datasets that you have a role in; one answer, without pages.

        Encord API: GET datasets/list.

        Args:
            title: Only those of exactly this title.

        Example:
            >>> [dataset.title for dataset in await api.datasets()]  # doctest: +SKIP
        """
        data = await self.http.request(
            "GET",
            "datasets/list",
            params={"titleEq": title, "includeOrgAccess": False},
            subject="datasets",
        )
        entries = as_object(data).get("result")
        if not isinstance(entries, list):
            raise BadResponseError(
                "Datasets came in a shape that is not Encord's (no list of results).", status=200
            )
        return [parse_model(Dataset, entry, "a dataset in the list") for entry in entries]

    async def create_dataset(
        self, title: str, description: str | None = None, *, backing_folder: bool = False
    ) -> str:
        """Make an empty dataset.

        Encord API: POST datasets.

        Args:
            title: Its title.
            description: Its description.
            backing_folder: Whether to make a folder that mirrors it; not for items that have a folder already.

        Returns:
            Its uuid.

        Example:
            >>> await api.create_dataset("Rain")  # doctest: +SKIP
        """
        subject = f"new dataset {title!r}"
        body: dict[str, Json] = {"title": title}
        if description is not None:
            body["description"] = description
        body |= {"createBackingFolder": backing_folder, "legacyCall": False}
        data = as_object(await self.http.request("POST", "datasets", body=body, subject=subject, retry=False))
        names = ("datasetUuid", "dataset_uuid", "datasetHash", "dataset_hash")
        found = next((uuid for uuid in (normal_uuid(data.get(name)) for name in names) if uuid), None)
        if found is None:
            raise BadResponseError(f"{subject}: the answer is not Encord's (no uuid).", status=200)
        return found

    async def link_items(
        self, uuid: str | UUID, items: Iterable[str | UUID], *, on_duplicate: OnDuplicate = "SKIP"
    ) -> list[DatasetRow]:
        """Link up to 1,000 items to a dataset, each as a row.

        Encord API: POST /public, `datasetlinkitems` POST.

        Args:
            uuid: The dataset.
            items: The items.
            on_duplicate: What to do with items that it has already; only SKIP can be repeated safely, and is.

        Returns:
            The rows that Encord answered.

        Example:
            >>> len(await api.link_items(dataset, [item]))  # doctest: +SKIP
            1
        """
        dataset = checked_uuid(uuid, "dataset")
        asked: list[Json] = [*dict.fromkeys(checked_uuids(items, "item"))]
        if len(asked) > MAX_BULK:
            raise InvalidInputError(
                [Problem(expected="up to 1000 items at a time", got=str(len(asked)), hint="Split them.")]
            )
        if not asked:
            return []
        data = await self.http.legacy(
            "datasetlinkitems",
            "POST",
            resource=(_RESOURCE, dataset),
            uid=dataset,
            payload={"item_uuids": asked, "duplicates_behavior": on_duplicate},
            subject=f"{len(asked)} items of dataset {dataset}",
            retry=on_duplicate == "SKIP",
        )
        return _rows(data, f"rows of dataset {dataset}")

    async def dataset_title(self, uuid: str | UUID) -> str:
        """Title of a dataset, without its rows.

        Encord API: POST /public, `dataset` GET.

        Args:
            uuid: The dataset.

        Raises:
            ApiError: AuthorisationError for a dataset that is unknown or not yours.

        Example:
            >>> await api.dataset_title(uuid)  # doctest: +SKIP
        """
        return str((await self._dataset(uuid, rows=False)).get("title") or "")

    async def dataset_rows(self, uuid: str | UUID) -> list[DatasetRow]:
        """All rows of a dataset, in one answer, without their metadata.

        Encord API: POST /public, `dataset` GET.

        Args:
            uuid: The dataset.

        Example:
            >>> len(await api.dataset_rows(uuid))  # doctest: +SKIP
        """
        return _rows((await self._dataset(uuid, rows=True)).get("data_rows"), f"rows of dataset {uuid}")

    async def _dataset(self, uuid: str | UUID, *, rows: bool) -> Mapping[str, Any]:
        dataset = checked_uuid(uuid, "dataset")
        data = await self.http.legacy(
            "dataset",
            "GET",
            resource=(_RESOURCE, dataset),
            payload={"dataset_access_settings": {"fetch_client_metadata": False, "fetch_rows": rows}},
            subject=f"dataset {dataset}",
        )
        return as_object(data)


def _rows(data: object, what: str) -> list[DatasetRow]:
    if not isinstance(data, list):
        raise BadResponseError(f"{what} came in a shape that is not Encord's (no list).", status=200)
    return [parse_model(DatasetRow, entry, "a row of a dataset") for entry in data]
