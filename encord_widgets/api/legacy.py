"""Encord's older protocol, which datasets and their rows still need: one address, an envelope around every answer."""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

import orjson

from encord_widgets.api.errors import ApiError, BadResponseError, from_response
from encord_widgets.metadata.values import Json

__all__ = ["LEGACY_PATH", "LegacyMethod", "enveloped", "opened"]

LEGACY_PATH: Final = "/public"
"""Where all calls of this protocol go, below the server's root."""

LegacyMethod: TypeAlias = Literal["GET", "POST", "PUT", "DELETE"]

_OK: Final = 200
_STATUS: Final = {
    "AUTHENTICATION_ERROR": 401,
    "SSH_KEY_NOT_FOUND_ERROR": 401,
    "AUTHORISATION_ERROR": 403,
    "OPERATION_NOT_ALLOWED": 403,
    "RESOURCE_NOT_FOUND_ERROR": 404,
    "INVALID_ARGUMENTS_ERROR": 400,
    "INVALID_DATE_FORMAT_ERROR": 400,
    "METHOD_NOT_ALLOWED_ERROR": 405,
    "RESOURCE_EXISTS_ERROR": 409,
    "RATE_LIMIT_ERROR": 429,
}
_UNKNOWN: Final = 500


def enveloped(query_type: str, method: LegacyMethod, uid: Json, payload: Json) -> dict[str, Json]:
    """The body of a request; nulls are kept.

    Args:
        query_type: What is asked about, such as `dataset`.
        method: What to do with it.
        uid: Which; None where the resource itself is meant.
        payload: Arguments.

    Example:
        >>> enveloped("dataset", "GET", None, None)["query_method"]
        'GET'
    """
    return {
        "query_type": query_type,
        "query_method": method,
        "values": {"uid": uid, "payload": payload},
    }


def opened(answer: object, *, domain: str, request_id: str, subject: str, attempt: int = 1) -> Any:
    """What the envelope of an answer holds.

    Args:
        answer: Parsed JSON.
        domain: Server asked.
        request_id: Id of the request.
        subject: What the request is about.
        attempt: Number of this attempt.

    Raises:
        ApiError: The subclass that fits, where the envelope holds an error or is none.

    Example:
        >>> opened({"status": 200, "response": []}, domain="", request_id="1", subject="rows")
        []
    """
    if not isinstance(answer, dict) or "status" not in answer:
        raise BadResponseError(
            f"{subject} came in a shape that is not Encord's (no envelope).",
            method="POST",
            path=LEGACY_PATH,
            status=_OK,
            request_id=request_id,
        )
    if answer["status"] == _OK:
        return answer.get("response")
    raise _error(answer, domain=domain, request_id=request_id, subject=subject, attempt=attempt)


def _error(answer: dict[str, Any], *, domain: str, request_id: str, subject: str, attempt: int) -> ApiError:
    response, payload = answer.get("response"), answer.get("payload")
    name = response[0] if isinstance(response, list) and response else response
    name = name if isinstance(name, str) else "UNKNOWN_ERROR"
    said = f"{name}: {payload}" if isinstance(payload, str) and payload else name
    status = _STATUS.get(name)
    if status is None:
        given = answer["status"]
        is_error = isinstance(given, int) and 400 <= given < 600  # noqa: PLR2004  # HTTP's classes of errors
        status = given if is_error else _UNKNOWN
    return from_response(
        status,
        {},
        orjson.dumps({"message": said}),
        method="POST",
        path=LEGACY_PATH,
        domain=domain,
        request_id=request_id,
        subject=subject,
        attempt=attempt,
    )
