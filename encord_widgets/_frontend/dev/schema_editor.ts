// The schema editor's states for the harness and the tests.
import { FakeModel } from "./fake_python";

const row = (key: string, kind: string, more: object = {}): object => ({
  key,
  kind,
  type_label: kind,
  options: [],
  state: "live",
  staged: "",
  staged_text: "",
  used: 412,
  misfits: 0,
  samples: [],
  inferred: null,
  actions: ["retype", "declare", "change_type", "rename_key", "delete", "delete_for_good"],
  retypes: ["number", "varchar", "text", "boolean", "datetime", "uuid"].filter((one) => one !== kind),
  ...more,
});
const ENUM = [
  "retype",
  "change_type",
  "rename_option",
  "merge_options",
  "add_options",
  "rename_key",
  "delete",
  "delete_for_good",
];
const n = (text: string): ["n", string] => ["n", text];

export const ROWS = [
  row("weather", "enum", {
    type_label: "enum of 5",
    options: ["clear", "cloudy", "fog", "rain", "snow"],
    used: 451,
    misfits: 3,
    samples: ["clear", "rain", "drizzle"],
    actions: ENUM,
    retypes: ["varchar", "text"],
  }),
  row("lux", "number", { misfits: 12, samples: [n("2310.5"), n("12"), "100"] }),
  row("captured at", "datetime", { samples: ["2025-02-03T06:00:12Z"], used: 500 }),
  row("reviewed", "boolean", { samples: [true, false, null] }),
  row("notes", "text", {
    samples: ["Parked van hides the crossing; the signal is visible in all frames", "<b>Check the label</b>"],
  }),
  row("where", "geospatial", {
    samples: [["j", '{"latitude":59.9,"longitude":10.7}', 34]],
    actions: ["rename_key", "delete", "delete_for_good"],
    retypes: [],
  }),
  row("clip", "embedding", {
    type_label: "embedding (8)",
    samples: [["j", "[0.1,0.2,0.3,0.4,0.5]", 21]],
    actions: ["rename_key", "delete", "delete_for_good"],
    retypes: [],
  }),
  row("hologram", "unknown", {
    type_label: "unknown type 'hologram'",
    state: "unknown type",
    used: 0,
    actions: [],
    retypes: [],
  }),
  row("legacy score", "deleted", {
    type_label: "was number",
    state: "deleted",
    used: 0,
    actions: ["restore", "delete_for_good"],
    retypes: [],
  }),
  row("gone", "deleted", { type_label: "", state: "deleted for good", used: 0, actions: [], retypes: [] }),
  row("batch", "", {
    type_label: "",
    state: "not in the schema",
    used: 1210,
    misfits: null,
    samples: [n("7"), "B-7", n("12")],
    inferred: { kind: "number", label: "number", fits: 1204, of: 1210 },
    actions: ["add"],
    retypes: [],
  }),
  row("pipeline", "", {
    type_label: "",
    state: "not in the schema",
    used: 500,
    misfits: null,
    samples: [["j", '{"version":"4.2.1","steps":["decode","rectify"]}', 48]],
    actions: ["add"],
    retypes: [],
  }),
];

const TYPES = [
  ["varchar", "Short text (recommended), up to 8,192 characters."],
  ["text", "Long text."],
  ["number", "A 64-bit float."],
  ["boolean", "true or false."],
  ["datetime", "ISO 8601."],
  ["uuid", "A version 4 uuid."],
  ["enum", "1 to 255 options; Encord lets nobody rename or remove one."],
  ["embedding", "1 to 4096 numbers; Encord Active needs exactly 512."],
  ["geospatial", "Latitude and longitude."],
].map(([kind, hint]) => ({ kind, label: kind, hint }));

export const SUMMARY = {
  items: 500 as number | null,
  source: "Street scenes",
  counting: false,
  changes: [] as object[],
  problems: [] as object[],
  deletes: [] as string[],
  conflicts: [] as object[],
  saving: false,
  can_undo: true,
  can_redo: false,
  types: TYPES,
};

