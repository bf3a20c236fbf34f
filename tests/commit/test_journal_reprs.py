"""What earlier kernels left, as somebody reads it in a cell."""

from __future__ import annotations

import re

import pytest

from encord_widgets.commit.journal import Journal, SourceKey
from encord_widgets.metadata.changes import Change
from encord_widgets.metadata.plan import Plan

FOLDER = SourceKey("folder", "5a1c", "Street scenes")
EDITS = [Change("a", "weather", "rain", "fog"), Change("a", "lux", 1, 2), Change("b", "lux", 1, 2)]
WHEN = r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"


@pytest.fixture
def journal(tmp_path):
    opened = Journal.open(tmp_path, "server key")
    yield opened
    opened.close()


def staged(journal, edits):
    session = journal.session(FOLDER)
    session.record({(c.item, c.key): c for c in edits})
    return session


def test_edits_that_were_left(journal):
    staged(journal, EDITS).close()
    (found,) = journal.session(FOLDER).earlier()
    said = rf"<EarlierEdits: 3 edits on 2 items of 'Street scenes', staged {WHEN}>"
    assert re.fullmatch(said, repr(found))


def test_edits_in_use_say_so(journal):
    session = staged(journal, EDITS[:1])
    (found,) = journal.session(FOLDER).earlier()
    session.close()
    said = rf"<EarlierEdits: 1 edit on 1 item of 'Street scenes', staged {WHEN}, still in use here>"
    assert re.fullmatch(said, repr(found))


def test_a_commit_that_was_cut_off(journal):
    session = staged(journal, EDITS)
    session.begin_commit(Plan.of(EDITS, {})).let_go()
    session.close()
    (found,) = journal.open_commits()
    said = rf"<OpenCommit: 3 of 3 changes left, of 'Street scenes', begun {WHEN}>"
    assert re.fullmatch(said, repr(found))
