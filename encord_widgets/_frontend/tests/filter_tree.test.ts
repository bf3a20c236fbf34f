// The filter builder's tree, values and scale, as pure functions.
import { describe, expect, test } from "vitest";
import { COLUMNS, OPERATORS } from "../dev/fake_filter";
import { fromVal, label, placeOf, stepOf, toVal, valueAt } from "../src/filter_builder/scale";
import { marked } from "../src/filter_builder/text";
import type { TreeNode, Val } from "../src/filter_builder/traits";
import * as trees from "../src/filter_builder/tree";
import {
  fromPicker,
  inputKind,
  numberOf,
  parseInput,
  pickerText,
  shownVal,
  spoken,
  valuesFor,
} from "../src/filter_builder/values";
import { group, rule } from "./filter_nodes";

/** a (b c) d */
const SAMPLE = group("root", [rule("a"), group("g", [rule("b"), rule("c")]), rule("d")]);

function shape(node: TreeNode | null): string {
  if (!node) return "no move";
  return node.kind === "rule" ? node.id : `${node.id}(${node.parts.map(shape).join(" ")})`;
}

describe("moving", () => {
  test.each([
    ["a", "down", "root(g(b c) a d)"],
    ["a", "up", "no move"],
    ["a", "in", "root(g(a b c) d)"],
    ["d", "in", "root(a g(b c d))"],
    ["d", "up", "root(a d g(b c))"],
    ["d", "down", "no move"],
    ["b", "up", "root(a b g(c) d)"],
    ["b", "down", "root(a g(c b) d)"],
    ["c", "down", "root(a g(b) c d)"],
    ["c", "out", "root(a g(b) c d)"],
    ["g", "out", "no move"],
    ["root", "up", "no move"],
  ] as const)("%s %s", (id, direction, expected) => {
    expect(shape(trees.moveBy(SAMPLE, id, direction))).toBe(expected);
    expect(shape(SAMPLE)).toBe("root(a g(b c) d)");
  });

  test.each([
    ["a", "d", "after", "root(g(b c) d a)"],
    ["d", "g", "first", "root(a g(d b c))"],
    ["d", "g", "last", "root(a g(b c d))"],
    ["g", "a", "before", "root(g(b c) a d)"],
    ["g", "b", "before", "no move"],
    ["a", "a", "after", "no move"],
    ["a", "g", "before", "no move"],
  ] as const)("%s to %s, %s", (id, target, where, expected) => {
    expect(shape(trees.moveNode(SAMPLE, id, target, where))).toBe(expected);
  });

  test("a drag finds its place by height", () => {
    const rows: trees.RowBox[] = [
      { id: "a", kind: "rule", top: 0, bottom: 20 },
      { id: "g", kind: "group", top: 20, bottom: 40 },
      { id: "g", kind: "foot", top: 40, bottom: 60 },
    ];
    const at = (y: number): string => Object.values(trees.dropAt(rows, y) ?? {}).join(" ");
    expect([-5, 5, 15, 25, 35, 50, 99].map(at)).toEqual([
      "a before",
      "a before",
      "a after",
      "g before",
      "g first",
      "g last",
      "g last",
    ]);
    expect(trees.dropAt([], 5)).toBeNull();
  });
});

describe("negating and muting", () => {
  test("negating twice gives the node back", () => {
    const once = trees.negate(rule("a"));
    expect(once.nots).toEqual([false]);
    expect(trees.isNegated(once)).toBe(true);
    expect(trees.negate(once)).toEqual(rule("a"));
  });

  test("a muted node stays muted when it is negated, and back", () => {
    const muted = trees.mute(rule("a"));
    const negated = trees.negate(muted);
    expect([trees.isMuted(negated), negated.nots]).toEqual([true, [true]]);
    expect(trees.negate(negated)).toEqual(muted);
    expect(trees.isMuted(trees.mute(negated))).toBe(false);
  });

  test("negations that came from elsewhere are kept", () => {
    const twice = rule("a", { nots: [true, false] });
    expect(trees.isNegated(twice)).toBe(false);
    expect(trees.negate(twice).nots).toEqual([true]);
  });
});

