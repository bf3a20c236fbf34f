"""The schema as text: JSON and YAML of the wire's map, for files that people review and edit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.given import check_kind
from encord_widgets.metadata.schema_types import KeyType
from encord_widgets.metadata.values import Json, loads, shown, to_json

__all__ = ["from_json", "from_yaml", "to_json_text", "to_yaml"]

_BREAKS: Final = re.compile("[\\x85\\u2028\\u2029\\ufeff]")
_SHAPE: Final = 'a map from key to type, such as {"lux": {"ty": "variant", "hint": "number"}}'


def to_json_text(wire: Mapping[str, Json]) -> str:
    """Indented JSON of the wire's map, keys in its order.

    Args:
        wire: Key to type object.
    """
    return json.dumps(wire, indent=2, ensure_ascii=False, allow_nan=False)


def from_json(text: str | bytes) -> dict[str, KeyType]:
    """Read what `to_json_text` or Encord's SDK (`repr` of its schema) wrote.

    Args:
        text: JSON text.

    Raises:
        InvalidInputError: If it is not JSON, or no map of types.
    """
    return _types(_parsed(text, loads, "JSON"))


def to_yaml(wire: Mapping[str, Json]) -> str:
    """YAML of the wire's map, keys in its order.

    Args:
        wire: Key to type object.
    """
    import yaml  # loaded when a YAML text is asked for

    class Dumper(yaml.SafeDumper):  # type: ignore[misc]  # the library has no types
        """Quotes text so that every line break of YAML comes back as it was."""

    def represent(dumper: Any, text: str) -> Any:
        style = '"' if _BREAKS.search(text) else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Dumper.add_representer(str, represent)
    text: str = yaml.dump(dict(wire), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


def from_yaml(text: str | bytes) -> dict[str, KeyType]:
    """Read what `to_yaml` wrote, also after people edited it.

    Args:
        text: YAML text.

    Raises:
        InvalidInputError: If it is not YAML, no map of types, or an option is none that is text (YAML reads an
            unquoted `no` as false, and `2024-02-24` as a date).
    """
    import yaml  # loaded when a YAML text is read

    def parse(text: str | bytes) -> object:
        try:
            return yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise ValueError(str(error)) from None

    found = _parsed(text, parse, "YAML")
    problems = []
    for key, ty in found.items() if isinstance(found, dict) else ():
        values = ty.get("values") if isinstance(ty, dict) and ty.get("ty") == "enum" else None
        problems += [
            Problem(
                "options of text",
                f"{shown(one)} ({type(one).__name__})",
                key=str(key),
                hint="Put it in quotes.",
            )
            for one in (values if isinstance(values, list) else ())
            if not isinstance(one, str)
        ]
    if problems:
        raise InvalidInputError(problems)
    return _types(found)


def _parsed(text: str | bytes, parse: Callable[[str | bytes], object], name: str) -> Any:
    check_kind(text, (str, bytes), f"{name} text", "Read the file first, such as path.read_text().")
    try:
        return parse(text)
    except ValueError as error:
        raise InvalidInputError([Problem(f"{name} ({error})", shown(text))]) from None


def _types(found: object) -> dict[str, KeyType]:
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise InvalidInputError([Problem(_SHAPE, shown(found))])
    problems = [
        Problem("text as key", f"{shown(key)} ({type(key).__name__})", hint="Put it in quotes.")
        for key in found
        if not isinstance(key, str)
    ]
    types: dict[str, KeyType] = {}
    for key, ty in found.items():
        try:
            types[key] = KeyType.from_wire(to_json(ty))
        except InvalidInputError as error:
            problems += [
                Problem(one.expected, one.got, key=str(key), hint="Put it in quotes.")
                for one in error.problems
            ]
    if problems:
        raise InvalidInputError(problems)
    return types
