// Header filters and the bar of the filter in force, in the built bundle.
import { describe, expect, test } from "vitest";
import { COLUMNS, FakeGrid, IN_FORCE } from "../dev/fake_python";
import { draw, open } from "./grid_page";
import { press, requests, until } from "./strict_model";

function head(root: Element, id: string): HTMLElement {
  const at = COLUMNS.findIndex((column) => column.id === id);
  return root.querySelector(`.ecw-th[aria-colindex="${at + 3}"]`) as HTMLElement;
}
function button(root: Element, text: string): HTMLButtonElement {
  const found = [...root.querySelectorAll("button")].find((one) => one.textContent === text);
  if (!found) throw new Error(`No button ${text}`);
  return found;
}
async function popover(root: Element, id: string): Promise<HTMLElement> {
  head(root, id).querySelector<HTMLButtonElement>(".ecw-th-filter")?.click();
  await until(() => root.querySelector(".ecw-cf-list"));
  return root.querySelector("dialog") as HTMLElement;
}
function choice(dialog: Element, text: string): HTMLInputElement {
  const label = [...dialog.querySelectorAll(".ecw-cf-choice")].find((one) =>
    one.textContent?.startsWith(text),
  );
  return label?.querySelector("input") as HTMLInputElement;
}

describe("header filters", () => {
  test("a click opens it and sorts nothing; what is ticked goes to Python as JSON", async () => {
    const model = new FakeGrid(5000);
    const root = await open(model);
    const dialog = await popover(root, "key:weather");
    expect(requests(model, "sort")).toEqual([]);
    expect(dialog.textContent).toContain("3,856 of 5,000 items hold a value, 22.9% missing");
    expect(choice(dialog, "rain").checked).toBe(true);
    choice(dialog, "fog").click();
    choice(dialog, "not set").click();
    await until(() => choice(dialog, "not set").checked);
    button(dialog, "Apply").click();
    await until(() => !root.querySelector("dialog"));
    expect(requests(model, "filter_column")).toEqual([
      {
        column: "key:weather",
        chosen: { values: ['"rain"', '"fog"'], low: null, high: null, text: "", marks: ["absent"] },
      },
    ]);
    await until(() => root.querySelector(".ecw-filterbar"));
    expect(head(root, "key:weather").querySelector("button")?.getAttribute("aria-label")).toBe(
      "Filter by weather, in force",
    );
    expect(head(root, "key:lux").querySelector("button")?.getAttribute("aria-label")).toBe("Filter by lux");
  });

  test("Alt+Down on a header opens it; a bound that is refused is said there, and nothing is lost", async () => {
    const model = new FakeGrid(5000);
    const root = await open(model);
    const cell = head(root, "key:lux");
    cell.click();
    await until(() => cell.classList.contains("is-active"));
    press(cell, "ArrowDown", { altKey: true });
    await until(() => root.querySelector(".ecw-cf-line input"));
    const dialog = root.querySelector("dialog") as HTMLElement;
    expect(dialog.textContent).toContain("not lux < 5");
    const low = dialog.querySelector(".ecw-cf-line input") as HTMLInputElement;
    expect(low.placeholder).toBe("0");
    low.value = "abc";
    low.dispatchEvent(new Event("input", { bubbles: true }));
    await until(() => low.value === "abc");
    dialog.querySelector("form")?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
    await until(() => dialog.querySelector('[role="alert"]'));
    expect(dialog.querySelector('[role="alert"]')?.textContent).toContain("expected a number");
    expect(low.value).toBe("abc");
  });

  test("a column is cleared alone", async () => {
    const model = new FakeGrid(5000, { filter: IN_FORCE });
    const root = await open(model);
    const dialog = await popover(root, "key:weather");
    button(dialog, "Clear this column").click();
    await until(() => requests(model, "filter_column")[0]);
    expect(requests(model, "filter_column")).toEqual([{ column: "key:weather", chosen: null }]);
  });
});

describe("the filter in force", () => {
  test("its text, how many of how many, and how many by now", async () => {
    const model = new FakeGrid(5000, { filter: IN_FORCE });
    const root = await open(model);
    const bar = root.querySelector(".ecw-filterbar") as HTMLElement;
    expect(bar.querySelector("code")?.textContent).toBe(IN_FORCE.text);
    expect(bar.querySelector('[role="status"]')?.textContent).toBe("812 of 5,000 items; 640 by now");
    model.stage(0, "weather", "fog");
    model.bump();
    await until(() => bar.textContent?.includes("640 after commit"));
    button(bar, "Apply again").click();
    await until(() => bar.querySelector('[role="status"]')?.textContent === "640 of 5,000 items");
    expect([...bar.querySelectorAll("button")].map((one) => one.textContent)).toEqual(["Clear filter"]);
    button(bar, "Clear filter").click();
    await until(() => !root.querySelector(".ecw-filterbar"));
    expect(requests(model, "clear_filter")).toHaveLength(1);
  });

  test("a filter that matches nothing says so", async () => {
    const model = new FakeGrid(5000, { filter: { ...IN_FORCE, in_view: 0 }, rows: 0 });
    const { root } = draw(model);
    await until(() => root.querySelector(".ecw-empty"));
    expect(root.querySelector(".ecw-empty")?.textContent).toContain("No item matches the filter.");
  });
});
