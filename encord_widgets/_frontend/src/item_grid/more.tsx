// The part of the grid that is fetched when the grid is first touched: its dialogs, and their style.
import type { JSX } from "preact";
import type { RequestClient } from "../shared/client";
import { inflate, moduleOf } from "../shared/unpack";
import type { Controller } from "./controller";
import * as lent from "./lent";

export interface More {
  css: string;
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
  const [css = "", code = ""] = (await inflate(buffers[0] ?? new Uint8Array())).split("\0");
  const { default: make } = await moduleOf<{
    default: (lend: () => typeof lent, made: { exports: Omit<More, "css"> }) => void;
  }>(code);
  const made = { exports: {} as Omit<More, "css"> };
  make(() => lent, made);
  here = { ...made.exports, css };
}
