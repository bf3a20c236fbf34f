"""The official SDK, unmodified, as a client of the embedded Encord."""

import warnings

from pydantic.warnings import PydanticDeprecatedSince212

with warnings.catch_warnings():
    # Its own code uses an older form of pydantic's validators, which newer pydantic reports on import.
    warnings.simplefilter("ignore", PydanticDeprecatedSince212)
    import encord  # noqa: F401
    import encord.metadata_schema
    import encord.storage
