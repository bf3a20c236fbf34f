// The built bundles of the diff preview and the commit panel.
import { afterEach, describe, expect, test } from "vitest";
import { FakeModel } from "../dev/fake_python";
import { listeners, type Rendered, requests, show, strict, until } from "./strict_model";

const { default: diff } = await import("../../static/diff_preview.js" as string);
const { default: commit } = await import("../../static/commit_panel.js" as string);

let shown: Rendered[] = [];
afterEach(() => {
  for (const one of shown) one.end();
  shown = [];
});

const SUMMARY = {
  generation: 1,
  changes: 12,
  items: 5,
  invalid: 2,
  removed: 0,
  destroyed: 0,
  rows: 12,
  settled: null as Record<string, number> | null,
  can_undo: true,
  can_redo: false,
};

function diffOf(summary = SUMMARY, rows: object[] = []): { model: FakeModel; root: HTMLElement } {
  const model = strict(new FakeModel({ summary, error: null }));
  model.handler = (method, params) => {
    const { start, count } = params as { start: number; count: number };
    if (method !== "rows") return { result: {} };
    const made = Array.from({ length: Math.min(count, summary.rows - start) }, (_, i) => ({
      item: `item-${start + i}`,
      name: `name-${start + i}`,
      key: "weather",
      before: "sun",
      after: "fog",
      status: "staged",
      implied: false,
      note: null,
      ...rows[start + i],
    }));
    return { result: { generation: summary.generation, rows: made } };
  };
  const one = show(diff, model);
  shown.push(one);
  return { model, root: one.root };
}

function button(root: Element, label: string): HTMLButtonElement {
  const all = [...root.querySelectorAll("button")];
  const found = all.find((b) => (b.getAttribute("aria-label") ?? b.textContent) === label);
  if (!found) throw new Error(`No button ${label} among ${all.map((b) => b.textContent).join(", ")}`);
  return found;
}

describe("diff preview", () => {
  test("is a real table that says what is what in words", async () => {
    const rows = [
      { before: 0, after: ["n", "1.0"] },
      { before: null, after: 0 },
      { before: "100", after: ["n", "100"], status: "invalid", note: "not one of sun, rain" },
      { status: "verified" },
    ];
    const { root } = diffOf(SUMMARY, rows);
    await until(() => root.querySelector("tbody th"));
    expect(root.querySelector("caption")?.textContent).toBe("12 edits on 5 items, 2 do not fit the schema");
    const lines = [...root.querySelectorAll("tbody tr")].map((row) => row.textContent);
    expect(lines[0]).toContain("not set1.0");
    expect(lines[1]).toContain("null− remove");
    expect(lines[2]).toContain('"100"100');
    expect(lines[2]).toContain("not one of sun, rain");
    expect(lines[3]).toContain("verified");
    expect(root.querySelector("tbody th")?.getAttribute("title")).toBe("item-0");
  });

  test("a row is dropped by item and key", async () => {
    const { model, root } = diffOf();
    await until(() => root.querySelector("tbody th"));
    button(root, "Drop: weather on name-3").click();
    expect(requests(model, "drop")).toEqual([{ cells: [["item-3", "weather"]] }]);
  });

  test("dropping all asks first", async () => {
    const { model, root } = diffOf();
    button(root, "Drop all…").click();
    expect(requests(model, "drop")).toEqual([]);
    button(root, "Keep").click();
    button(root, "Drop all…").click();
    button(root, "Drop all").click();
    expect(requests(model, "drop")).toEqual([{ all: true }]);
  });

  test("what an overwrite destroys is told in word and sign", async () => {
    const { root } = diffOf({ ...SUMMARY, removed: 1, destroyed: 1 }, [{ after: 0, implied: true }]);
    await until(() => root.querySelector("tbody th"));
    expect(root.querySelector("caption")?.textContent).toContain("1 destroyed by overwrite");
    expect(root.querySelector("tbody .ecw-status")?.textContent).toBe("⊖destroyed by overwrite");
    expect(root.querySelectorAll("tbody tr.ecw-r-destroyed")).toHaveLength(1);
  });

  test("pages of 100", async () => {
    const { model, root } = diffOf({ ...SUMMARY, rows: 12_345 });
    await until(() => root.querySelectorAll("tbody tr").length === 100);
    expect(root.textContent).toContain("1–100 of 12,345");
    button(root, "Next").click();
    await until(() => root.textContent?.includes("name-100"));
    expect(root.textContent).toContain("101–200 of 12,345");
    expect(requests(model, "rows").at(-1)).toEqual({ start: 100, count: 100 });
    model.change("summary", { ...SUMMARY, generation: 2, rows: 3 });
    await until(
      () => root.querySelectorAll("tbody tr").length <= 100 && !root.textContent?.includes("101–200"),
    );
    expect(requests(model, "rows").at(-1)).toEqual({ start: 0, count: 100 });
  });

  test("nothing staged", () => {
    const { model, root } = diffOf({ ...SUMMARY, changes: 0, rows: 0, can_undo: false });
    expect(root.textContent).toContain("Nothing staged. Edit a cell, or call items.stage(...).");
    expect(requests(model, "rows")).toEqual([]);
    expect(button(root, "Undo").disabled).toBe(true);
  });

  test("what a commit settled can be cleared", () => {
    const { model, root } = diffOf({ ...SUMMARY, settled: { verified: 3, already: 0 } });
    expect(root.querySelector(".ecw-settled")?.textContent).toBe("✓ 3 verified");
    button(root, "Clear settled").click();
    expect(requests(model, "clear_settled")).toHaveLength(1);
  });

  test("leaves nothing behind", () => {
    const model = strict(new FakeModel({ summary: SUMMARY, error: null }));
    const { el, end } = show(diff, model);
    expect(listeners(model)).toBe(3);
    end();
    expect(listeners(model)).toBe(0);
    expect(el.childNodes).toHaveLength(0);
  });
});

