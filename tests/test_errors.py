"""Errors: one clear message with all problems, and a short traceback in a notebook."""

from __future__ import annotations

import copy
import pickle

import pytest

import encord_widgets as ew
from encord_widgets.errors import InvalidInputError, Problem
from encord_widgets.metadata.schema_merge import SchemaConflict, SchemaConflictError
from encord_widgets.metadata.schema_types import KeyType


def test_one_problem_is_one_sentence():
    error = InvalidInputError([Problem("a number", "'abc'", "8ad5", "lux", "Type digits.")])
    assert str(error) == "item 8ad5, key 'lux': expected a number, got 'abc'. Type digits."
    assert isinstance(error, ValueError)


def test_many_problems_are_counted_and_the_first_ones_shown():
    error = InvalidInputError(Problem("a number", repr(n), key=f"k{n}") for n in range(30))
    lines = str(error).splitlines()
    assert lines[0] == "30 problems; nothing was changed:"
    assert len(lines) == 12
    assert "20 more" in lines[-1]
    assert len(error.problems) == 30


@pytest.mark.parametrize(
    "error",
    [
        InvalidInputError([Problem("a number", "'abc'", key="lux")]),
        InvalidInputError(Problem("a number", repr(n), key=f"k{n}") for n in range(30)),
        SchemaConflictError([SchemaConflict("lux", KeyType("number"), KeyType("text"), None)]),
    ],
)
def test_an_error_is_the_same_in_another_process(error):
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is type(error)
        assert (str(again), again.__dict__) == (str(error), error.__dict__)


def test_the_tree_of_errors():
    for name in ew.__all__:
        thing = getattr(ew, name)
        if isinstance(thing, type) and issubclass(thing, Exception):
            assert issubclass(thing, ew.EncordWidgetsError)


def test_a_notebook_shows_the_callers_line_and_not_our_own_frames():
    with ew.demo(items=5) as client:
        with pytest.raises(ew.AuthorisationError) as refused:
            client.folder("00000000-0000-4000-8000-000000000001")
        assert "client.folder(" in refused.value._render_traceback_()[0], "not a line of the standard library"
        with pytest.raises(ew.InvalidInputError) as caught:
            client.folder("nonsense")
    lines = caught.value._render_traceback_()
    assert lines[0].startswith("In line ")
    assert 'client.folder("nonsense")' in lines[0]
    assert lines[1].startswith("InvalidInputError: expected the uuid of a folder")
    assert len(lines) == 2
