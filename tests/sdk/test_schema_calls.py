"""The metadata schema, written and read by the official SDK."""

from __future__ import annotations

import pytest
from encord import EncordUserClient
from encord.exceptions import InvalidArgumentsError
from encord.metadata_schema import MetadataSchemaError


def test_every_kind_of_key_is_added_and_read_back(user_client: EncordUserClient):
    schema = user_client.metadata_schema()
    for kind in ("number", "boolean", "varchar", "text", "datetime", "uuid"):
        schema.add_scalar(f"new {kind}", data_type=kind)
    schema.add_enum("new enum", values=["b", "a"])
    schema.add_embedding("new-embedding", size=512)
    schema.add_geospatial("new.place")
    schema.save()
    again = user_client.metadata_schema()
    for kind in ("number", "boolean", "varchar", "text", "datetime", "uuid", "enum"):
        assert again.get_key_type(f"new {kind}") == kind
    assert again.get_enum_options("new enum") == ["a", "b"]
    assert again.get_embedding_size("new-embedding") == 512
    assert again.get_key_type("new.place") == "geospatial"
    assert again.get_key_type("weather") == "enum"  # the others are still there


def test_options_are_added_and_scalars_change_their_kind(user_client: EncordUserClient):
    schema = user_client.metadata_schema()
    schema.add_enum("split", values=["train"])
    schema.add_scalar("rating", data_type="number")
    schema.save()
    schema.add_enum_options("split", values=["test"])
    schema.set_scalar("rating", data_type="text")
    schema.save()
    again = user_client.metadata_schema()
    assert again.get_enum_options("split") == ["test", "train"]
    assert again.get_key_type("rating") == "text"


def test_keys_are_deleted_and_restored(user_client: EncordUserClient):
    schema = user_client.metadata_schema()
    schema.add_scalar("mood", data_type="varchar")
    schema.save()
    schema.delete_key("mood")
    schema.save()
    deleted = user_client.metadata_schema()
    assert deleted.is_key_deleted("mood")
    deleted.restore_key("mood")
    deleted.save()
    restored = user_client.metadata_schema()
    assert restored.get_key_type("mood") == "varchar"
    restored.delete_key("mood", hard=True)
    restored.save()
    gone = user_client.metadata_schema()
    assert gone.is_key_deleted("mood")
    with pytest.raises(MetadataSchemaError):
        gone.restore_key("mood")


def test_what_the_server_refuses(user_client: EncordUserClient):
    schema = user_client.metadata_schema()
    schema._schema["$secret"] = schema._schema["weather"]
    schema._dirty = True
    with pytest.raises(InvalidArgumentsError, match=r"\$secret"):
        schema.save()
    assert not user_client.metadata_schema().has_key("$secret")


@pytest.mark.filterwarnings(
    "ignore:get_client_metadata_schema is deprecated:DeprecationWarning"
)  # called on purpose
@pytest.mark.filterwarnings("ignore:set_client_metadata_schema_from_dict is deprecated:DeprecationWarning")
def test_the_older_form(user_client: EncordUserClient):
    before = {key: value.value for key, value in user_client.get_client_metadata_schema().items()}
    assert before["lux"] == "number"
    assert before["weather"] == "enum"
    user_client.set_client_metadata_schema_from_dict({**before, "from older form": "long_string"})
    schema = user_client.metadata_schema()
    assert schema.get_key_type("from older form") == "text"
    assert schema.get_enum_options("weather") == ["clear", "cloudy", "fog", "rain", "snow"]
