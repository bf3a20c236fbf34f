// Stands in for the Python side of the inspector.
import type { Block, Group, InspectorView, MetadataRow } from "../src/inspector/traits";
import type { Cell } from "../src/shared/cells";
import { FakeModel } from "./fake_python";

const row = (key: string, cell: Cell, held: string, type: string, more: object = {}): MetadataRow => ({
  key,
  cell,
  count: 0,
  nested: false,
  norm: null,
  held,
  type,
  type_label: type,
  options: [],
  state: "",
  note: "",
  before: null,
  ...more,
});

const WEATHERS = ["clear", "cloudy", "fog", "rain", "snow"];
export const ROWS: MetadataRow[] = [
  row("weather", "fog", "text", "enum", {
    type_label: "enum of 5",
    options: WEATHERS,
    state: "staged",
    before: ["rain"],
  }),
  row("lux", "100", "text", "number", {
    state: "invalid",
    note: "expected a number, got '100' (text).",
  }),
  row("reviewed", true, "boolean", "boolean"),
  row("notes", ["t", "Cyclist at the crossing, hidden behind the van", 900], "text", "text"),
  row("where", ["j", '{"latitude":59.91,"longitude":10.75}', 36], "object", "geospatial", {
    nested: true,
    count: 2,
  }),
  row("clip", ["j", "[0.12,-0.5,0.33]", 16], "list", "embedding", {
    nested: true,
    count: 3,
    norm: 0.6107,
    type_label: "embedding (3)",
  }),
  row("legacy score", ["n", "0.75"], "number", "number", { type_label: "number, not in the schema" }),
  row("<b>x</b>", "<img src=x onerror=alert(1)>", "text", "text", { type_label: "text, not in the schema" }),
  row("$encord", ["j", '{"config":{}}', 13], "object", "object", {
    nested: true,
    count: 2,
    type_label: "object, not in the schema",
  }),
];

const VIEW: InspectorView = {
  item: "8ad58157-ca74-4ae4-8f37-a0193430bcac",
  title: "Street scenes",
  loading: false,
  name: "street_000008.webm",
  item_type: "video",
  fields: [
    { name: "mime_type", cell: "video/webm" },
    { name: "fps", cell: ["n", "10.0"] },
  ],
  kind: "image",
  note: "",
  fps: 10,
  frames: 20,
  staged: 1,
  can_undo: true,
  can_redo: false,
  apart: false,
  addable: [{ key: "city", type: "varchar", type_label: "varchar", options: [] }],
  position: 7,
  total: 60,
  following: true,
};

const BLOCK: Block = {
  present: true,
  sampling_rate: ["n", "0"],
  keyframe_mode: "frame",
  mode: "frame",
  meaning: "Index takes the first frame and the key frames only.",
  frames: [
    { label: "0", seconds: 0, keys: 0, embeddings: [] },
    { label: "15", seconds: 1.5, keys: 2, embeddings: [["clip", 512]] },
  ],
  more: 0,
  problems: [],
  unknown: [],
  open: null,
  deprecated: null,
};

const GROUP: Group = {
  item: "group-1",
  name: "street_000014_group",
  opened: true,
  error: "",
  current: null,
  frames: [1, 2, 3, 4, 5].map((at) => ({
    item: `frame-${at}`,
    name: `street_000014_frame_${at}.jpg`,
    image: true,
    staged: at === 2 ? 1 : 0,
  })),
  more: 0,
  staged: 1,
  outcome: null,
};

const SVG = `<svg xmlns="http://www.w3.org/2000/svg"/>`;
// A picture of 4 by 3 px.
const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAQAAAADCAIAAAA7ljmRAAAAFElEQVR4nGNkYPjPAANMcBY6BwAjwgEFMFJrPwAAAABJRU5ErkJggg==";
const png = (): Uint8Array => Uint8Array.from(atob(PNG), (one) => one.charCodeAt(0));

export function inspectorModel(state = "image"): FakeModel {
  const traits: Record<string, unknown> = {
    view: { ...VIEW, kind: "image", item_type: "image", name: "street_000001.jpg" },
    metadata: ROWS,
    encord: null,
    group: null,
    error: null,
  };
  const deprecated = {
    key: "keyframes",
    cell: ["j", "[0,120,240]", 11] as Cell,
    text: "keyframes is Encord's older way to list frames of interest; $encord.frames replaces it.",
    reason: "",
  };
  if (state === "empty") traits.view = { item: null, loading: false, title: "Street scenes" };
  if (["video", "wrong"].includes(state)) {
    traits.view = { ...VIEW, kind: "video" };
    traits.encord = {
      ...BLOCK,
      open: {
        ...BLOCK.frames[1],
        rows: ROWS.slice(0, 1).map((one) => ({ ...one, state: "", before: null })),
        addable: VIEW.addable,
      },
    };
  }
  if (state === "wrong")
    traits.encord = {
      ...BLOCK,
      sampling_rate: "often",
      problems: [
        {
          path: "$encord.config.sampling_rate",
          reason: "expected a number of samples per second, got 'often'.",
        },
      ],
      unknown: ["$encord.later"],
      deprecated,
    };
  if (["group", "reading", "failed"].includes(state)) {
    traits.view = { ...VIEW, item: GROUP.item, kind: "group", item_type: "imageGroup", name: GROUP.name };
    traits.group = GROUP;
  }
  if (state === "reading") traits.group = { ...GROUP, opened: false, frames: [], staged: 0 };
  if (state === "failed")
    traits.group = { ...GROUP, opened: false, frames: [], staged: 0, error: "The server did not answer." };
  if (state === "text") traits.view = { ...VIEW, kind: "text", item_type: "plainText", name: "log.txt" };
  if (state === "none")
    traits.view = { ...VIEW, kind: "none", note: "Items of type pdf are not shown here; open it in Encord." };
  const model = new FakeModel(traits);
  model.handler = (method, params) => {
    const p = params as { path?: string[]; way?: string; start?: number };
    if (method === "media") {
      if (state === "text")
        return { result: { text: `Drive log\n${"waypoint 017\n".repeat(40)}`, note: "" } };
      if (state === "address") return { result: { address: `https://media.example/${p.way}?sig=1` } };
      if (state === "page")
        return { result: { mime: "text/html" }, buffers: [new TextEncoder().encode(SVG)] };
      return { result: { mime: "image/png" }, buffers: [png()] };
    }
    if (method === "thumbnails") {
      const { items } = params as { items: string[] };
      return { result: { pictures: items.map(() => "image/png"), why: [] }, buffers: items.map(() => png()) };
    }
    if (method === "value") return { result: { json: '"x"', text: "the whole text" } };
    if (method === "branches" && p.start)
      return {
        result: { branches: [row("third", "x", "text", "text"), row("fourth", 0, "null", "null")], more: 0 },
      };
    if (method === "branches")
      return {
        result: {
          branches: [
            row("latitude", ["n", "59.91"], "number", "number"),
            row("inner", ["j", '{"a":1}', 7], "object", "object", { nested: true, count: 1 }),
          ],
          more: 2,
        },
      };
    if (method === "edit" && (params as { text: string }).text === "bad")
      throw new Error("Expected a number, got 'bad'.");
    return { result: {} };
  };
  return model;
}
