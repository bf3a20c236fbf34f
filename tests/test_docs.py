"""The documentation runs: README snippets in order, and every docstring example."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import encord_widgets

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
NOT_RUN = "<!-- not run: needs an account -->"
MODULES = sorted(
    found.name
    for found in pkgutil.walk_packages(encord_widgets.__path__, "encord_widgets.")
    if not found.name.endswith("__main__")
)


@dataclass(frozen=True)
class Snippet:
    """One fenced block of Python in the README."""

    line: int
    code: str
    runs: bool

    def compiled(self) -> Any:
        # Leading blank lines let a traceback point at the README's own line.
        return compile("\n" * self.line + self.code, "README.md", "exec")


def snippets() -> list[Snippet]:
    found = []
    for block in re.finditer(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE):
        before = README[: block.start()]
        runs = not before.rstrip().endswith(NOT_RUN)
        found.append(Snippet(before.count("\n") + 1, block[1], runs))
    return found


def test_the_readme_has_snippets_of_both_kinds() -> None:
    assert {snippet.runs for snippet in snippets()} == {True, False}


def test_only_what_needs_an_account_is_left_out() -> None:
    for snippet in snippets():
        assert snippet.runs == ("ew.connect(" not in snippet.code), f"README.md:{snippet.line}"


@pytest.mark.parametrize("snippet", snippets(), ids=lambda snippet: f"line-{snippet.line}")
def test_a_readme_snippet_is_python(snippet: Snippet) -> None:
    assert snippet.compiled()


def test_the_readme_snippets_run_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {"__name__": "readme"}
    try:
        for snippet in snippets():
            if snippet.runs:
                exec(snippet.compiled(), namespace)
    finally:
        if "client" in namespace:
            namespace["client"].close()


def test_the_readme_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_readme_names_real_make_targets() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    quoted = re.findall(r"`[^`\n]+`|^make .*", README, re.MULTILINE)
    named = set(re.findall(r"\bmake ([a-z]+)\b", "\n".join(quoted)))
    assert {"demo", "test"} <= named <= targets


def test_the_readme_names_real_commands() -> None:
    from encord_widgets import cli

    calls = re.findall(r"(?:^|`)(encord-widgets [^`\n]+)", README, re.MULTILINE)
    assert calls
    for call in calls:
        command = shlex.split(call, comments=True)[1]
        with pytest.raises(SystemExit) as stopped:
            cli.main([command, "--help"])
        assert stopped.value.code == 0, call


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    report: list[str] = []
    for test in doctest.DocTestFinder(exclude_empty=True).find(module, name):
        runner.run(test, out=report.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(report)


@pytest.mark.parametrize("name", encord_widgets.__all__)
def test_no_public_example_is_left_out(name: str) -> None:
    """Examples of the wire may need a server; what users read must run."""
    found = doctest.DocTestFinder(exclude_empty=True).find(getattr(encord_widgets, name), name, module=False)
    left_out = [
        f"{test.name}: {example.source.strip()}"
        for test in found
        for example in test.examples
        if doctest.SKIP in example.options
    ]
    assert left_out == []
