// The part of the grid that is fetched when the grid is first touched: its dialogs.
import type { JSX } from "preact";
import type { RequestClient } from "../shared/client";
import { inflate, moduleOf } from "../shared/unpack";
import type { Controller } from "./controller";
import * as lent from "./lent";

export interface More {
  Dialogs(props: { controller: Controller }): JSX.Element | null;
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
  const text = await inflate(buffers[0] ?? new Uint8Array());
  const { default: make } = await moduleOf<{
    default: (lend: () => typeof lent, made: { exports: More }) => void;
  }>(text);
  const made = { exports: {} as More };
  make(() => lent, made);
  here = made.exports;
}
