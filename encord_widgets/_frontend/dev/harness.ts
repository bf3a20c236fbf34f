// Shows one widget in one state: harness.html?widget=item_grid&state=large&theme=dark&width=400
import { filterModel } from "./fake_filter";
import { inspectorModel } from "./fake_inspector";
import { FakeGrid, FakeModel } from "./fake_python";
import { hygieneModel } from "./hygiene_panel";
import { joinModel } from "./join_panel";
import { schemaModel } from "./schema_editor";

const query = new URLSearchParams(location.search);
const widget = query.get("widget") ?? "item_grid";
const state = query.get("state") ?? "large";
const wide = query.get("width");

function gridModel(): FakeModel {
  switch (state) {
    case "million":
      return new FakeGrid(1_000_000);
    case "loading":
      return new FakeGrid(3_000, { loading: true, expected: 100_000 });
    case "reading":
      return new FakeGrid(0, { loading: true, expected: null });
    case "empty":
      return new FakeGrid(0);
    case "error":
      return new FakeGrid(0, {
        load_error: "Encord refused the key (401). Check that the key belongs to this region.",
      });
    case "few":
      return new FakeGrid(3);
    case "banner": {
      const model = new FakeGrid(100, { problems: 2 });
      model.traits.error = {
        message: "The thumbnail cache could not be written.",
        detail: "OSError: no space left",
      };
      return model;
    }
    default: {
      const model = new FakeGrid(100_000, { problems: 2 });
      model.stage(1, "weather", "fog");
      model.stage(2, "city", 0);
      model.stage(8, "lux", ["n", "12"]);
      model.traits.status = model.view();
      return model;
    }
  }
}

const SUMMARY = {
  generation: 1,
  changes: 12,
  items: 5,
  invalid: 2,
  removed: 1,
  destroyed: 0,
  rows: 14,
  settled: null,
  can_undo: true,
  can_redo: false,
};

function diffModel(): FakeModel {
  const many = state === "many";
  const after = state === "after";
  const summary =
    state === "empty"
      ? { ...SUMMARY, changes: 0, items: 0, invalid: 0, removed: 0, rows: 0, can_undo: false }
      : many
        ? { ...SUMMARY, changes: 12_345, items: 9_000, rows: 12_345 }
        : after
          ? { ...SUMMARY, settled: { verified: 9, already: 1 } }
          : state === "destroy"
            ? { ...SUMMARY, destroyed: 1 }
            : SUMMARY;
  const model = new FakeModel({ summary, error: null });
  const statuses = after
    ? ["verified", "conflict", "refused", "failed", "differs", "already", "verified"]
    : ["staged", "staged", "invalid", "staged"];
  const values: [unknown, unknown][] = [
    ["sun", "fog"],
    [0, ["n", "12.50"]],
    ["rain", "drizzle"],
    ["Oslo", 0],
    [false, true],
    [null, "Bergen"],
    ["100", ["n", "100"]],
    [
      ["j", '{"latitude":59.9,"longitude":10.7}', 34],
      ["j", '{"latitude":60.1,"longitude":10.7}', 34],
    ],
  ];
  model.handler = (method, params) => {
    const { start, count } = params as { start: number; count: number };
    if (method !== "rows") return { result: {} };
    const rows = Array.from({ length: Math.min(count, summary.rows - start) }, (_, i) => {
      const at = start + i;
      const status = statuses[at % statuses.length] as string;
      const [before, now] = values[at % values.length] as [unknown, unknown];
      const note =
        {
          invalid: '"drizzle" is not one of sun, rain, fog, snow',
          conflict: "changed in Encord since it was read",
          refused: "422: value too long",
          failed: "no answer after 5 tries",
        }[status] ?? null;
      return {
        item: `item-${at}`,
        name: `drive_001/front_${String(at).padStart(6, "0")}.jpg`,
        key: ["weather", "lux", "weather", "city"][at % 4],
        before,
        after: now,
        status,
        implied: state === "destroy" && now === 0,
        note,
        ...(status === "conflict" ? { observed: "snow" } : {}),
      };
    });
    return { result: { generation: 1, rows } };
  };
  return model;
}

