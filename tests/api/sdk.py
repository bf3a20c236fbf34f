"""Encord's SDK, imported in spite of the deprecation warnings of its own modules."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import encord
    from encord.client import EncordClient
    from encord.http.bundle import Bundle
    from encord.http.constants import RequestsSettings
    from encord.orm.storage import StorageItemType
    from encord.storage import StorageFolder, StorageItem

__all__ = [
    "Bundle",
    "EncordClient",
    "RequestsSettings",
    "StorageFolder",
    "StorageItem",
    "StorageItemType",
    "encord",
]
