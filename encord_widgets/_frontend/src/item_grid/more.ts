// The part of the grid that is fetched when the grid is first touched: dialogs with their style, pasting, the
// picker of dates.
import type { RequestClient } from "../shared/client";
import { inflate, moduleOf } from "../shared/unpack";
import * as lent from "./lent";

type Part = typeof import("./part");

export interface More extends Part {
  css: string;
}

// Code and no state: the same for all grids that share this module.
let here: More | null = null;
let coming: Promise<void> | undefined;

/** The code, once it is here. */
export function more(): More | null {
  return here;
}

export function fetchMore(client: RequestClient): Promise<void> {
  coming ??= load(client).catch((error) => {
    coming = undefined;
    throw error;
  });
  return coming;
}

async function load(client: RequestClient): Promise<void> {
  const { buffers } = await client.request("more");
  const [css = "", code = ""] = (await inflate(buffers[0] ?? new Uint8Array())).split("\0");
  const { default: make } = await moduleOf<{
    default: (lend: () => typeof lent, made: { exports: Part }) => void;
  }>(code);
  const made = { exports: {} as Part };
  make(() => lent, made);
  here = { ...made.exports, css };
}