function commitModel(): FakeModel {
  const clear = { changes: 12_000, items: 5_000, removed: 3, bundles: 5 };
  const none = { changes: 0, items: 0, removed: 0, bundles: 0 };
  const summary = { ...clear, invalid: 0, destroyed: 0, conflicts: 0, clear };
  const nothing = { ...summary, ...none, clear: none };
  const model = new FakeModel({
    summary,
    progress: null,
    outcome: null,
    left_over: [],
    notice: "",
    error: null,
  });
  const progress = {
    phase: "writing",
    canary: 20,
    items_total: 5_000,
    items_done: 2_150,
    verified: 1_980,
    already: 12,
    conflicts: 3,
    refused: 0,
    failed: 0,
    differs: 0,
    bundles_done: 2,
    bundles_total: 5,
    running: true,
    trouble: null as string | null,
  };
  const open = [
    {
      item: "i1",
      name: "drive_001/front_000017.jpg",
      key: "weather",
      status: "conflict",
      note: "it was 'rain' when edited, and is 'snow' now; not overwritten",
      cause: null,
    },
    {
      item: "i2",
      name: "drive_001/front_000018.jpg",
      key: "lux",
      status: "refused",
      note: "422: not a number",
      cause: null,
    },
    { item: "i3", name: null, key: "city", status: "failed", note: null, cause: 0 },
    { item: "i4", name: "drive_001/front_000019.jpg", key: "city", status: "failed", note: null, cause: 0 },
  ];
  if (state === "empty") model.traits.summary = nothing;
  if (state === "conflict")
    model.traits.summary = { ...nothing, changes: 1, items: 1, bundles: 1, conflicts: 1 };
  if (state === "conflicts")
    model.traits.summary = { ...summary, changes: 12_002, items: 5_002, conflicts: 2 };
  if (state === "silent") model.traits.progress = { ...progress, phase: "reading", items_done: 0 };
  if (state === "trouble") {
    const trouble =
      "https://api.encord.com refused the connection or cannot be reached; check the network, VPN, proxy settings and the argument domain. Trying again, 3 of 6.";
    model.traits.progress = { ...progress, phase: "reading", items_done: 0, trouble };
  }
  if (state === "invalid") model.traits.summary = { ...summary, invalid: 2 };
  if (state === "destroy") model.traits.summary = { ...summary, removed: 40, destroyed: 37 };
  if (state === "canary") model.traits.progress = { ...progress, phase: "canary", items_done: 0 };
  if (state === "left") {
    model.traits.notice = "Staged edits are not being journaled: the state folder cannot be written.";
    const at = new Date(Date.now() - 86_400_000).toISOString();
    const edits = { items: 5, at, alive: false, here: false, commit: null };
    model.traits.left_over = [
      { ...edits, session: "a", count: 12 },
      { ...edits, session: "b", count: 80, commit: { total: 200, verified: 120, left: 80, at } },
      { ...edits, session: "c", count: 12, alive: true },
      { ...edits, session: "d", count: 1, items: 1, alive: true, here: true },
    ];
    model.handler = (method) => {
      if (method !== "review") return { result: {} };
      const rows = Array.from({ length: 12 }, (_, i) => ({
        item: `item-${i}`,
        name: `drive_001/front_${String(i).padStart(6, "0")}.jpg`,
        key: ["weather", "lux", "city"][i % 3],
        before: ["sun", 0, "Oslo"][i % 3],
        after: ["fog", ["n", "12.5"], 0][i % 3],
        implied: i % 6 === 5,
      }));
      return { result: { rows, more: 3 } };
    };
  }
  if (state === "running") model.traits.progress = progress;
  if (state === "done") {
    model.traits.summary = nothing;
    model.traits.outcome = {
      ok: true,
      counts: { verified: 11_988, already: 12 },
      seconds: 41.3,
      text: "All 12,000 edits are on Encord and read back as wanted.",
      causes: [],
      open: [],
    };
  }
  if (state === "open") {
    const rest = { changes: 3, items: 3, removed: 0, bundles: 1 };
    model.traits.summary = { ...summary, ...rest, changes: 4, items: 4, conflicts: 1, clear: rest };
    model.traits.outcome = {
      ok: false,
      counts: { verified: 11_996, conflict: 1, refused: 1, failed: 2 },
      seconds: 3.2,
      text: "4 of 12,000 edits are left open; the others read back as wanted.",
      causes: [
        {
          count: 2,
          text: "could not be read: https://api.encord.com refused the connection or cannot be reached; check the network, VPN, proxy settings and the argument domain. Tried 6 times. (POST /v2/public/storage/items/get-bulk, request id 7b0e0ad8146e450fa286de292c429ddb)",
        },
      ],
      open,
    };
  }
  return model;
}

document.documentElement.setAttribute("data-theme", query.get("theme") ?? "light");
const link = document.createElement("link");
link.rel = "stylesheet";
link.href = `dist/${widget}.css`;
document.head.append(link);
const make =
  {
    item_grid: gridModel,
    diff_preview: diffModel,
    commit_panel: commitModel,
    filter_builder: () => filterModel(state),
    schema_editor: () => schemaModel(state),
    join_panel: () => joinModel(state),
    hygiene_panel: () => hygieneModel(state),
    inspector: () => inspectorModel(state),
  }[widget] ?? gridModel;
const model = make();
const address = new URL(`./${widget}.js`, import.meta.url).href;
const bundle = (await import(address)) as { default: { render(props: object): () => void } };
for (let views = 0; views < Number(query.get("views") ?? 1); views++) {
  const el = document.createElement("div");
  if (wide) el.style.width = `${wide}px`;
  el.style.marginBottom = "12px";
  document.body.append(el);
  bundle.default.render({ model, el });
}
Object.assign(window, { model });