describe("rules from the panel", () => {
  test("a range makes, changes and removes one rule", () => {
    const range: [Val, Val] = [
      ["n", "1"],
      ["n", "9"],
    ];
    const made = trees.withRange(SAMPLE, "key:lux", range);
    expect(made.parts.at(-1)).toMatchObject({ column: "key:lux", op: "between", values: range });
    const changed = trees.withRange(made, "key:lux", [
      ["n", "2"],
      ["n", "9"],
    ]);
    expect(changed.parts).toHaveLength(4);
    expect(shape(trees.withRange(changed, "key:lux", null))).toBe(shape(SAMPLE));
    expect(trees.withRange(SAMPLE, "key:lux", null)).toBe(SAMPLE);
  });

  test("what is there keeps its meaning", () => {
    const any = group("root", [rule("a")], { kind: "or" });
    const made = trees.withValue(any, "key:weather", "rain");
    expect(made.kind).toBe("and");
    expect(made.parts[0]).toBe(any);
    expect(trees.asAll(group("root", [], { kind: "or" })).parts).toEqual([]);
  });

  test("values come and go", () => {
    const one = trees.withValue(SAMPLE, "key:weather", "rain");
    const two = trees.withValue(one, "key:weather", ["n", "3"]);
    expect(trees.ruleOn(two, "key:weather", ["in"])?.values).toEqual(["rain", ["n", "3"]]);
    expect(
      shape(trees.withValue(trees.withValue(two, "key:weather", "rain"), "key:weather", ["n", "3"])),
    ).toBe(shape(SAMPLE));
    const absent = trees.withRule(SAMPLE, "key:lux", "absent");
    expect(shape(trees.withRule(absent, "key:lux", "absent"))).toBe(shape(SAMPLE));
  });

  test("muted and negated rules are not theirs", () => {
    const root = group("root", [
      rule("a", { op: "between", muted: true }),
      rule("b", { op: "between", nots: [false] }),
    ]);
    expect(trees.ruleOn(root, "key:lux", ["between"])).toBeNull();
  });
});