const IMPACT = [
  { key: "city", to: "text", deletes: false, broken: 0, of: 0, breaks: 0, mends: 0, examples: [] },
  {
    key: "lux",
    to: "boolean",
    deletes: false,
    broken: 398,
    of: 412,
    breaks: 396,
    mends: 0,
    examples: [
      { item: "i1", name: "drive_001/front_000017.jpg", value: n("2310.5"), count: 396 },
      { item: "i2", name: "drive_001/front_000018.jpg", value: "100", count: 2 },
      { item: "i3", name: null, value: n("0"), count: 1 },
    ],
  },
];

const MIGRATION = {
  title: "Rename option “fog” of weather to “mist”",
  steps: [
    { title: "Add", text: "Add the option mist to weather.", state: "done", note: "saved and read back" },
    { title: "Move", text: "Write mist where weather is fog.", state: "next", note: "" },
    { title: "Verify", text: "Read the items again: no weather is fog.", state: "waiting", note: "" },
    {
      title: "Retire",
      text: "Encord keeps the option fog: there is no call that removes one.",
      state: "waiting",
      note: "",
    },
  ],
  review: { edits: 48, items: 48, moves: [{ before: "fog", after: "mist", count: 48 }], more: 0, left: [] },
  running: false,
  progress: null as object | null,
  retires: "",
  finished: false,
  blocked: "",
};

export function schemaModel(state = "usual"): FakeModel {
  const traits: Record<string, unknown> = {
    rows: ROWS,
    summary: SUMMARY,
    impact: [],
    migration: null,
    outcome: null,
    error: null,
  };
  const staged = {
    ...SUMMARY,
    changes: [
      { key: "city", change: "added", text: "varchar", advice: [] },
      { key: "lux", change: "changed", text: "number → boolean", advice: [] },
      { key: "notes", change: "deleted", text: "text; can be restored", advice: [] },
    ],
    deletes: ["notes"],
  };
  const stagedRows = ROWS.map((one) => {
    const { key } = one as { key: string };
    if (key === "lux")
      return {
        ...one,
        type_label: "boolean",
        staged: "changed",
        staged_text: "number → boolean",
        actions: ["undo", "retype", "declare"],
      };
    return key === "notes" ? { ...one, staged: "deleted", actions: ["undo"] } : one;
  });
  if (state === "none")
    traits.rows = ROWS.slice(0, 7).map((one) => ({ ...one, used: null, misfits: null, samples: [] }));
  if (state === "none") traits.summary = { ...SUMMARY, items: null, source: "" };
  if (state === "empty") Object.assign(traits, { rows: [] });
  if (["staged", "conflict"].includes(state))
    Object.assign(traits, { rows: stagedRows, summary: staged, impact: IMPACT });
  if (state === "conflict")
    traits.summary = {
      ...staged,
      problems: [
        { key: "city", text: "there is a key City already; names that differ only by case confuse" },
      ],
      conflicts: [{ key: "lux", base: "number", ours: "boolean", theirs: "varchar" }],
    };
  if (state === "saved")
    traits.outcome = {
      ok: true,
      text: "Saved and read back: 2 keys added, 1 changed.",
      details: ["+ city: varchar", "+ batch: number", "• weather: enum of 5 → enum of 6"],
    };
  if (state === "migration") traits.migration = MIGRATION;
  if (state === "retire")
    traits.migration = {
      ...MIGRATION,
      title: "Rename lux to illuminance",
      retires: "lux",
      review: {
        edits: 0,
        items: 0,
        moves: [],
        more: 0,
        left: [{ value: "n/a", reason: "expected a number, got 'n/a'.", count: 2 }],
      },
    };
  if (state === "running")
    traits.migration = {
      ...MIGRATION,
      running: true,
      progress: { text: "Writing", done: 20, total: 48 },
    };
  const model = new FakeModel(traits);
  model.handler = (method, params) => {
    const p = params as { key?: string; format?: string };
    if (method === "check")
      return {
        result: {
          rules: [
            p.key === "weather"
              ? { ok: false, text: "weather is in the schema already." }
              : { ok: true, text: "Letters, digits, spaces, '-', '_' and '.'; not starting with '$'." },
          ],
        },
      };
    if (method === "export")
      return {
        result: {
          text:
            p.format === "yaml"
              ? "weather:\n  ty: enum\n  values: [clear, fog]\n"
              : '{\n  "weather": {"ty": "enum", "values": ["clear", "fog"]}\n}\n',
        },
      };
    return { result: {} };
  };
  return model;
}
