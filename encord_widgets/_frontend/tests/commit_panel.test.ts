// The built bundle of the commit panel: what it offers, how far it is, what came of it.
import { afterEach, describe, expect, test, vi } from "vitest";
import { commitOf, endAll, NONE, PLAN, PROGRESS } from "./commit_model";
import { button, requests, until } from "./strict_model";

afterEach(endAll);

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
    button(root, "Stop").dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 2 }));
    expect(requests(model, "cancel")).toHaveLength(0);
    button(root, "Stop").click();
    expect(requests(model, "cancel")).toHaveLength(1);
    expect(button(root, "Stopping…").disabled).toBe(true);
    model.change("progress", null);
    expect(button(root, "Commit").disabled).toBe(false);
  });

  test("the focus waits beside Stop: whoever presses again does not stop", () => {
    const { model, root } = commitOf();
    button(root, "Commit").focus();
    button(root, "Commit").click();
    const line = root.querySelector(".ecw-commit-line");
    expect(document.activeElement).toBe(line);
    model.change("progress", PROGRESS);
    expect(document.activeElement).toBe(line);
    model.change("progress", null);
    expect(document.activeElement).toBe(line);
  });

  test("names what is left open", () => {
    const open = [
      { item: "i1", name: "a.jpg", key: "lux", status: "refused", note: "422: not a number", cause: null },
    ];
    const outcome = {
      ok: false,
      counts: { verified: 11, refused: 2 },
      seconds: 1.25,
      text: "2 are left open.",
      causes: [],
      open,
    };
    const { root } = commitOf({ outcome });
    expect(root.querySelector("li")?.textContent).toBe("⊘refuseda.jpglux422: not a number");
    expect(root.textContent).toContain("… and 1 more");
  });

  test("what many have in common is said once, its first sentence first", () => {
    const text = `could not be read: ${"x".repeat(200)}. Tried 6 times. (POST /v2/public/items)`;
    const row = { name: "a.jpg", key: "lux", status: "failed", note: null, cause: 0 };
    const open = [
      { ...row, item: "i1" },
      { ...row, item: "i2" },
      { ...row, item: "i3", status: "differs", note: "read back otherwise", cause: null },
    ];
    const outcome = {
      ok: false,
      counts: { failed: 60, differs: 1 },
      seconds: 1,
      text: "61 are left open.",
      causes: [{ text, count: 60 }],
      open,
    };
    const { root } = commitOf({ outcome });
    const cause = root.querySelector(".ecw-cause");
    expect(cause?.textContent).toBe(`60 edits: ${text.replace(". Tried", ".Tried")}`);
    expect(cause?.querySelector("summary")?.textContent).toBe(`could not be read: ${"x".repeat(200)}.`);
    expect(cause?.querySelector("details")?.title).toBe(text);
    const lines = [...root.querySelectorAll("li")].map((line) => line.textContent);
    expect(lines).toEqual([
      "✕faileda.jpglux",
      "✕faileda.jpglux",
      "≉reads back differentlya.jpgluxread back otherwise",
    ]);
    expect(root.textContent).toContain("… and 58 more");
  });

  const CONFLICTS: [object, string, string, boolean][] = [
    [
      { ...PLAN, changes: 1, items: 1, conflicts: 1, clear: NONE },
      "Nothing can be committed yet.",
      "1 edit conflicts: keep ours or drop it first, or choose under Options.",
      true,
    ],
    [
      { ...PLAN, changes: 2, items: 1, conflicts: 2, clear: NONE },
      "Nothing can be committed yet.",
      "2 edits conflict: keep ours or drop them first, or choose under Options.",
      true,
    ],
    [
      { ...PLAN, changes: 13, items: 6, removed: 1, bundles: 2, conflicts: 1 },
      "Commit 12 edits on 5 items in 1 bundle.",
      "1 more edit conflicts and is left alone: keep ours or drop it first.",
      false,
    ],
  ];
  test.each(CONFLICTS)("only what can go through is offered: %#", (summary, says, how, off) => {
    const { root } = commitOf({ summary });
    expect(root.querySelector(".ecw-commit-sentence")?.textContent).toBe(says);
    expect(root.querySelector("#ecw-commit-how")?.textContent).toBe(how);
    expect(button(root, "Commit").disabled).toBe(off);
  });

  test("conflicts that a policy decides can go through", () => {
    const { model, root } = commitOf({
      summary: { ...PLAN, changes: 1, items: 1, conflicts: 1, clear: NONE },
    });
    const select = root.querySelector("details select") as HTMLSelectElement;
    select.value = "ours";
    select.dispatchEvent(new Event("change", { bubbles: true }));
    expect(root.textContent).toContain("Commit 1 edit on 1 item in 1 bundle.");
    button(root, "Commit").click();
    expect(requests(model, "commit")).toEqual([{ on_conflict: "ours" }]);
  });

  test("while the items are read the bar has no number until there is one", () => {
    const { model, root } = commitOf({ progress: { ...PROGRESS, phase: "reading", items_done: 0 } });
    expect(root.querySelector("progress")?.hasAttribute("value")).toBe(false);
    model.change("progress", { ...PROGRESS, phase: "reading", items_done: 1 });
    expect(root.querySelector("progress")?.value).toBe(1);
  });

  test("an answer that does not come is waited for in view", () => {
    vi.useFakeTimers();
    try {
      const { model, root } = commitOf({ progress: { ...PROGRESS, phase: "reading", items_done: 0 } });
      const waiting = (): string | null | undefined => root.querySelector(".ecw-waiting")?.textContent;
      vi.advanceTimersByTime(1_900);
      expect(waiting()).toBe("");
      vi.advanceTimersByTime(200);
      vi.runAllTicks();
      model.change("progress", { ...PROGRESS, phase: "reading", items_done: 0 });
      expect(waiting()).toBe("Still waiting for an answer from Encord.");
      model.change("progress", {
        ...PROGRESS,
        phase: "reading",
        items_done: 0,
        trouble: "https://a.test answered 503: busy. Trying again, 3 of 6.",
      });
      expect(waiting()).toBe("⚠ https://a.test answered 503: busy. Trying again, 3 of 6.");
      model.change("progress", { ...PROGRESS, phase: "writing" });
      model.change("progress", { ...PROGRESS, phase: "writing", trouble: null });
      expect(waiting()).toBe("");
    } finally {
      vi.useRealTimers();
    }
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