describe("values", () => {
  test.each([
    ["12", "12"],
    ["+1.50", "1.50"],
    ["-007", "-7"],
    [".5", "0.5"],
    ["1e3", "1e3"],
    ["5.", "5"],
    ["1234567890123456789012", "1234567890123456789012"],
    ["", null],
    ["1,5", null],
    ["0x1", null],
    ["NaN", null],
  ])("the number %s", (text, expected) => {
    expect(numberOf(text)).toBe(expected);
    if (expected !== null) expect(() => JSON.parse(expected)).not.toThrow();
  });

  test("what is typed", () => {
    expect(parseInput("number", "abc")).toHaveProperty("expected");
    expect(parseInput("number", " ")).toEqual({ value: 0 });
    expect(parseInput("text", " x ")).toEqual({ value: " x " });
    expect(parseInput("json", '{"a":1}')).toEqual({ value: ["j", '{"a":1}'] });
    expect(parseInput("json", "2")).toEqual({ value: ["n", "2"] });
    expect(parseInput("json", "nope")).toHaveProperty("expected");
    expect(parseInput("datetime", "2026-03-01 08:00")).toEqual({ value: "2026-03-01T08:00" });
    expect(parseInput("datetime", "soon")).toHaveProperty("expected");
  });

  test("the picker is used only where it says all", () => {
    expect(pickerText("2026-03-01")).toBe("2026-03-01T00:00:00");
    expect(pickerText("2026-03-01T08:30:00Z")).toBe("2026-03-01T08:30:00");
    expect(pickerText("2026-03-01T08:30:00+02:00")).toBeNull();
    expect(pickerText("2026-03-01T08:30:00.5Z")).toBeNull();
    expect(fromPicker("2026-03-01T08:30")).toBe("2026-03-01T08:30:00Z");
    expect(fromPicker("")).toBe(0);
  });

  test("a text where numbers belong shows as what it is", () => {
    const lux = COLUMNS.find((one) => one.id === "key:lux") as (typeof COLUMNS)[number];
    expect(inputKind(lux, "value", "100")).toBe("json");
    expect(inputKind(lux, "bound", ["n", "1"])).toBe("number");
    expect(shownVal("100", "number")).toBe('"100"');
    expect(shownVal("", "text")).toBe('""');
  });

  test("a new operator keeps the values that still say something", () => {
    const operators = new Map(OPERATORS.map((one) => [one.name, one]));
    const to = (name: string, values: Val[], from: string): Val[] =>
      valuesFor(operators.get(name) as (typeof OPERATORS)[number], values, operators.get(from));
    expect(to("between", [["n", "5"]], "lt")).toEqual([["n", "5"], 0]);
    expect(to("in", ["rain"], "is")).toEqual(["rain"]);
    expect(to("is", ["rain", "fog"], "in")).toEqual(["rain"]);
    expect(to("last", ["2026-03-01"], "ge")).toEqual([0, "days"]);
    expect(to("contains", [["n", "5"]], "is")).toEqual([0]);
    expect(to("absent", [["n", "5"]], "lt")).toEqual([]);
  });

  test("a node in words", () => {
    const columns = new Map(COLUMNS.map((one) => [one.id, one]));
    const operators = new Map(OPERATORS.map((one) => [one.name, one]));
    const say = (node: TreeNode): string => spoken(node, columns, operators);
    expect(say(rule("a", { nots: [false] }))).toBe("not lux is below 5");
    expect(say(trees.newRule())).toBe("new rule");
    expect(say(trees.newRule("state:changed", "is", [true]))).toBe("state is changed");
    expect(say(group("g", [rule("a")], { kind: "or", muted: true }))).toBe("muted group, any of 1 part");
  });
});

describe("the histogram's scale", () => {
  const range = { from: 0, to: 1230 };
  test("the ends are exact, the rest is round", () => {
    expect(stepOf(range, false)).toBe(10);
    expect([valueAt(-1, range, 10), valueAt(2, range, 10)]).toEqual([0, 1230]);
    expect(valueAt(0.337, range, 10)).toBe(410);
    expect(valueAt(0.5, { from: 0, to: 1 }, stepOf({ from: 0, to: 1 }, false))).toBe(0.5);
    expect(placeOf(2000, range)).toBe(1);
    expect(placeOf(5, { from: 5, to: 5 })).toBe(0);
  });

  test("dates go as instants in UTC", () => {
    expect(toVal(0, true)).toBe("1970-01-01T00:00:00Z");
    expect(toVal(0.5, true)).toBe("1970-01-01T00:00:00.500Z");
    expect(fromVal("1970-01-02", true)).toBe(86_400);
    expect(fromVal("1970-01-01T00:01:00", true)).toBe(60);
    expect(fromVal("1970-01-01T02:00:00+02:00", true)).toBe(0);
    expect(fromVal("soon", true)).toBeNull();
    expect(fromVal(["n", "4"], false)).toBe(4);
    expect(stepOf({ from: 0, to: 100 * 86_400 }, true)).toBe(86_400);
    expect([label(0, true), label(3_660, true), label(1234.5, false)]).toEqual([
      "1970-01-01",
      "1970-01-01 01:01",
      "1,234.5",
    ]);
  });
});

test("an error's place is found by characters, in its line", () => {
  expect(marked('a = "😀" & b', 8)).toMatchObject({ before: 'a = "😀" ', at: "&", after: " b" });
  expect(marked("a = 1 and\nb = ", 14)).toEqual({ line: "b = ", before: "b = ", at: "", after: "" });
  expect(marked("", 3)).toEqual({ line: "", before: "", at: "", after: "" });
});
