"""Addresses of requests: the server, the query, who asks, and which certificates are trusted."""

from __future__ import annotations

import functools
import os
import platform
import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlencode, urlsplit

import httpx

from encord_widgets.api.errors import clean
from encord_widgets.errors import InvalidInputError, Problem

__all__ = ["Param", "checked_domain", "query", "tls_context", "user_agent"]

Param: TypeAlias = str | int | bool | Iterable[str] | None


def query(params: Mapping[str, Param] | None) -> str:
    """A query in Encord's spelling.

    Args:
        params: Names in camelCase. None is left out, a list is repeated, booleans are spelled `True`, `False`.

    Example:
        >>> query({"desc": False, "itemTypes": ["image", "video"], "search": None})
        'desc=False&itemTypes=image&itemTypes=video'
    """
    pairs: list[tuple[str, str]] = []
    for name, value in (params or {}).items():
        if value is None:
            continue
        if isinstance(value, str | int):  # bool is an int, and str() spells it `True`
            pairs.append((name, str(value)))
        else:
            pairs.extend((name, str(entry)) for entry in value)
    return urlencode(pairs)


def checked_domain(domain: str) -> str:
    """Scheme and host of a server.

    Args:
        domain: As the user gave it.

    Raises:
        InvalidInputError: If it is something else, or more than that.

    Example:
        >>> checked_domain("https://api.encord.com/")
        'https://api.encord.com'
    """
    parts = urlsplit(domain.strip()) if isinstance(domain, str) else urlsplit("")
    try:
        usable = (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and parts.username is None
            and parts.path.strip("/") == ""
            and not parts.query
            and not parts.fragment
            and parts.port != 0
        )
    except ValueError:  # a port that is no number
        usable = False
    if not usable:
        raise InvalidInputError(
            [
                Problem(
                    key="domain",
                    expected="scheme and host, such as https://api.encord.com",
                    got=repr(
                        clean(str(domain)) if parts.username is None else "an address with a user name in it"
                    ),
                    hint="Leave out path, query and user name.",
                )
            ]
        )
    return f"{parts.scheme}://{parts.netloc.lower()}"


def user_agent(suffix: str) -> str:
    """Who we say we are.

    Args:
        suffix: Added at the end.

    Raises:
        InvalidInputError: If the suffix cannot stand in a header.

    Example:
        >>> user_agent("curation/1").startswith("encord-widgets/")
        True
    """
    from importlib.metadata import version

    agent = f"encord-widgets/{version('encord-widgets')} python/{platform.python_version()}"
    text = suffix.strip()
    if text and not (text.isascii() and text.isprintable()):
        raise InvalidInputError(
            [Problem(key="user_agent_suffix", expected="printable ASCII", got=repr(text), hint="Shorten it.")]
        )
    return f"{agent} {text}" if text else agent


def tls_context() -> ssl.SSLContext:
    """Certificates: httpx's own, or what the variables of requests and curl name, which Encord's SDK honours."""
    if os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR"):
        return httpx.create_ssl_context()
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        place = os.environ.get(name)
        if place and Path(place).exists():
            folder = Path(place).is_dir()
            return ssl.create_default_context(
                capath=place if folder else None, cafile=None if folder else place
            )
    return _usual_certificates()


@functools.cache  # they come with a package, and reading them takes longer than a request
def _usual_certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context()
