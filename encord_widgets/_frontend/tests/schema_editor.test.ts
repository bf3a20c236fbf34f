// The built bundle of the schema editor, and its pure parts.
import { afterEach, describe, expect, test } from "vitest";
import type { FakeModel } from "../dev/fake_python";
import { ROWS, SUMMARY, schemaModel } from "../dev/schema_editor";
import { wireOf } from "../src/schema_editor/controller";
import {
  agrees,
  found,
  headline,
  type KeyRow,
  lookOf,
  offer,
  optionsOf,
  reasonNot,
  type Summary,
  sentence,
  told,
  wordFor,
} from "../src/schema_editor/traits";
import { listeners, type Rendered, requests, show, strict, until } from "./strict_model";

const { default: bundle } = await import("../../static/schema_editor.js" as string);
const rows = ROWS as KeyRow[];
const rowOf = (key: string): KeyRow => rows.find((one) => one.key === key) as KeyRow;

let shown: Rendered[] = [];
afterEach(() => {
  for (const one of shown) one.end();
  shown = [];
});

function editor(state: string): { model: FakeModel; root: HTMLElement } {
  const model = strict(schemaModel(state));
  const one = show(bundle, model);
  shown.push(one);
  return { model, root: one.root };
}
function button(root: Element, label: string): HTMLButtonElement {
  const all = [...root.querySelectorAll("button")];
  const named = all.find((one) => (one.getAttribute("aria-label") ?? one.textContent) === label);
  if (!named) throw new Error(`No button ${label} among ${all.map((one) => one.textContent).join(", ")}`);
  return named;
}
function open(root: Element, key: string): void {
  const all = [...root.querySelectorAll<HTMLButtonElement>(".ecw-schema-open")];
  all.find((one) => one.querySelector(".ecw-schema-key")?.textContent === key)?.click();
}
async function type(root: Element, label: string, text: string): Promise<void> {
  const input = await field(root, label);
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  await new Promise((resolve) => setTimeout(resolve, 1));
}
async function field(root: Element, label: string): Promise<HTMLInputElement> {
  const find = (): HTMLInputElement | undefined =>
    [...root.querySelectorAll("label")]
      .find((one) => one.querySelector("span")?.textContent?.includes(label))
      ?.querySelector("input, textarea") ?? undefined;
  await until(find, `a field ${label}`);
  return find() as HTMLInputElement;
}

describe("words", () => {
  test("what there is", () => {
    expect(headline(rows)).toBe("8 keys, 2 deleted, 2 not in the schema");
    expect(headline([])).toBe("0 keys");
    expect(found(rows, " FOG ").map((row) => row.key)).toEqual(["weather"]);
    expect(found(rows, "deleted").map((row) => row.key)).toEqual(["legacy score", "gone"]);
  });

  test("what a key may be added as", () => {
    expect(offer({ label: "number", fits: 1204, of: 1210 })).toBe("Add as number: 1,204 of 1,210 values fit");
    expect(offer({ label: "text", fits: 3, of: 3 })).toBe("Add as text: all 3 values fit");
    expect(offer({ label: "text", fits: 1, of: 1 })).toBe("Add as text: the value fits");
  });

  test("every state has a sign and a word of its own", () => {
    const looks = rows
      .map(lookOf)
      .concat([
        lookOf({ ...rowOf("lux"), staged: "added" }),
        lookOf({ ...rowOf("lux"), staged: "changed" }),
        lookOf({ ...rowOf("lux"), staged: "restored" }),
      ]);
    expect(new Set(looks.map((look) => look.word)).size).toBe(8);
    expect(new Set(looks.map((look) => look.sign)).size).toBe(8);
    expect(lookOf({ ...rowOf("gone"), staged: "deleted" }).word).toBe("deleted for good, not saved");
  });

  test("what is typed before something is deleted", () => {
    expect(wordFor(["notes"])).toBe("notes");
    expect(agrees(" notes ", ["notes"])).toBe(true);
    expect(agrees("Notes", ["notes"])).toBe(false);
    expect(agrees("2", ["notes", "lux"])).toBe(true);
    expect(agrees("", [])).toBe(false);
  });

  test("why nothing can be saved", () => {
    const summary = SUMMARY as Summary;
    const changes = [{ key: "city", change: "added" as const, text: "varchar", advice: [] }];
    expect(sentence(changes)).toBe("1 key to save: 1 added.");
    expect(reasonNot(summary)).toBe("Nothing is staged on the schema.");
    expect(reasonNot({ ...summary, changes })).toBeNull();
    expect(reasonNot({ ...summary, changes, problems: [{ key: "city", text: "no" }] })).toContain(
      "rules stand against one",
    );
    const conflicts = [{ key: "city", base: "-", ours: "a", theirs: "b" }];
    expect(reasonNot({ ...summary, changes, conflicts })).toContain("Settle");
  });

  test("what a change breaks and mends", () => {
    const impact = {
      key: "k",
      to: "text",
      deletes: false,
      broken: 0,
      of: 3,
      breaks: 0,
      mends: 1,
      examples: [],
    };
    expect(told(impact)).toBe("All 3 values in view fit; 1 would fit that does not now.");
    expect(told({ ...impact, of: 0 })).toBe("No item in view has a value.");
    expect(told({ ...impact, broken: 2, mends: 0 })).toBe(
      "2 of 3 values in view would not fit text, none of them fit now",
    );
    expect(told({ ...impact, broken: 1, deletes: true })).toBe(
      "1 value in view would stay, untyped and not indexed",
    );
  });

  test("options as typed", () => {
    expect(optionsOf("a, b ,a,,")).toEqual(["a", "b"]);
    expect(optionsOf("one, two\nthree")).toEqual(["one, two", "three"]);
    expect(wireOf({ key: "k", kind: "enum", options: "a,b", size: "x" })).toEqual({
      key: "k",
      kind: "enum",
      options: ["a", "b"],
      size: 0,
    });
  });
});