const PLAN = { changes: 12, items: 5, invalid: 0, removed: 0, destroyed: 0, bundles: 1 };
const PROGRESS = {
  phase: "writing",
  canary: null as number | null,
  items_total: 5,
  items_done: 2,
  verified: 1,
  already: 0,
  conflicts: 1,
  refused: 0,
  failed: 0,
  differs: 0,
  bundles_done: 0,
  bundles_total: 1,
  running: true,
};

function commitOf(traits: object = {}): { model: FakeModel; root: HTMLElement } {
  const model = strict(
    new FakeModel({
      summary: PLAN,
      progress: null,
      outcome: null,
      left_over: [],
      notice: "",
      error: null,
      ...traits,
    }),
  );
  const one = show(commit, model);
  shown.push(one);
  return { model, root: one.root };
}

describe("commit panel", () => {
  test("says what it will do, and does it once", () => {
    const { model, root } = commitOf();
    expect(root.textContent).toContain("Commit 12 edits on 5 items in 1 bundle.");
    button(root, "Commit").click();
    button(root, "Starting…").click();
    expect(requests(model, "commit")).toHaveLength(1);
  });

  test.each([
    [{ ...PLAN, changes: 0 }, "Nothing to commit."],
    [{ ...PLAN, invalid: 2 }, "2 edits do not fit the schema: correct or drop them first."],
  ])("is off with a reason: %j", (summary, words) => {
    const { root } = commitOf({ summary });
    expect(button(root, "Commit").disabled).toBe(true);
    expect(root.textContent).toContain(words);
  });

  test("shows how far it is, and stops", async () => {
    const { model, root } = commitOf({ progress: PROGRESS });
    expect(root.querySelector("progress")?.value).toBe(2);
    expect(root.querySelector("dl")?.textContent).toBe("✓verified1≠conflict1");
    button(root, "Stop").click();
    expect(requests(model, "cancel")).toHaveLength(1);
    expect(button(root, "Stopping…").disabled).toBe(true);
    model.change("progress", null);
    expect(button(root, "Commit").disabled).toBe(false);
  });

  test("names what is left open", () => {
    const open = [{ item: "i1", name: "a.jpg", key: "lux", status: "refused", note: "422: not a number" }];
    const outcome = {
      ok: false,
      counts: { verified: 11, refused: 2 },
      seconds: 1.25,
      text: "2 are left open.",
      open,
    };
    const { root } = commitOf({ outcome });
    expect(root.querySelector("li")?.textContent).toBe("⊘refuseda.jpglux422: not a number");
    expect(root.textContent).toContain("… and 1 more");
  });

  test("an error of Python is shown, and dismissed there", () => {
    const { model, root } = commitOf({ error: { message: "The journal is full." } });
    expect(root.querySelector('[role="alert"]')?.textContent).toContain("The journal is full.");
    button(root, "Dismiss").click();
    expect(requests(model, "dismiss_error")).toHaveLength(1);
    model.change("error", null);
    expect(root.querySelector('[role="alert"]')).toBeNull();
  });

  test("a commit that could not be started says why, and can be tried again", async () => {
    const { model, root } = commitOf();
    model.handler = () => {
      throw new Error("Another commit is under way.");
    };
    button(root, "Commit").click();
    await until(() => root.querySelector('[role="alert"]'));
    expect(root.textContent).toContain("Another commit is under way.");
    expect(button(root, "Commit").disabled).toBe(false);
  });

  test.each([
    [{ phase: "canary", canary: 20 }, "Proving the first 20 items before the rest"],
    [{ phase: "canary" }, "Proving the first items before the rest"],
    [{ phase: "waiting" }, "Waiting before the next try"],
  ])("tells the phase %j", (more, words) => {
    const { root } = commitOf({ progress: { ...PROGRESS, ...more } });
    expect(root.querySelector(".ecw-running-label")?.textContent).toContain(words);
  });

  test("why edits are not written down is told quietly", () => {
    const { root } = commitOf({ notice: "The disk is full." });
    expect(root.querySelector(".ecw-unwritten")?.textContent).toContain("The disk is full.");
    expect(root.querySelector('[role="alert"]')).toBeNull();
  });

  test("what to do with conflicts is chosen under options, reported when it is not", () => {
    const { model, root } = commitOf();
    const select = root.querySelector("details select") as HTMLSelectElement;
    expect(select.labels?.[0]?.textContent).toContain("Where somebody else changed the same key since");
    expect([...select.options].map((option) => option.value)).toEqual(["report", "ours", "theirs"]);
    expect(select.value).toBe("report");
    select.value = "theirs";
    select.dispatchEvent(new Event("change", { bubbles: true }));
    button(root, "Commit").click();
    expect(requests(model, "commit")).toEqual([{ on_conflict: "theirs" }]);
  });

  test("values are destroyed only when their number is typed", async () => {
    const { model, root } = commitOf({ summary: { ...PLAN, removed: 1_300, destroyed: 1_234 } });
    expect(root.textContent).toContain("1,234 values are destroyed by overwrite.");
    button(root, "Commit").click();
    expect(requests(model, "commit")).toEqual([]);
    const input = root.querySelector("form input") as HTMLInputElement;
    const go = button(root, "Destroy and commit");
    const submit = (text: string): void => {
      input.value = text;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      root.querySelector("form")?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
    };
    for (const text of ["", "1233", "12345", "yes"]) {
      submit(text);
      expect(go.disabled).toBe(true);
    }
    expect(requests(model, "commit")).toEqual([]);
    submit(" 1,234 ");
    expect(requests(model, "commit")).toEqual([{ on_conflict: "report", destroy: 1_234 }]);
  });

  test("the question about destroyed values can be left, and goes when there are none", () => {
    const summary = { ...PLAN, removed: 1, destroyed: 1 };
    const { model, root } = commitOf({ summary });
    button(root, "Commit").click();
    button(root, "Back").click();
    expect(root.querySelector("form")).toBeNull();
    button(root, "Commit").click();
    model.change("summary", PLAN);
    expect(root.querySelector("form")).toBeNull();
    model.change("summary", summary);
    expect(root.querySelector("form")).toBeNull();
    expect(requests(model, "commit")).toEqual([]);
  });
});

