"""The schema between the official SDK and this package: each reads what the other wrote, and neither loses a key."""

from __future__ import annotations

import pytest
from encord import EncordUserClient
from encord.metadata_schema import MetadataSchemaError

import encord_widgets as ew
from encord_widgets.metadata.schema import MetadataSchema
from encord_widgets.metadata.schema_merge import SchemaConflictError
from tests.served import Served


@pytest.fixture
def client(server: Served):
    with ew.connect(ssh_private_key_path=server.key_file, domain=server.domain) as client:
        yield client


def test_the_sdk_reads_what_we_wrote(client: ew.Client, user_client: EncordUserClient):
    for kind in ("number", "boolean", "varchar", "text", "datetime", "uuid", "geospatial"):
        client.schema.add(f"ours {kind}", kind)
    client.schema.add("ours enum", "enum", options=["b", "a"]).add("ours-clip", "embedding", size=512)
    assert client.schema.save()
    theirs = user_client.metadata_schema()
    for kind in ("number", "boolean", "varchar", "text", "datetime", "uuid", "geospatial", "enum"):
        assert theirs.get_key_type(f"ours {kind}") == kind
    assert theirs.get_enum_options("ours enum") == ["a", "b"]
    assert theirs.get_embedding_size("ours-clip") == 512
    client.schema.add_options("ours enum", ["c"]).retype("ours text", "varchar").delete("ours uuid")
    client.schema.delete_for_good("ours boolean")
    assert client.schema.save(allow_delete=True)
    theirs = user_client.metadata_schema()
    assert theirs.get_enum_options("ours enum") == ["a", "b", "c"]
    assert theirs.get_key_type("ours text") == "varchar"
    assert theirs.is_key_deleted("ours uuid")
    theirs.restore_key("ours uuid")
    with pytest.raises(MetadataSchemaError):
        theirs.restore_key("ours boolean")
    theirs.save()
    client.refresh_schema()
    assert client.schema["ours uuid"].kind == "uuid"
    assert client.schema["ours boolean"].state == "deleted for good"


def test_we_read_what_the_sdk_wrote(client: ew.Client, user_client: EncordUserClient):
    theirs = user_client.metadata_schema()
    for kind in ("number", "boolean", "varchar", "text", "datetime", "uuid", "string", "long_string"):
        theirs.add_scalar(f"theirs {kind}", data_type=kind)
    theirs.add_enum("theirs enum", values=["b", "a"])
    theirs.add_embedding("theirs-clip", size=3)
    theirs.add_geospatial("theirs.place")
    theirs.add_scalar("theirs gone", data_type="uuid")
    theirs.save()
    theirs.delete_key("theirs gone")
    theirs.save()
    client.refresh_schema()
    schema = client.schema.live
    kinds = {key: ty.kind for key, ty in schema.items() if key.startswith("theirs")}
    assert kinds == {
        **{f"theirs {kind}": kind for kind in ("number", "boolean", "varchar", "text", "datetime", "uuid", "enum")},
        "theirs string": "varchar", "theirs long_string": "text", "theirs-clip": "embedding",
        "theirs.place": "geospatial", "theirs gone": "deleted",
    }  # fmt: skip
    assert schema["theirs enum"].options == ("a", "b")
    assert schema["theirs-clip"].size == 3
    assert schema["theirs gone"].was.kind == "uuid"
    # The SDK's own text of the schema is one of the forms that are read.
    again = MetadataSchema.from_json(repr(user_client.metadata_schema()))
    assert {key: ty.identity for key, ty in again.items()} == {key: ty.identity for key, ty in schema.items()}


def test_a_save_of_the_sdk_in_between_is_merged_and_a_clash_is_named(
    client: ew.Client, user_client: EncordUserClient
):
    client.schema.add("shared", "number").add("mixed", "enum", options=["a"])
    assert client.schema.save()
    client.schema.add("from us", "number").add_options("mixed", ["ours"])
    theirs = user_client.metadata_schema()
    theirs.add_scalar("from them", data_type="text")
    theirs.add_enum_options("mixed", values=["theirs"])
    theirs.save()
    assert client.schema.save()
    both = user_client.metadata_schema()
    assert both.get_enum_options("mixed") == ["a", "ours", "theirs"]
    assert (both.get_key_type("from us"), both.get_key_type("from them")) == ("number", "text")

    client.schema.retype("shared", "varchar")
    both.add_scalar("shared", data_type="text")
    both.save()
    with pytest.raises(SchemaConflictError, match="shared: was number, wanted varchar, is text by now"):
        client.schema.save()
    assert user_client.metadata_schema().get_key_type("shared") == "text"
    assert client.schema.resolve("shared", "ours").save()
    assert user_client.metadata_schema().get_key_type("shared") == "varchar"


def test_the_sdk_sees_a_migration_as_it_ends(
    client: ew.Client, user_client: EncordUserClient, server: Served
):
    items = client.folder(server.folder("Harbour")).wait()
    client.schema.add("berth", "enum", options=["north", "N"])
    assert client.schema.save()
    items.stage({uuid: {"berth": "N" if n % 2 else "north"} for n, uuid in enumerate(items.uuids)})
    assert items.commit()
    client.schema.merge_options("berth", ["north", "N"], "North quay", items).run()
    migration = client.schema.rename_key("berth", "quay", items).run(allow_delete=True)
    assert migration.finished
    theirs = user_client.metadata_schema()
    assert theirs.is_key_deleted("berth")
    assert theirs.get_enum_options("quay") == ["N", "North quay", "north"]
    found = [
        item.client_metadata for item in user_client.get_storage_folder(server.folder("Harbour")).list_items()
    ]
    assert {metadata["quay"] for metadata in found} == {"North quay"}
    assert not any("berth" in metadata for metadata in found)
