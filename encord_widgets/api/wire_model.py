"""What all models of the wire share: tolerant fields, and one error where a shape cannot be used."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from encord_widgets.api.errors import BadResponseError, clean
from encord_widgets.errors import InvalidInputError, Problem

__all__ = [
    "MaybeText",
    "MaybeUuid",
    "Text",
    "Time",
    "Uuid",
    "WireModel",
    "are_normal_uuids",
    "checked_uuid",
    "checked_uuids",
    "normal_uuid",
    "parse_model",
]

_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_UUID_LENGTH: Final = 36
_CANONICAL: Final = re.compile(_UUID).fullmatch
_ALL_CANONICAL: Final = re.compile(rf"{_UUID}(?:\n{_UUID})*+").fullmatch


def are_normal_uuids(values: Sequence[str]) -> bool:
    """Whether all of them are uuids in lower case with hyphens: one look at a whole page.

    Args:
        values: Texts.

    Raises:
        TypeError: If something else than text is among them.

    Example:
        >>> are_normal_uuids(["8ad5c1e0-0000-4000-8000-000000000001"]), are_normal_uuids(["8AD5"])
        (True, False)
    """
    text = "\n".join(values)
    return len(text) == (_UUID_LENGTH + 1) * len(values) - 1 and _ALL_CANONICAL(text) is not None


def normal_uuid(value: object) -> str | None:
    """A uuid in lower case with hyphens; None for what is no uuid.

    Args:
        value: Text or `uuid.UUID`.

    Example:
        >>> normal_uuid("8AD5C1E0-0000-4000-8000-000000000001")
        '8ad5c1e0-0000-4000-8000-000000000001'
    """
    if isinstance(value, uuid.UUID):
        return str(value)
    if not isinstance(value, str):
        return None
    if _CANONICAL(value):
        return value
    try:
        return str(uuid.UUID(value.strip()))
    except ValueError:
        return None


def checked_uuid(value: object, what: str) -> str:
    """A uuid given by the caller, in lower case with hyphens.

    Args:
        value: Text or `uuid.UUID`.
        what: What it identifies, such as `folder`.

    Raises:
        InvalidInputError: If it is no uuid.

    Example:
        >>> checked_uuid("8ad5c1e0-0000-4000-8000-000000000001", "folder")
        '8ad5c1e0-0000-4000-8000-000000000001'
    """
    found = normal_uuid(value)
    if found is None:
        raise InvalidInputError(
            [
                Problem(
                    expected=f"the uuid of a {what}",
                    got=repr(clean(str(value))[:60]),
                    hint="Copy it from Encord; it looks like 8ad5c1e0-0000-4000-8000-000000000001.",
                )
            ]
        )
    return found


def _as_datetime(value: object) -> object:
    """ISO, or `YYYY-MM-DD HH:MM:SS` taken as UTC; a time that cannot be read is no reason to hide the folder."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _as_text(value: object) -> object:
    return value if value is None or isinstance(value, str) else str(value)


Time = Annotated[datetime | None, BeforeValidator(_as_datetime)]
Text = Annotated[str, BeforeValidator(_as_text)]
MaybeText = Annotated[str | None, BeforeValidator(_as_text)]
Uuid = Annotated[str, BeforeValidator(lambda value: normal_uuid(value) or value)]
MaybeUuid = Annotated[str | None, BeforeValidator(lambda value: normal_uuid(value) or _as_text(value))]


class WireModel(BaseModel):
    """An object of the wire: camelCase or snake_case keys, null and missing take the default, more is ignored."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, extra="ignore", frozen=True
    )

    @model_validator(mode="before")
    @classmethod
    def _null_is_default(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None}


_Model = TypeVar("_Model", bound=WireModel)


def checked_uuids(values: Iterable[object], what: str) -> list[str]:
    """Uuids given by the caller, in lower case with hyphens; one look for all of them where they are that already.

    Args:
        values: Texts or `uuid.UUID`s.
        what: What they identify, such as `item`.

    Raises:
        InvalidInputError: If one of them is no uuid.

    Example:
        >>> checked_uuids(["8AD5C1E0-0000-4000-8000-000000000001"], "item")
        ['8ad5c1e0-0000-4000-8000-000000000001']
    """
    given = list(values)
    plain = [value for value in given if type(value) is str]
    if len(plain) == len(given) and are_normal_uuids(plain):
        return plain
    return [checked_uuid(value, what) for value in given]


def parse_model(model: type[_Model], data: object, what: str) -> _Model:
    """An answer as a model.

    Args:
        model: Which.
        data: Parsed JSON.
        what: What it describes, for the message.

    Raises:
        BadResponseError: If the answer has another shape.

    Example:
        >>> from encord_widgets.api.wire import FolderSummary
        >>> parse_model(FolderSummary, {"files": 2}, "the folder's summary").files
        2
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc']) or 'answer'}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False, include_context=False)[:3]
        )
    raise BadResponseError(f"{what} came in a shape that is not Encord's ({faults}).", status=200)
