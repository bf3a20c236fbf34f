// The panel for bulk edits beside a grid that is not ours.
import { afterEach, expect, test } from "vitest";
import { FakeModel } from "../dev/fake_model";
import { type Rendered, requests, show, strict, until } from "./strict_model";

const { default: bundle } = await import("../../static/bulk_panel.js" as string);
const STATUS = { order: 4, rows: 700, selected: 2, filter: "lux < 5", search: "" };
const REPORT = {
  id: 9,
  python: "items.pick(grid.selection).clear('lux').stage()",
  text: "2 of 2 items change",
  items: 2,
  cells: 2,
  unchanged: 0,
  refused: 0,
  sample: [],
  listed: [],
  reasons: [],
  more_reasons: 0,
};

let one: Rendered | undefined;
afterEach(() => one?.end());

function open(status = STATUS): { model: FakeModel; root: HTMLElement } {
  const model = strict(new FakeModel({ status, error: null }));
  model.handler = (method) => {
    if (method === "bulk_keys")
      return { result: { keys: [{ key: "lux", type: "number", type_label: "number", options: [] }] } };
    return { result: method.startsWith("bulk_") ? REPORT : {} };
  };
  one = show(bundle, model);
  return { model, root: one.root };
}
const button = (root: Element, name: string): HTMLButtonElement =>
  [...root.querySelectorAll("button")].find((each) => each.textContent === name) as HTMLButtonElement;

test("the selection is named, looked at, staged and taken back", async () => {
  const { model, root } = open();
  button(root, "Bulk edit…").click();
  await until(() => root.querySelector("dialog")?.textContent?.includes("The selection (2 rows)"));
  expect(root.querySelector("dialog")?.textContent).toContain("All 700 filtered rows");
  const operation = root.querySelector<HTMLSelectElement>(
    'select[aria-label="Operation"]',
  ) as HTMLSelectElement;
  operation.value = "clear";
  operation.dispatchEvent(new Event("change", { bubbles: true }));
  await until(() => button(root, "Stage 2 cells") && !button(root, "Stage 2 cells").disabled);
  expect(requests(model, "bulk_preview").at(-1)).toMatchObject({ selected: true, order: 4, rule: false });
  button(root, "Stage 2 cells").click();
  await until(() => root.querySelector("dialog") === null);
  expect(requests(model, "bulk_stage")).toEqual([{ id: 9 }]);
  expect(root.textContent).toContain("2 cells staged.");
  button(root, "Undo").click();
  await until(() => root.textContent?.includes("Taken back."));
  expect(requests(model, "undo")).toHaveLength(1);
});

test("with one row or none selected it begins with all rows, by their place", async () => {
  const { model, root } = open({ ...STATUS, selected: 1 });
  button(root, "Bulk edit…").click();
  await until(() => root.querySelector("dialog"));
  const operation = root.querySelector<HTMLSelectElement>(
    'select[aria-label="Operation"]',
  ) as HTMLSelectElement;
  operation.value = "unset";
  operation.dispatchEvent(new Event("change", { bubbles: true }));
  await until(() => requests(model, "bulk_preview").length > 0);
  expect(requests(model, "bulk_preview")[0]).toMatchObject({ rows: [0, 700] });
  expect(requests(model, "bulk_preview")[0]).not.toHaveProperty("selected");
});

test("nothing can be edited where there are no rows", () => {
  expect(button(open({ ...STATUS, rows: 0 }).root, "Bulk edit…").disabled).toBe(true);
});
