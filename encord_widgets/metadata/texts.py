"""Words for people: metadata and names are untrusted, so nothing in them can steer a terminal or a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

__all__ = ["by_key", "counted", "html_table", "printable"]

_KEYS_SHOWN: Final = 5


def printable(text: str, limit: int = 80) -> str:
    r"""Text for a line of a message: no control characters, no line breaks, shortened.

    Args:
        text: A name, a key or a server's words.
        limit: Longest text, in characters.

    Example:
        >>> printable("a\x1b[2Jb"), printable("x" * 9, limit=4)
        ('a\\x1b[2Jb', 'xxx…')
    """
    plain = text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return plain if len(plain) <= limit else f"{plain[: limit - 1]}…"


def counted(number: int, singular: str, plural: str = "") -> str:
    """A number with its noun.

    Args:
        number: How many.
        singular: The noun for one.
        plural: The noun for others, the singular with an s unless given.

    Example:
        >>> counted(1, "item"), counted(2000, "item"), counted(2, "entry", "entries")
        ('1 item', '2,000 items', '2 entries')
    """
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def by_key(keys: Iterable[str] | Mapping[str, int]) -> str:
    """How often each key occurs, most frequent first.

    Args:
        keys: Metadata keys, or how often each occurs.

    Example:
        >>> by_key(["weather", "lux", "weather"])
        'weather 2, lux 1'
    """
    counts = sorted(Counter(keys).items(), key=lambda pair: (-pair[1], pair[0]))
    parts = [f"{printable(key, 40)} {count:,}" for key, count in counts[:_KEYS_SHOWN]]
    if len(counts) > _KEYS_SHOWN:
        parts.append(f"and {len(counts) - _KEYS_SHOWN:,} more keys")
    return ", ".join(parts)


def html_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """An HTML table whose cells are text, whatever they hold; nothing where there are no rows.

    Args:
        head: Column titles.
        rows: Cells.

    Example:
        >>> html_table(["key"], [["<b>"]])
        '<table><thead><tr><th>key</th></tr></thead><tbody><tr><td>&lt;b&gt;</td></tr></tbody></table>'
    """
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>" if body else ""
