// jsdom has no addresses for blobs: code in one gets an address that holds it whole.
import { readFile } from "node:fs/promises";
import { FakeGrid } from "../dev/fake_python";

globalThis.Blob = class extends Blob {
  constructor(parts, options) {
    super(parts, options);
    this.code = String(parts?.[0]);
  }
};
URL.createObjectURL = (blob) => `data:text/javascript,${encodeURIComponent(blob.code)}`;
URL.revokeObjectURL = () => undefined;

FakeGrid.more = async () => {
  const files = ["css", "js"].map((ext) => readFile(`../static/item_grid_more.${ext}`, "utf-8"));
  return (await Promise.all(files)).join("\0");
};
