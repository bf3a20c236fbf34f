"""The official SDK, unmodified, as a client of the embedded Encord."""

import warnings
from importlib import import_module

from pydantic.warnings import PydanticDeprecatedSince212

with warnings.catch_warnings():
    # Its own code uses an older form of pydantic's validators, which newer pydantic reports on import.
    warnings.simplefilter("ignore", PydanticDeprecatedSince212)
    for module in ("encord", "encord.metadata_schema", "encord.storage"):
        import_module(module)
