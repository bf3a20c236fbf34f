// The built bundle of the commit panel: what earlier sessions left.
import { afterEach, describe, expect, test } from "vitest";
import { FakeModel } from "../dev/fake_python";
import { commitOf, endAll, PROGRESS, panelTraits, render } from "./commit_model";
import { button, listeners, requests, strict, until } from "./strict_model";

afterEach(endAll);

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
    const model = strict(new FakeModel(panelTraits({ left_over: [LEFT] })));
    const { el, end } = render(model);
    expect(listeners(model)).toBe(7);
    end();
    expect(listeners(model)).toBe(0);
    document.dispatchEvent(new Event("visibilitychange"));
    expect(requests(model, "look")).toHaveLength(1);
    expect(el.childNodes).toHaveLength(0);
  });
});
