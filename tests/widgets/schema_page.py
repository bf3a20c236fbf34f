"""What tests of the schema editor look at: the page, and the schema on the server."""

from __future__ import annotations


def counted(page):
    page.until(lambda: not page.state["summary"]["counting"])
    return page


def row(page, key):
    (found,) = [one for one in page.state["rows"] if one["key"] == key]
    return found


def live(client):
    return client._background.call(client._api.schema)
