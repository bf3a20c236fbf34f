// The built bundle of the join panel.
import { afterEach, describe, expect, test } from "vitest";
import type { FakeModel } from "../dev/fake_python";
import { joinModel, SUMMARY } from "../dev/join_panel";
import { button, listeners, type Rendered, requests, show, strict, until } from "./strict_model";

const { default: panel } = await import("../../static/join_panel.js" as string);

let shown: Rendered[] = [];
afterEach(() => {
  for (const one of shown) one.end();
  shown = [];
});

function joinOf(state: string): { model: FakeModel; root: HTMLElement; rendered: Rendered } {
  const model = strict(joinModel(state));
  const rendered = show(panel, model);
  shown.push(rendered);
  return { model, root: rendered.root, rendered };
}

function pick(root: HTMLElement, label: string, word: string): void {
  const select = root.querySelector<HTMLSelectElement>(`select[aria-label="${label}"]`);
  if (!select) throw new Error(`No select ${label}`);
  select.value = word;
  select.dispatchEvent(new Event("change", { bubbles: true }));
}

describe("join panel", () => {
  test("opens on what is in the way, counts before lists", async () => {
    const { root, model } = joinOf("problems");
    await until(() => root.textContent?.includes("bright"));
    expect(root.querySelector('[role="status"]')?.textContent).toBe(
      "5,000 rows for 4,950 items, by file = name",
    );
    const counts = [...root.querySelectorAll(".ecw-lists button")].map((one) => one.textContent?.slice(1));
    expect(counts).toEqual([
      "8,412 cells would change",
      "3 cells cannot be staged",
      "2 values in several rows",
      "1 value of several items",
      "41 rows without an item",
      "2 rows name no item",
      "50 items without a row",
    ]);
    expect(requests(model, "rows")).toEqual([{ list: "problems", start: 0, count: 100 }]);
    expect(button(root, "Stage 8,412 edits on 4,310 items").disabled).toBe(true);
    expect(root.querySelector(".ecw-join-blocked")?.textContent).toContain("And 5 more.");
  });

  test("asks for a policy by key and for a choice by name", async () => {
    const { root, model } = joinOf("problems");
    pick(root, "Where lux has a value", "append");
    await until(() => requests(model, "choose").length === 1);
    await until(() => !root.querySelector<HTMLSelectElement>("select")?.disabled);
    pick(root, "Several rows for one item", "last");
    await until(() => requests(model, "choose").length === 2);
    expect(requests(model, "choose")).toEqual([
      { key: "lux", policy: "append" },
      { option: "duplicates", word: "last" },
    ]);
  });

  test("stages what is shown, once", async () => {
    const { root, model } = joinOf("clean");
    const stage = button(root, "Stage 8,412 edits on 4,310 items");
    stage.click();
    stage.click();
    await until(() => requests(model, "stage").length > 0);
    expect(requests(model, "stage")).toEqual([{ generation: 1 }]);
  });

  test("pages through a long list, and starts anew with another", async () => {
    const { root, model } = joinOf("clean");
    await until(() => root.textContent?.includes("1–100 of 8,412"));
    button(root, "Next").click();
    await until(() => root.textContent?.includes("101–200 of 8,412"));
    [...root.querySelectorAll<HTMLButtonElement>(".ecw-lists button")].at(-1)?.click();
    await until(() => requests(model, "rows").at(-1)?.list === ("without" as never));
    expect(requests(model, "rows").at(-1)).toEqual({ list: "without", start: 0, count: 100 });
  });

  test("says that the items changed, and looks again", async () => {
    const { root, model } = joinOf("clean");
    model.change("summary", { ...(model.traits.summary as object), stale: true });
    expect(root.textContent).toContain("The items changed since the table was joined.");
    button(root, "Look again").click();
    await until(() => requests(model, "look").length === 1);
    expect(button(root, "Stage 8,412 edits on 4,310 items").disabled).toBe(true);
  });

  test("a refusal of Python shows, and a new generation loads the list again", async () => {
    const { root, model } = joinOf("clean");
    const { handler } = model;
    model.handler = (method, params) => {
      if (method === "stage") throw new Error("Join again, and look what changed.");
      return handler(method, params);
    };
    button(root, "Stage 8,412 edits on 4,310 items").click();
    await until(() => root.querySelector('[role="alert"]'));
    expect(root.querySelector('[role="alert"]')?.textContent).toContain("Join again");
    const before = requests(model, "rows").length;
    model.change("summary", { ...SUMMARY, generation: 2 });
    await until(() => requests(model, "rows").length > before);
  });

  test("names and values are text, and nothing is left behind", async () => {
    const { root, model, rendered } = joinOf("clean");
    model.change("columns", [
      { ...(model.traits.columns as object[])[0], column: "<img src=x onerror=alert(1)>", key: "<b>k</b>" },
    ]);
    expect(root.querySelector("img, tbody b")).toBeNull();
    rendered.end();
    expect(listeners(model)).toBe(0);
  });
});
