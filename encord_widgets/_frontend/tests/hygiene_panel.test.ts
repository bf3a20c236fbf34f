// The built bundle of the hygiene panel.
import { afterEach, describe, expect, test } from "vitest";
import type { FakeModel } from "../dev/fake_python";
import { CLUSTERS, hygieneModel, SUMMARY } from "../dev/hygiene_panel";
import { button, listeners, type Rendered, requests, show, strict, until } from "./strict_model";

const { default: panel } = await import("../../static/hygiene_panel.js" as string);

let shown: Rendered[] = [];
afterEach(() => {
  for (const one of shown) one.end();
  shown = [];
});

function panelOf(state: string): { model: FakeModel; root: HTMLElement; rendered: Rendered } {
  const model = strict(hygieneModel(state));
  const rendered = show(panel, model);
  shown.push(rendered);
  return { model, root: rendered.root, rendered };
}

function rows(root: HTMLElement): HTMLTableRowElement[] {
  return [...root.querySelectorAll<HTMLTableRowElement>("tbody tr")];
}

async function loaded(root: HTMLElement): Promise<HTMLTableRowElement[]> {
  await until(() => root.querySelector("tbody input"));
  return rows(root);
}

describe("hygiene panel", () => {
  test("shows counts first, and each cluster with the value to keep", async () => {
    const { root } = panelOf("untidy");
    const [weather, , , dates] = await loaded(root);
    expect(root.querySelector('[role="status"]')?.textContent).toBe("242 cells to change among 5,000 items");
    expect([...root.querySelectorAll(".ecw-lists button")].map((one) => one.textContent?.slice(1))).toEqual([
      "4 clusters of near-equal values",
      "1 cluster of near-equal keys",
      "3 keys not in the schema",
      "2 keys of the schema unused",
    ]);
    const radios = [...(weather?.querySelectorAll("input") ?? [])];
    expect(radios.map((one) => [one.checked, one.disabled])).toEqual([
      [true, false],
      [false, true],
      [false, true],
    ]);
    expect(weather?.textContent).toContain('" rain" 2 ⚠ does not fit');
    expect(weather?.textContent).toContain("blanks, letter case");
    expect(dates?.textContent).toContain("2025-02-24 as the schema reads it");
  });

  test("stages the value that is picked, of the list that is shown", async () => {
    const { root, model } = panelOf("untidy");
    const [, city, , dates] = await loaded(root);
    button(city as HTMLElement, "Stage 3 cells of city");
    city?.querySelectorAll("input")[1]?.click();
    await until(() => city?.textContent?.includes("Stage 90 cells"));
    button(city as HTMLElement, "Stage 90 cells of city").click();
    await until(() => !button(dates as HTMLElement, "Stage 109 cells of captured at").disabled);
    button(dates as HTMLElement, "Stage 109 cells of captured at").click();
    await until(() => requests(model, "fix").length === 2);
    expect(requests(model, "fix")).toEqual([
      { generation: 1, list: "values", at: 1, member: 1 },
      { generation: 1, list: "values", at: 3, member: -1 },
    ]);
  });

  test("puts all clusters of a key right at once", async () => {
    const { root, model } = panelOf("untidy");
    button(root, "Stage all of lux: 101 cells in 96 clusters").click();
    await until(() => requests(model, "fix_key").length === 1);
    expect(requests(model, "fix_key")).toEqual([{ generation: 1, key: "lux" }]);
  });

  test("opens the other lists, and forgets what was picked when the items changed", async () => {
    const { root, model } = panelOf("untidy");
    const [, city] = await loaded(root);
    city?.querySelectorAll("input")[1]?.click();
    model.change("summary", { ...SUMMARY, generation: 2 });
    await until(() => rows(root)[1]?.textContent?.includes("Stage 3 cells"));
    [...root.querySelectorAll<HTMLButtonElement>(".ecw-lists button")][1]?.click();
    await until(() => root.textContent?.includes("Move 31 values"));
    [...root.querySelectorAll<HTMLButtonElement>(".ecw-lists button")][2]?.click();
    await until(() => root.textContent?.includes("pipeline"));
    expect(rows(root)[0]?.textContent).toBe("batch834");
  });

  test("stages nothing from a list that is out of date", async () => {
    const { root, model } = panelOf("untidy");
    await loaded(root);
    model.change("summary", { ...SUMMARY, stale: true });
    expect(root.textContent).toContain("The items changed since.");
    expect(button(root, "Stage 3 cells of city").disabled).toBe(true);
    button(root, "Look again").click();
    await until(() => requests(model, "look").length === 1);
  });

  test("two views of a report do not share their radio buttons", async () => {
    const first = panelOf("untidy");
    const second = panelOf("untidy");
    await loaded(first.root);
    await loaded(second.root);
    const names = (root: HTMLElement) => new Set([...root.querySelectorAll("input")].map((one) => one.name));
    expect(names(first.root).size).toBe(CLUSTERS.length);
    for (const name of names(first.root)) expect(names(second.root).has(name)).toBe(false);
  });

  test("says that all is tidy, and leaves nothing behind", async () => {
    const { root, model, rendered } = panelOf("tidy");
    expect(root.textContent).toContain("No clusters of near-equal values.");
    rendered.end();
    expect(listeners(model)).toBe(0);
  });
});
