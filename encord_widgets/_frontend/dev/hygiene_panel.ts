// Stands in for the Python side of the hygiene panel.
import { FakeModel } from "./fake_python";

export const SUMMARY = {
  generation: 1,
  items: 5_000,
  cells: 242,
  lists: { values: 4, keys: 1, unlisted: 3, unused: 2 },
  stale: false,
  staged: 0,
  can_undo: false,
};

function member(value: unknown, count: number, fits = true): object {
  return { value, count, fits };
}

export const CLUSTERS = [
  {
    key: "weather",
    members: [member("rain", 685), member("Rain", 31, false), member(" rain", 2, false)],
    kept: 0,
    canonical: "rain",
    cells: 33,
    total: 718,
    reasons: ["blanks", "letter case"],
  },
  {
    key: "city",
    members: [member("Oslo", 90), member("oslo", 3)],
    kept: 0,
    canonical: "Oslo",
    cells: 3,
    total: 93,
    reasons: ["letter case"],
  },
  {
    key: "lux",
    members: [member(["n", "100"], 1), member("100", 1, false)],
    kept: 0,
    canonical: ["n", "100"],
    cells: 1,
    total: 2,
    reasons: ["type"],
  },
  {
    key: "captured at",
    members: [member("24/02/2025", 109, false)],
    kept: -1,
    canonical: "2025-02-24",
    cells: 109,
    total: 109,
    reasons: ["form of the date"],
  },
];

const KEYS = [
  {
    members: [member("captured at", 4_900), member("captured_at", 31, false)],
    kept: 0,
    cells: 31,
    total: 4_931,
  },
];

export function hygieneModel(state: string): FakeModel {
  const none = { values: 0, keys: 0, unlisted: 0, unused: 0 };
  const summary =
    state === "tidy"
      ? { ...SUMMARY, cells: 0, lists: none }
      : state === "staged"
        ? { ...SUMMARY, staged: 33, can_undo: true }
        : SUMMARY;
  const by_key = state === "tidy" ? [] : [{ key: "lux", clusters: 96, cells: 101 }];
  const model = new FakeModel({ summary, by_key, error: null });
  model.handler = (method, params) => {
    if (method !== "rows") return { result: {} };
    const { list, start, count } = params as { list: string; start: number; count: number };
    const all: Record<string, object[]> = {
      values: CLUSTERS,
      keys: KEYS,
      unlisted: ["batch", "pipeline", "site"].map((key) => ({ key, count: 834 })),
      unused: ["speed", "gain"].map((key) => ({ key })),
    };
    const rows = (all[list] ?? []).map((row, at) => ({ at, ...row })).slice(start, start + count);
    return { result: { generation: 1, rows } };
  };
  return model;
}
