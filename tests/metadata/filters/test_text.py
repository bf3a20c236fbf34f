"""The text face: what it takes besides its own spelling, and errors that point at their place."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

import encord_widgets as ew
from encord_widgets.metadata.filters.tree import EVERYTHING, Filter
from tests.metadata.filters.strategies import filters

F = ew.F


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("", "everything"),
        ("  \n ", "everything"),
        ("all()", "everything"),
        ("any()", "nothing"),
        ('weather == "rain"', 'weather = "rain"'),
        ("weather = 'rain'", 'weather = "rain"'),
        (r"weather = 'it\'s \"so\"'", r'weather = "it\'s \"so\""'.replace(r"\'", "'")),
        ('weather is "rain"', 'weather = "rain"'),
        ('weather is not "rain"', 'weather != "rain"'),
        ('weather <> "rain"', 'weather != "rain"'),
        ("NOT lux<5 AND Lux>=-5", "not lux < 5 and Lux >= -5"),
        ("(((lux < 5)))", "lux < 5"),
        ("a is null or (b is null or c is null)", "a is null or (b is null or c is null)"),
        ("(a is null or b is null) and c is null", "(a is null or b is null) and c is null"),
        ("a is null and b is null or c is null", "a is null and b is null or c is null"),
        ("not (a is null and b is null)", "not (a is null and b is null)"),
        ("not not a is null", "not a is not null"),
        ('a in ("x", 1,)', 'a in ["x", 1]'),
        ("a in []", "a in []"),
        ('a not in ["x"] any case', 'a not in ["x"] any case'),
        ("t >= 2026-01-02", 't >= "2026-01-02"'),
        ("t < 2026-01-02T10:30:00.5+02:00 and a = 2026", 't < "2026-01-02T10:30:00.5+02:00" and a = 2026'),
        ('name starts "a" and name ends "b"', 'name starts with "a" and name ends with "b"'),
        ('a matches "\\\\d"', 'a matches "\\\\d"'),
        ("t in the last 7 DAYS", "t in last 7 days"),
        ('a has type "number"', "a has type number"),
        ("lux between 1 and 5 and a is absent", "lux between 1 and 5 and a is absent"),
        ("p in box [1, 170, 2, -170]", "p in box [1, 170, 2, -170]"),
        ("muted(muted(a is null))", "muted(a is null)"),
        ("all(a is null, b is null)", "a is null and b is null"),
        ("all(a is null)", "all(a is null)"),
        (
            'lux is misfit {"ty": "variant", "hint": "number"}',
            'lux is misfit {"ty": "variant", "hint": "number"}',
        ),
        ('`a\\`b` = "\\u202e"', '`a\\`b` = "\\u202e"'),
        ("STATE is CHANGED", "state is changed"),
        ("item.created_at is absent", "item.created_at is absent"),
        ("`state` is null", "`state` is null"),
        ("Ünï is null", "Ünï is null"),
        ("a = 123456789012345678901234567890", "a = 123456789012345678901234567890"),
        ("# no", None),
    ],
)
def test_text_is_read_and_respelled(text: str, plain: str | None) -> None:
    if plain is None:
        with pytest.raises(ew.FilterSyntaxError):
            Filter.parse(text)
        return
    assert Filter.parse(text).text == plain
    assert Filter.parse(plain) == Filter.parse(text)


def test_the_issue_of_precedence_is_as_in_python() -> None:
    assert Filter.parse('weather = "rain" and not (lux < 5 or captured_at is absent)') == (
        (F.weather == "rain") & ~((F.lux < 5) | F.captured_at.is_absent())
    )


def pointed(text: str) -> str:
    """What stands at the place that the error points at."""
    with pytest.raises(ew.FilterSyntaxError) as caught:
        Filter.parse(text)
    line, below = caught.value.marker.split("\n")
    return line[below.index("^") :]


@pytest.mark.parametrize(
    ("text", "position", "expected", "got", "hint"),
    [
        ('weather contans "a"', 8, "contains", "contans", "Did you mean contains?"),
        ("lux", 3, "=", "the end", ""),
        ("lux <", 5, "a value", "the end", ""),
        ("lux < 5 lux > 3", 8, "and, or or the end", "lux", ""),
        ("lux < 5 and", 11, "a key", "the end", ""),
        ("and lux < 5", 0, "a key", "and", "A key of that name is written `and`."),
        ("(lux < 5", 8, "and, or or )", "the end", ""),
        ("lux < 5)", 7, "the end", ")", ""),
        ("weather = rain", 10, "a value", "rain", 'Text stands in quotes: "rain".'),
        ("weather = `rain`", 10, "a value", "`rain`", "backticks are for keys"),
        ('"rain" = weather', 0, "a key", '"rain"', "A key comes first"),
        ('weather = "rain', 10, 'a closing "', "none", ""),
        ("`captured at is absent", 0, "a closing `", "none", ""),
        ("captured at is absent", 9, "is", "at", "backticks: `captured at`."),
        ("item.nam is absent", 5, "an item field", "nam", "Did you mean name?"),
        ("state is chnged", 9, "a state", "chnged", "Did you mean changed?"),
        (
            "state = 5",
            0,
            "a key",
            "state",
            "A state is asked as: state is changed. A key of that name is written `state`.",
        ),
        ("item is null", 0, "a key", "item", "A field is asked as: item.name. A key"),
        ("lux and a is null", 4, "=", "'and'", ""),
        ("a.b = 5", 1, "=", ".", "`a.…`"),
        ("lux is absnt", 7, "absent", "absnt", "Did you mean absent?"),
        ("lux exists", 4, "=", "exists", "Did you mean is present?"),
        ("t > 2026-13-01", 4, "ISO 8601", "'2026-13-01'", ""),
        ("lux is number", 7, "absent", "number", "quotes"),
        ('name matches "a("', 13, "a regular expression", "'a('", ""),
        ("lux between 5 and 1", 12, "the lower end first", "[5, 1]", "Swap the two."),
        ("lux between 5 or 1", 14, "and", "or", ""),
        ('lux < "abc"', 6, "ISO 8601", "'abc'", ""),
        ("t in last 7 years", 12, "a unit", "years", ""),
        ("t in last 0 days", 10, "a number above 0", "0", ""),
        ("t in 7", 5, "a list in [ ]", "7", 'A list is written ["a", "b"].'),
        ("p in box [1, 2, 3]", 9, "[south, west, north, east]", "3 values", ""),
        ("p in box [100, 2, 3, 4]", 9, "a latitude", "100", ""),
        ("p within 5 of [1, 2]", 11, "km", "of", ""),
        ('v nearest 3 to "rain"', 10, "the uuid of an item", "'rain'", ""),
        ("a has type sting", 11, "a type", "sting", ""),
        ('a = {"x" 5}', 9, ":", "5", ""),
        ("a = [1 2]", 7, ", or ]", "2", ""),
        ('a = "\\x"', 5, "an escape of JSON", "x", "backslash"),
        ("a = 1e999", 4, "a number that JSON can hold", "1e999", ""),
        ("a = 007", 4, "a number that JSON can hold", "007", ""),
        ("a ! b", 2, "a word", "'!'", "Use != or not."),
        ("a = 1 & b = 2", 6, "a word", "'&'", "Use and."),
        ("a = “x”", 4, "a word", "“", "straight quotes"),
        ("muted lux < 5", 0, "a key", "muted", "`muted`"),
        ("a = 5 any case", 4, "text as value", "5", ""),
        ("lux < 5 any case", 8, "and, or or the end", "any", ""),
        ('a = "\\ud800"', 4, "text that UTF-8 can hold", "", ""),
    ],
)
def test_an_error_points_at_its_place(text: str, position: int, expected: str, got: str, hint: str) -> None:
    with pytest.raises(ew.FilterSyntaxError) as caught:
        Filter.parse(text)
    error = caught.value
    assert error.position == position
    assert (error.line, error.column) == (1, position + 1)
    assert expected in error.problems[0].expected
    assert got in error.got
    assert hint in error.hint
    assert error.marker == f"{text}\n{' ' * position}^"
    assert f"line 1, column {position + 1}: expected " in str(error)
    assert str(error).endswith(error.marker)


def test_an_error_names_its_line() -> None:
    with pytest.raises(ew.FilterSyntaxError) as caught:
        Filter.parse('weather = "rain"\n  and lux\t<< 5\n  and a is null')
    error = caught.value
    assert (error.position, error.line, error.column) == (28, 2, 12)
    assert error.marker == "  and lux << 5\n           ^"


def test_a_long_line_is_shortened_around_the_error() -> None:
    text = f'a = "{"x" * 200}" and lux contans 5 and b = "{"y" * 200}"'
    assert pointed(text).startswith("contans 5")
    with pytest.raises(ew.FilterSyntaxError) as caught:
        Filter.parse(text)
    assert max(map(len, caught.value.marker.split("\n"))) <= 102


def test_an_error_is_invalid_input_and_can_be_sent() -> None:
    with pytest.raises(ew.InvalidInputError) as caught:
        Filter.parse("lux <")
    again = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(again, ew.FilterSyntaxError)
    assert (str(again), again.position) == (str(caught.value), 5)


@pytest.mark.parametrize(
    ("start", "opening"), [("", "("), ("", "not "), ("", "all("), ("a = ", "["), ("a = ", '{"x": ')]
)
def test_text_too_deep_is_refused(start: str, opening: str) -> None:
    with pytest.raises(ew.FilterSyntaxError, match="at most 100 levels"):
        Filter.parse(start + opening * 5000)


def test_a_marker_steers_no_terminal() -> None:
    with pytest.raises(ew.FilterSyntaxError) as caught:
        Filter.parse('a = "\x1b[2J" \x1b b')
    assert "\x1b" not in str(caught.value)


@given(
    st.lists(
        st.sampled_from(
            ["a", "`b c`", "and", "or", "not", "(", ")", "=", "!=", "<", "is", "in", "absent", "[", "]", ",", "5",
             '"x"', "muted", "any", "case", "all", "item", ".", "name", "state", "between", "last", "days", "true",
             "{", "}", ":", "has", "type", "number", "nearest", "to", "within", "km", "of", "box", "\n", "-", "!"]
        ),
        max_size=9,
    ).map(" ".join)
)  # fmt: skip
def test_any_words_are_read_or_refused_with_a_place(text: str) -> None:
    try:
        node = Filter.parse(text)
    except ew.FilterSyntaxError as error:
        at = error.position
    else:
        assert Filter.parse(node.text) == node
        return
    assert 0 <= at <= len(text)


@given(filters, st.data())
def test_a_filter_cut_short_is_refused_within_the_text(node: Filter, data: st.DataObject) -> None:
    text = node.text
    cut = text[: data.draw(st.integers(0, len(text)))]
    try:
        assert Filter.parse(cut) is not None
    except ew.FilterSyntaxError as error:
        place = error.position
    else:
        place = len(cut)
    assert 0 <= place <= len(cut)


def test_everything_is_short() -> None:
    assert (EVERYTHING.text, str(EVERYTHING), EVERYTHING.python) == (
        "everything",
        "everything",
        "Filter.all()",
    )
