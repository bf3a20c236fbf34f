// What the grid sends for, and when.
import { expect, test } from "vitest";
import { COLUMNS, FakeGrid } from "../dev/fake_python";
import { open } from "./grid_page";
import { press, requests, until } from "./strict_model";

test("a jump to where two blocks meet is one message", async () => {
  const model = new FakeGrid(100_000);
  const root = await open(model);
  const before = requests(model, "rows").length;
  const grid = root.querySelector('[role="grid"]') as HTMLElement;
  grid.scrollTop = 49_995 * 34;
  grid.dispatchEvent(new Event("scroll"));
  await until(() => root.querySelector('[data-row="50003"] .ecw-text'));
  expect(root.querySelector('[data-row="49998"] .ecw-text')).not.toBeNull();
  const asked = requests(model, "rows").slice(before);
  expect(asked[0]).toMatchObject({ start: 49_900, count: 200 });
  expect(asked.length).toBeLessThanOrEqual(2); // and what lies ahead, if anything
  expect(asked.slice(1).every((params) => (params.start as unknown as number) >= 50_100)).toBe(true);
});

test("dialogs come when the grid is first touched; what is typed meanwhile edits nothing", async () => {
  const model = new FakeGrid(50);
  let arrive = (): void => undefined;
  const real = FakeGrid.more;
  FakeGrid.more = () => new Promise<void>((go) => (arrive = go)).then(real);
  const root = await open(model);
  const target = root.querySelector(".ecw-rows .is-active") as HTMLElement;
  press(target, "?");
  press(target, "x");
  expect(root.querySelector(".ecw-edit")).toBeNull();
  press(target, "Escape");
  press(target, "?");
  arrive();
  await until(() => root.querySelector("dialog"));
  expect(root.querySelector("dialog")?.textContent).toContain("Keyboard");
  FakeGrid.more = real;
});

test("where others look comes into view, and the keyboard stays elsewhere", async () => {
  const model = new FakeGrid(10_000);
  const root = await open(model);
  const elsewhere = document.body.appendChild(document.createElement("input"));
  elsewhere.focus();
  model.change("status", model.view({ look: { row: 4_000, column: "key:lux", turn: 1 } }));
  const active = (): HTMLElement | null => root.querySelector<HTMLElement>(".ecw-rows .is-active");
  await until(() => active()?.dataset.row === "4000" && root.querySelector('[data-row="3999"]'));
  expect(COLUMNS[Number(active()?.dataset.at)]?.id).toBe("key:lux");
  expect(document.activeElement).toBe(elsewhere);
  // The same turn again moves nothing back; in the grid, the keyboard goes along.
  const grid = root.querySelector('[role="grid"]') as HTMLElement;
  grid.scrollTop = 0;
  grid.dispatchEvent(new Event("scroll"));
  model.change("status", model.view({ problems: 1 }));
  expect(grid.scrollTop).toBe(0);
  active()?.focus();
  model.change("status", model.view({ look: { row: 9_000, column: null, turn: 2 } }));
  await until(() => (document.activeElement as HTMLElement).dataset.row === "9000");
  await until(() => active()?.querySelector(".ecw-text"));
  press(active() as HTMLElement, "x");
  await until(() => root.querySelector(".ecw-edit"));
  model.change("status", model.view({ look: { row: 10, column: null, turn: 3 } }));
  expect(active()?.dataset.row).toBe("9000");
  expect(requests(model, "select")).toHaveLength(0);
});
