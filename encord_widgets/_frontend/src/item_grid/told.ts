// Tells Python what is selected, once the user pauses.
import { isClosed, messageOf, type RequestClient, RequestError } from "../shared/client";
import type { Controller } from "./controller";
import { MAX_ROWS } from "./states";

const PAUSE_MS = 200;

export class Told {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last: string | null = null;

  readonly #controller: Controller;
  readonly #client: RequestClient;

  constructor(controller: Controller, client: RequestClient) {
    this.#controller = controller;
    this.#client = client;
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#send(), PAUSE_MS);
  }

  /** Other rows in the same place: once something was selected, Python is told what it is now. */
  again(): void {
    if (this.#last === null) return;
    this.#last = "";
    this.soon();
  }

  async #send(): Promise<void> {
    const controller = this.#controller;
    const { rows } = controller.box();
    if (controller.rows === 0 || controller.active.row < 0) return;
    const place = controller.place(controller.active.at);
    const spots = (): string => JSON.stringify([controller.anchor, controller.active]);
    const asked = spots();
    const { order } = controller.view;
    const many = rows.to - rows.from > MAX_ROWS;
    const needed = many ? { from: controller.active.row, to: controller.active.row + 1 } : rows;
    try {
      await controller.blocks.ensure(needed, [place?.index ?? 0]);
      if (asked !== spots() || order !== controller.view.order) return;
      const items: string[] = [];
      for (let row = needed.from; row < needed.to; row++) {
        const item = controller.blocks.item(row);
        if (item) items.push(item);
      }
      const item = controller.blocks.item(controller.active.row);
      const focus = item && place ? { item, column: place.column.id } : null;
      // Python knows the order: a million rows are two numbers.
      const params = many ? { rows: [rows.from, rows.to], order, focus } : { items, focus };
      const text = JSON.stringify(params);
      if (text === this.#last) return;
      this.#last = text;
      await this.#client.request("select", params);
    } catch (error) {
      // Stale: the new order is on its way, and the selection is told again with it.
      if (isClosed(error) || (error instanceof RequestError && error.code === "stale")) return;
      controller.say(`Python was not told of the selection: ${messageOf(error)}`, true);
    }
  }
}