describe("schema editor", () => {
  test("is a real table; metadata is text", () => {
    const { root } = editor("usual");
    expect(root.querySelectorAll("tbody tr")).toHaveLength(rows.length);
    const lines = [...root.querySelectorAll("tbody tr")].map((line) => line.textContent);
    expect(lines[0]).toContain("enum of 5clear, cloudy, fog, rain and 1 more✓ live451⚠3");
    expect(lines[1]).toContain('2310.512"100"');
    expect(root.textContent).toContain("<b>Check the label</b>");
    expect(root.querySelectorAll("td b")).toHaveLength(0);
  });

  test("without items there is nothing about values", () => {
    const { root } = editor("none");
    expect([...root.querySelectorAll("th[scope=col]")].map((one) => one.textContent)).toEqual([
      "Key",
      "Type",
      "State",
    ]);
    expect(root.textContent).not.toContain("…");
  });

  test("values that do not fit are a filter away", () => {
    const { model, root } = editor("usual");
    button(root, "Show the 12 items whose lux does not fit").click();
    expect(requests(model, "show")).toEqual([{ key: "lux" }]);
  });

  test("a key outside the schema is staged by one click", () => {
    const { model, root } = editor("usual");
    button(root, "Add as number: 1,204 of 1,210 values fit").click();
    expect(requests(model, "add_inferred")).toEqual([{ key: "batch" }]);
  });

  test("options are renamed one by one, and merged together", async () => {
    const { model, root } = editor("usual");
    open(root, "weather");
    await until(() => root.querySelector("fieldset"));
    const [, , fog, rain] = root.querySelectorAll<HTMLInputElement>("fieldset input");
    fog?.click();
    await type(root, "Rename “fog” to", "mist");
    button(root, "Plan the rename…").click();
    expect(requests(model, "rename_option")).toEqual([{ key: "weather", option: "fog", to: "mist" }]);
    await until(() => !root.querySelector("fieldset .is-chosen"));
    fog?.click();
    rain?.click();
    await type(root, "Merge 2 options into", "wet");
    button(root, "Plan the merge…").click();
    expect(requests(model, "merge_options")).toEqual([
      { key: "weather", options: ["fog", "rain"], to: "wet" },
    ]);
  });

  test("a late answer leaves alone what was chosen since", async () => {
    const { model, root } = editor("usual");
    model.delay = 30;
    open(root, "notes");
    await until(() => root.textContent?.includes("Delete for good…"));
    button(root, "Delete").click();
    open(root, "lux");
    await until(() => root.querySelector(".ecw-schema-kind"));
    const select = root.querySelector<HTMLSelectElement>(".ecw-schema-kind") as HTMLSelectElement;
    select.value = "text";
    select.dispatchEvent(new Event("change", { bubbles: true }));
    await new Promise((resolve) => setTimeout(resolve, 80));
    button(root, "Re-type only").click();
    expect(requests(model, "retype")).toEqual([{ key: "lux", kind: "text" }]);
  });

  test("the rules come from Python while one types", async () => {
    const { model, root } = editor("usual");
    button(root, "Add key").click();
    await type(root, "Key", "weather");
    await until(() => root.textContent?.includes("weather is in the schema already."));
    expect(button(root, "Add").disabled).toBe(true);
    await type(root, "Key", "city");
    // Somebody quick does not wait for what the rules say of the better name.
    expect(root.textContent).toContain("weather is in the schema already.");
    button(root, "Add").click();
    expect(requests(model, "add")).toEqual([{ key: "city", kind: "varchar", options: [], size: 0 }]);
    await until(() => !root.querySelector("form[aria-label='Add a key']"));
  });

  test("deleting for good takes the name of the key", async () => {
    const { model, root } = editor("usual");
    open(root, "lux");
    await until(() => root.textContent?.includes("Delete for good…"));
    button(root, "Delete for good…").click();
    await type(root, "Type its name", "lu");
    expect(button(root, "Stage: delete for good").disabled).toBe(true);
    await type(root, "Type its name", "lux");
    button(root, "Stage: delete for good").click();
    expect(requests(model, "delete_for_good")).toEqual([{ key: "lux", typed: "lux" }]);
  });

  test("a save that deletes asks for the name first", async () => {
    const { model, root } = editor("staged");
    expect(root.textContent).toContain("3 keys to save: 1 added, 1 changed, 1 deleted.");
    button(root, "Save schema").click();
    expect(requests(model, "save")).toEqual([]);
    await type(root, "Type notes to save", "notes");
    button(root, "Delete and save").click();
    expect(requests(model, "save")).toEqual([{ deletes: ["notes"] }]);
  });

  test("the impact names counts, examples, and is a filter away", () => {
    const { model, root } = editor("staged");
    const text = root.querySelector(".ecw-schema-impact")?.textContent;
    expect(text).toContain("398 of 412 values in view would not fit boolean, 396 of them fit now");
    expect(text).toContain('front_000018.jpg "100"');
    button(root, "Show the items whose lux would not fit").click();
    expect(requests(model, "show")).toEqual([{ key: "lux" }]);
  });

  test("a conflict is decided before anything is saved", () => {
    const { model, root } = editor("conflict");
    expect(button(root, "Save schema").disabled).toBe(true);
    expect(root.querySelector(".ecw-schema-conflicts")?.textContent).toContain(
      "was number; mine is boolean, theirs is varchar",
    );
    button(root, "Take theirs: lux").click();
    expect(requests(model, "choose")).toEqual([{ key: "lux", side: "theirs" }]);
  });

  test("a migration shows its steps in order and runs them", async () => {
    const { model, root } = editor("migration");
    const steps = [...root.querySelectorAll(".ecw-schema-steps > li")];
    expect(steps.map((one) => one.className)).toEqual(["is-done", "is-next", "is-waiting", "is-waiting"]);
    expect(steps[1]?.getAttribute("aria-current")).toBe("step");
    expect(root.querySelector(".ecw-schema-moves")?.textContent).toContain("fog→becomesmist48 items");
    button(root, "Run next step").click();
    expect(requests(model, "run_next")).toHaveLength(1);
    model.change("migration", { ...(model.traits.migration as object), running: true });
    await until(() => button(root, "Running…").disabled);
  });

  test("a migration deletes the old key only when its name is typed", async () => {
    const { model, root } = editor("retire");
    expect(root.textContent).not.toContain("Run all steps");
    button(root, "Run next step…").click();
    await type(root, "Type lux to go on", "lu");
    expect(button(root, "Delete the old key").disabled).toBe(true);
    await type(root, "Type lux to go on", "lux");
    button(root, "Delete the old key").click();
    expect(requests(model, "run_next")).toEqual([{ typed: "lux" }]);
    expect(root.textContent).toContain("n/a (2 items): expected a number");
  });

  test("the schema as text", async () => {
    const { model, root } = editor("usual");
    button(root, "Export").click();
    await until(() => root.querySelector("dialog textarea"));
    button(root, "YAML").click();
    await until(() =>
      root.querySelector<HTMLTextAreaElement>("dialog textarea")?.value.startsWith("weather:"),
    );
    expect(requests(model, "export")).toEqual([{ format: "json" }, { format: "yaml" }]);
  });

  test("a refusal is shown and put away", async () => {
    const { model, root } = editor("staged");
    model.handler = () => {
      throw new Error("Encord refused the schema.");
    };
    button(root, "Discard").click();
    await until(() => root.querySelector("[role=alert]")?.textContent?.includes("Encord refused"));
    button(root, "Dismiss").click();
    await until(() => !root.querySelector("[role=alert]"));
  });

  test("leaves nothing behind", () => {
    const model = strict(schemaModel("usual"));
    const { el, end } = show(bundle, model);
    expect(listeners(model)).toBe(7);
    end();
    expect(listeners(model)).toBe(0);
    expect(el.childNodes).toHaveLength(0);
  });
});
