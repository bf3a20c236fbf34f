"""How a commit is done can be said where it is started: the arguments are those of `CommitOptions`."""

from __future__ import annotations

import inspect
from dataclasses import fields

import pytest

import encord_widgets as ew
from encord_widgets.commit.run import CommitRun

GIVEN = {
    "on_conflict": "theirs",
    "allow_destroy": True,
    "bundle_size": 7,
    "bundle_bytes": 20_000,
    "concurrency": 2,
    "canary": 3,
    "patience": ew.Patience(attempts=2, rereads=1, wait=0.01, longest=0.02),
}


@pytest.fixture
def options(monkeypatch):
    """The options of every commit that is started."""
    seen = []

    def noting(self, background, api, plan, options, **rest):
        seen.append(options)
        return init(self, background, api, plan, options, **rest)

    init = CommitRun.__init__
    monkeypatch.setattr(CommitRun, "__init__", noting)
    return seen


@pytest.fixture
def items():
    with ew.demo(items=30) as client:
        items = client.folder(client.folders("Street scenes")[0]).wait()
        items.stage({item: {"lux": 1} for item in items.uuids})
        yield items


@pytest.mark.parametrize("method", [ew.ItemSet.commit, ew.Client.apply])
def test_every_option_is_an_argument_with_its_default(method):
    arguments = inspect.signature(method).parameters
    defaults = {field.name: getattr(ew.CommitOptions(), field.name) for field in fields(ew.CommitOptions)}
    del defaults["canary_over"]  # for those who make the options themselves
    keywords = {name: one.default for name, one in arguments.items() if one.kind is one.KEYWORD_ONLY}
    assert keywords == defaults


def test_commit_passes_them_on(items, options):
    assert items.commit(**GIVEN)
    assert options == [ew.CommitOptions(**GIVEN)]


def test_apply_passes_them_on(items, options):
    assert items.client.apply(items.plan(), **GIVEN)
    assert options == [ew.CommitOptions(**GIVEN)]


@pytest.mark.parametrize(
    "wrong",
    [{"attempts": 0}, {"attempts": 1.5}, {"attempts": True}, {"rereads": -1}, {"wait": -0.1}, {"wait": "1"},
     {"longest": float("inf")}, {"longest": float("nan")}, {"wait": True}],
)  # fmt: skip
def test_patience_has_its_limits(wrong):
    (name,) = wrong
    with pytest.raises(ew.InvalidInputError) as caught:
        ew.Patience(**wrong)
    assert [problem.key for problem in caught.value.problems] == [name]


def test_patience_is_no_number():
    with pytest.raises(
        ew.InvalidInputError, match=r"expected a Patience, got 5\. Use encord_widgets\.Patience"
    ):
        ew.CommitOptions(patience=5)
