// Stands in for the Python side of the join panel.
import { FakeModel } from "./fake_python";

export const SUMMARY = {
  generation: 1,
  rows: 5_000,
  matched: 4_950,
  items: 4_310,
  lists: { changes: 8_412, problems: 3, duplicates: 2, ambiguous: 1, unmatched: 41, blank: 2, without: 50 },
  column: "file",
  on: "name",
  left_out: ["width"],
  duplicates: "refuse",
  ambiguous: "refuse",
  problems: "refuse",
  refusals: 6,
  reason: "expected one row for 'street_1.jpg', got 2 rows: 4, 9. Drop all but one.",
  stale: false,
  staged: 0,
  can_undo: false,
};

export const COLUMNS = [
  {
    column: "weather",
    key: "weather",
    type: "enum of 5",
    policy: "overwrite",
    changes: 4_310,
    same: 640,
    kept: 0,
    missing: 0,
    problems: 0,
  },
  {
    column: "Helligkeit",
    key: "lux",
    type: "number",
    policy: "fill",
    changes: 4_102,
    same: 0,
    kept: 845,
    missing: 0,
    problems: 3,
  },
];

function clean(): object {
  const lists = { ...SUMMARY.lists, problems: 0, duplicates: 0, ambiguous: 0 };
  return { ...SUMMARY, lists, refusals: 0, reason: null };
}

export function joinModel(state: string): FakeModel {
  const summary =
    state === "clean"
      ? clean()
      : state === "staged"
        ? { ...clean(), lists: { ...SUMMARY.lists, changes: 0, problems: 0 }, staged: 8_412, can_undo: true }
        : SUMMARY;
  const model = new FakeModel({ summary, columns: COLUMNS, error: null });
  model.handler = (method, params) => {
    if (method !== "rows") return { result: {} };
    const { list, start, count } = params as { list: string; start: number; count: number };
    const total = SUMMARY.lists[list as keyof typeof SUMMARY.lists];
    const rows = Array.from({ length: Math.min(count, total - start) }, (_, i) => ({
      row: String(start + i),
      on: `street_${start + i}.jpg`,
      item: `item-${start + i}`,
      name: `drive_001/street_${start + i}.jpg`,
      items: "277afd0b-92f5-4112-8dac-6e6c8fb3e428, 9bab7a3e-d7e8-4685-880d-1a6552e8f127",
      key: i % 2 ? "lux" : "weather",
      before: i % 2 ? 0 : "rain",
      after: list === "problems" ? "bright" : i % 2 ? ["n", "12.5"] : "fog",
      reason: "expected a number, such as 12 or 0.5, got 'bright'.",
    }));
    return { result: { generation: 1, rows } };
  };
  return model;
}
