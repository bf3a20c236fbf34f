"""The older protocol: errors in the envelope are the same errors as elsewhere, and pass when they may."""

from __future__ import annotations

import uuid

import pytest

from encord_widgets.api import errors
from encord_widgets.api.endpoints import EncordApi
from encord_widgets.api.legacy import opened
from encord_widgets.errors import InvalidInputError

from .strict_index import EnvelopeError, StrictIndex

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("AUTHENTICATION_ERROR", errors.AuthenticationError),
        ("SSH_KEY_NOT_FOUND_ERROR", errors.AuthenticationError),
        ("AUTHORISATION_ERROR", errors.AuthorisationError),
        ("OPERATION_NOT_ALLOWED", errors.AuthorisationError),
        ("RESOURCE_NOT_FOUND_ERROR", errors.NotFoundError),
        ("INVALID_ARGUMENTS_ERROR", errors.InvalidRequestError),
        ("RESOURCE_EXISTS_ERROR", errors.ResourceExistsError),
        ("RATE_LIMIT_ERROR", errors.RateLimitedError),
        ("SOMETHING_NEW", errors.ServerError),
    ],
)
def test_names_of_errors(name: str, error: type[errors.ApiError]) -> None:
    answer = {"status": 599, "response": [name], "payload": "because"}
    with pytest.raises(error, match=f"rows of x: http://encord.test answered .*{name}: because"):
        opened(answer, domain="http://encord.test", request_id="1", subject="rows of x")


@pytest.mark.parametrize("answer", [None, [], {}, {"response": []}])
def test_what_is_no_envelope(answer: object) -> None:
    with pytest.raises(errors.BadResponseError, match="no envelope"):
        opened(answer, domain="", request_id="1", subject="rows")


@pytest.mark.parametrize("response", [None, [], {"a": 1}, 5])
def test_an_error_of_an_unknown_shape(response: object) -> None:
    with pytest.raises(errors.ServerError, match="UNKNOWN_ERROR"):
        opened({"status": "bad", "response": response}, domain="", request_id="1", subject="rows")


async def test_a_passing_error_in_the_envelope_is_tried_again(api: EncordApi, server: StrictIndex) -> None:
    dataset = await api.create_dataset("Rain")
    server.legacy_errors = [EnvelopeError(429, "RATE_LIMIT_ERROR"), EnvelopeError(500, "UNKNOWN_ERROR")]
    assert await api.dataset_rows(dataset) == []
    assert server.legacy_errors == []


async def test_an_unknown_dataset_is_named(api: EncordApi) -> None:
    stranger = str(uuid.uuid4())
    with pytest.raises(errors.AuthorisationError, match=stranger):
        await api.dataset_rows(stranger)


async def test_what_cannot_be_repeated_is_not(api: EncordApi, server: StrictIndex) -> None:
    folder = server.add_folder("Drives")
    dataset = await api.create_dataset("Rain")
    server.legacy_errors = [EnvelopeError(500, "UNKNOWN_ERROR"), EnvelopeError(500, "UNKNOWN_ERROR")]
    with pytest.raises(errors.ServerError):
        await api.link_items(dataset, [server.add_item(folder, "a")], on_duplicate="DUPLICATE")
    assert len(server.legacy_errors) == 1


async def test_too_many_items_are_refused_before_sending(api: EncordApi, server: StrictIndex) -> None:
    many = [str(uuid.uuid4()) for _ in range(1001)]
    for call in (api.link_items, api.add_items, api.remove_items):
        with pytest.raises(InvalidInputError, match="up to 1000 items"):
            await call(str(uuid.uuid4()), many)
    assert server.requests == []


async def test_nothing_to_add_sends_nothing(api: EncordApi, server: StrictIndex) -> None:
    assert await api.add_items(str(uuid.uuid4()), []) == []
    assert await api.link_items(str(uuid.uuid4()), []) == []
    assert server.requests == []


async def test_what_encord_does_not_list_is_named(api: EncordApi) -> None:
    stranger = str(uuid.uuid4())
    with pytest.raises(errors.AuthorisationError, match=f"collection {stranger}"):
        await api.collection(stranger)
    with pytest.raises(errors.AuthorisationError, match=f"preset {stranger}"):
        await api.preset(stranger)
