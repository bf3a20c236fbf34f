// The filter builder: its tree, values and scale as pure functions, and the built bundle.
import { afterEach, describe, expect, test } from "vitest";
import { COLUMNS, filterModel, OPERATORS } from "../dev/fake_filter";
import type { FakeModel } from "../dev/fake_python";
import { fromVal, label, placeOf, stepOf, toVal, valueAt } from "../src/filter_builder/scale";
import { marked } from "../src/filter_builder/text";
import type { GroupNode, RuleNode, TreeNode, Val } from "../src/filter_builder/traits";
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
import { listeners, press, type Rendered, requests, show, strict, until } from "./strict_model";

const { default: bundle } = await import("../../static/filter_builder.js" as string);

const rule = (id: string, more: Partial<RuleNode> = {}): RuleNode => ({
  ...trees.newRule("key:lux", "lt", [["n", "5"]]),
  id,
  ...more,
});
const group = (id: string, parts: TreeNode[], more: Partial<GroupNode> = {}): GroupNode => ({
  ...trees.newGroup("and", parts),
  id,
  ...more,
});
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

describe("the built bundle", () => {
  let shown: Rendered[] = [];
  afterEach(() => {
    for (const one of shown) one.end();
    shown = [];
  });

  function open(state = "nested"): { model: FakeModel; root: HTMLElement } {
    const model = strict(filterModel(state));
    const one = show(bundle, model);
    shown.push(one);
    return { model, root: one.root };
  }
  const labelled = <T extends HTMLElement>(root: Element, name: string): T => {
    const all = [...root.querySelectorAll<T>("button, select, input, textarea")];
    const found = all.find((one) => (one.getAttribute("aria-label") ?? one.textContent) === name);
    if (!found)
      throw new Error(
        `Nothing named ${name}: ${all.map((one) => one.getAttribute("aria-label")).join("; ")}`,
      );
    return found;
  };
  const sent = (model: FakeModel): GroupNode =>
    (requests(model, "set_tree").at(-1) as unknown as { tree: GroupNode }).tree;
  const choose = (select: HTMLSelectElement, value: string): void => {
    select.value = value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  };

  test("each node tells its counts in words", () => {
    const { root } = open();
    const texts = [...root.querySelectorAll(".ecw-f-count")].map((one) => one.textContent);
    expect(texts[0]).toMatch(/^[\d,]+ match, removes [\d,]+$/);
    expect(texts[2]).toMatch(/^[\d,]+ match, adds [\d,]+$/);
    expect(texts.at(-1)).toBe("muted");
    expect(root.querySelector(".ecw-f-total")?.textContent).toBe("812 of 12,000 items match");
  });

  test("a rule is added, filled in and goes to Python", async () => {
    const { model, root } = open("empty");
    labelled(root, "Add a rule to the filter").click();
    await until(() => document.activeElement?.getAttribute("aria-label") === "Column");
    choose(labelled(root, "Column"), "key:lux");
    await until(() => root.querySelector(".ecw-f-op"));
    choose(labelled(root, "lux: operator"), "lt");
    await until(() => root.querySelector(".ecw-f-draft input"));
    const input = labelled<HTMLInputElement>(root, "lux is below: value");
    input.value = "abc";
    input.dispatchEvent(new Event("input", { bubbles: true }));
    press(input, "Enter");
    await until(() => root.textContent?.includes("Expected a number"));
    input.value = "007.50";
    input.dispatchEvent(new Event("input", { bubbles: true }));
    press(input, "Enter");
    expect(sent(model).parts[0]).toMatchObject({ column: "key:lux", op: "lt", values: [["n", "7.50"]] });
  });

  const fill = (root: Element, name: string, value: string): void => {
    const input = labelled<HTMLInputElement>(root, name);
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    press(input, "Enter");
  };
  const ruleOf = async (root: Element, column: string, op: string): Promise<void> => {
    labelled(root, "Add a rule to the filter").click();
    await until(() => root.querySelector(".ecw-f-column"));
    choose(labelled(root, "Column"), `key:${column}`);
    await until(() => root.querySelector(".ecw-f-op"));
    choose(labelled(root, `${column}: operator`), op);
  };

  test("a relative time is a number and a unit", async () => {
    const { model, root } = open("empty");
    await ruleOf(root, "captured at", "last");
    await until(() => [...root.querySelectorAll("select")].some((one) => one.value === "days"));
    fill(root, "captured at is in the last: amount", "7");
    expect(sent(model).parts[0]).toMatchObject({ op: "last", values: [["n", "7"], "days"] });
    choose(labelled(root, "captured at is in the last: unit"), "weeks");
    expect(sent(model).parts[0]).toMatchObject({ values: [["n", "7"], "weeks"] });
  });

  test("a moment is picked in UTC", async () => {
    const { model, root } = open("empty");
    await ruleOf(root, "captured at", "ge");
    await until(() => root.querySelector("input[type='datetime-local']"));
    const input = root.querySelector("input[type='datetime-local']") as HTMLInputElement;
    expect(input.getAttribute("step")).toBe("1");
    input.value = "2026-03-01T08:30";
    input.dispatchEvent(new Event("change", { bubbles: true }));
    expect(sent(model).parts[0]).toMatchObject({ op: "ge", values: ["2026-03-01T08:30:00Z"] });
  });

  test("a box and a circle have a field for each number", async () => {
    const { model, root } = open("empty");
    await ruleOf(root, "where", "in_box");
    await until(() => root.textContent?.includes("south"));
    for (const [at, side] of ["south", "west", "north", "east"].entries())
      fill(root, `where is in the box: ${side}`, `${at}.5`);
    expect(sent(model).parts[0]).toMatchObject({
      values: [
        ["n", "0.5"],
        ["n", "1.5"],
        ["n", "2.5"],
        ["n", "3.5"],
      ],
    });
    choose(labelled(root, "where: operator"), "within_km");
    await until(() => root.textContent?.includes("km"));
    fill(root, "where is within a distance of: km", "2");
    expect((sent(model).parts[0] as RuleNode).values).toHaveLength(3);
  });

  test("a list takes values of any type, one at a time", async () => {
    const { model, root } = open("empty");
    await ruleOf(root, "lux", "in");
    await until(() => root.querySelector(".ecw-f-chips input"));
    fill(root, "lux: add a value", "5");
    await until(() => root.querySelector(".ecw-f-chip"));
    const input = labelled<HTMLInputElement>(root, "lux: add a value");
    input.value = "x";
    press(input, "Enter");
    expect(input.validationMessage).toContain("Expected a number");
    fill(root, "lux: add a value", "6");
    expect(sent(model).parts[0]).toMatchObject({
      values: [
        ["n", "5"],
        ["n", "6"],
      ],
    });
    await until(() => root.querySelectorAll(".ecw-f-chip").length === 2);
    labelled(root, "Remove 5").click();
    expect(sent(model).parts[0]).toMatchObject({ values: [["n", "6"]] });
  });

  test("the keyboard moves, mutes, negates and removes, and keeps the focus", async () => {
    const { model, root } = open();
    const id = root.querySelector("[data-row^='rule:']")?.getAttribute("data-node");
    const handle = (): HTMLElement => root.querySelector(`[data-node="${id}"] .ecw-f-handle`) as HTMLElement;
    handle().focus();
    press(handle(), "ArrowRight", { altKey: true });
    await until(() =>
      root.querySelector("[aria-live]")?.textContent?.includes("place 1 of 3 in an any-of group"),
    );
    expect(document.activeElement).toBe(handle());
    expect((sent(model).parts[0] as GroupNode).parts).toHaveLength(3);
    press(handle(), "n");
    press(handle(), "m");
    await until(() => (sent(model).parts[0] as GroupNode).parts[0]?.nots[0] === true);
    press(handle(), "Delete");
    await until(() => (sent(model).parts[0] as GroupNode).parts.length === 2);
    expect(document.activeElement?.className).toContain("ecw-f-handle");
  });

  test("text is checked while it is typed, and the error is described", async () => {
    const { model, root } = open();
    const text = root.querySelector("textarea") as HTMLTextAreaElement;
    text.value = "a & b";
    text.dispatchEvent(new Event("input", { bubbles: true }));
    await until(() => root.querySelector(".ecw-f-caret"));
    expect(root.querySelector(".ecw-f-caret")?.textContent).toBe("  ^");
    expect(text.getAttribute("aria-invalid")).toBe("true");
    const described = root.querySelector(`#${text.getAttribute("aria-describedby")}`);
    expect(described?.textContent).toContain('got "&" At character 3.');
    text.value = "lux < 5";
    text.dispatchEvent(new Event("input", { bubbles: true }));
    await until(() => root.textContent?.includes("812 items would match"));
    press(text, "Enter");
    await until(() => requests(model, "set_text").length === 1);
    expect(requests(model, "set_text")[0]).toEqual({ text: "lux < 5" });
  });

  test("a histogram's handle is a slider", async () => {
    const { model, root } = open("empty");
    choose(labelled(root, "Values of"), "key:lux");
    await until(() => root.querySelector("[role=slider]"));
    const slider = root.querySelector("[role=slider]") as HTMLElement;
    expect(slider.getAttribute("aria-label")).toBe("lux: from");
    press(slider, "ArrowRight");
    press(slider, "ArrowRight");
    await until(() => requests(model, "set_tree").length === 1);
    expect(sent(model).parts[0]).toMatchObject({
      op: "between",
      values: [
        ["n", "20"],
        ["n", "1200"],
      ],
    });
    press(slider, "Home");
    await until(() => requests(model, "set_tree").length === 2);
    expect(sent(model).parts).toEqual([]);
  });

  test("a value adds a rule and is marked", async () => {
    const { model, root } = open("empty");
    await until(() => root.querySelector(".ecw-f-value"));
    (root.querySelector(".ecw-f-value") as HTMLButtonElement).click();
    expect(sent(model).parts[0]).toMatchObject({ column: "key:weather", op: "in", values: ["sun"] });
    await until(() => root.querySelector(".ecw-f-value")?.getAttribute("aria-pressed") === "true");
  });

  test("metadata is text only", async () => {
    const { root } = open("all");
    await until(() => root.querySelector(".ecw-f-value"));
    expect(root.querySelector("li b")).toBeNull();
  });

  test("a filter set in Python is shown", async () => {
    const { model, root } = open();
    model.change("tree", group("root", [rule("x", { values: [["n", "42"]] })]));
    await until(() => [...root.querySelectorAll("input")].some((one) => one.value === "42"));
  });

  test("leaves nothing behind", () => {
    const model = strict(filterModel("nested"));
    const { el, end } = show(bundle, model);
    end();
    expect(listeners(model)).toBe(0);
    expect(el.childNodes).toHaveLength(0);
  });
});