const AT = new Date(2020, 10, 17, 14, 5).toISOString();
const LEFT = { session: "s1", count: 12, items: 5, at: AT, alive: false, here: false, commit: null };

describe("what earlier sessions left", () => {
  const cutOff = { total: 200, verified: 120, left: 80, at: AT };
  test.each([
    [LEFT, "12 edits on 5 items were staged on Tuesday 17 November 2020, 14:05, and not committed."],
    [{ ...LEFT, alive: true }, "12 edits on 5 items are being staged in another kernel."],
    [
      { ...LEFT, alive: true, here: true, count: 1, items: 1 },
      "1 edit on 1 item is staged on the same items",
    ],
    [
      { ...LEFT, count: 80, commit: cutOff },
      "A commit of 200 changes was cut off on Tuesday 17 November 2020, 14:05: 120 verified, 80 left.",
    ],
    [{ ...LEFT, count: 81, commit: cutOff }, "80 left. 1 further edit was staged."],
  ])("is told: %j", (left, words) => {
    const { root } = commitOf({ left_over: [left] });
    expect(root.querySelector(".ecw-left-text")?.textContent).toContain(words);
  });

  test("a look is taken when the page opens", () => {
    expect(requests(commitOf().model, "look")).toHaveLength(1);
  });

  test("edits in use have no buttons", () => {
    const { root } = commitOf({ left_over: [{ ...LEFT, alive: true }] });
    expect(root.querySelectorAll(".ecw-left button")).toHaveLength(0);
  });

  test("edits are restored, once", async () => {
    const { model, root } = commitOf({ left_over: [LEFT] });
    button(root, "Restore").click();
    button(root, "Restore").click();
    expect(requests(model, "restore")).toEqual([{ session: "s1" }]);
    model.change("left_over", []);
    expect(root.querySelector(".ecw-left")).toBeNull();
  });

  test("discarding asks first", () => {
    const { model, root } = commitOf({ left_over: [LEFT] });
    button(root, "Discard…").click();
    expect(root.textContent).toContain("Discard the 12 edits for good?");
    button(root, "Keep").click();
    button(root, "Discard…").click();
    expect(requests(model, "discard")).toEqual([]);
    button(root, "Discard for good").click();
    expect(requests(model, "discard")).toEqual([{ session: "s1" }]);
  });

  test("edits are shown and put away", async () => {
    const { model, root } = commitOf({ left_over: [LEFT] });
    model.handler = () => ({
      result: {
        rows: [
          { item: "i1", name: "<b>a</b>", key: "lux", before: 0, after: ["n", "1.0"], implied: false },
          { item: "i1", name: "<b>a</b>", key: "city", before: "Oslo", after: 0, implied: true },
        ],
        more: 3,
      },
    });
    button(root, "Review").click();
    expect(button(root, "Review").getAttribute("aria-expanded")).toBe("true");
    await until(() => root.querySelector(".ecw-left-review tbody"));
    const lines = [...root.querySelectorAll(".ecw-left-review tbody tr")].map((row) => row.textContent);
    expect(lines).toEqual(["<b>a</b>luxnot set1.0", "<b>a</b>cityOslo⊖destroyed by overwrite"]);
    expect(root.textContent).toContain("… and 3 more.");
    button(root, "Review").click();
    expect(root.querySelector(".ecw-left-review")).toBeNull();
  });

  test("edits that cannot be read say why", async () => {
    const { model, root } = commitOf({ left_over: [LEFT] });
    model.handler = () => {
      throw new Error("These edits are gone.");
    };
    button(root, "Review").click();
    await until(() => root.querySelector('[role="alert"]'));
    expect(root.textContent).toContain("These edits are gone.");
    expect(root.querySelector(".ecw-left-review")).toBeNull();
  });

  test("a commit that was cut off is resumed, not while another runs", () => {
    const { model, root } = commitOf({ left_over: [{ ...LEFT, commit: cutOff }] });
    model.change("progress", PROGRESS);
    expect(button(root, "Resume").disabled).toBe(true);
    model.change("progress", null);
    button(root, "Resume").click();
    expect(requests(model, "resume")).toHaveLength(1);
  });

  test("a panel that is closed leaves nothing behind", () => {
    const traits = {
      summary: PLAN,
      progress: null,
      outcome: null,
      left_over: [LEFT],
      notice: "",
      error: null,
    };
    const model = strict(new FakeModel(traits));
    const { el, end } = show(commit, model);
    expect(listeners(model)).toBe(7);
    end();
    expect(listeners(model)).toBe(0);
    document.dispatchEvent(new Event("visibilitychange"));
    expect(requests(model, "look")).toHaveLength(1);
    expect(el.childNodes).toHaveLength(0);
  });
});
