// The built bundle of the filter builder.
import { afterEach, describe, expect, test } from "vitest";
import { filterModel } from "../dev/fake_filter";
import type { FakeModel } from "../dev/fake_python";
import type { GroupNode, RuleNode } from "../src/filter_builder/traits";
import { group, rule } from "./filter_nodes";
import { listeners, press, type Rendered, requests, show, strict, until } from "./strict_model";

const { default: bundle } = await import("../../static/filter_builder.js" as string);

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
