// The rows that are here: blocks of 100 rows by 32 columns, asked for on demand, one request at a time.
import type { Cell, CellState } from "../shared/cells";
import { isClosed, messageOf, type RequestClient } from "../shared/client";
import { inflate } from "../shared/unpack";
import type { Range } from "./geometry";

export const BLOCK_ROWS = 100;
export const BLOCK_COLUMNS = 32;
const KEEP = 96;

interface WireRow {
  u: string;
  c: Cell[];
  s?: Record<string, CellState>;
}

interface Block {
  generation: number;
  rows: WireRow[];
}

export interface Found {
  item: string;
  cell: Cell;
  state: CellState | undefined;
  /** True when Python has something newer and this is only shown until it arrives. */
  stale: boolean;
}

interface RowsResult {
  generation: number;
}

interface Address {
  row: number;
  column: number;
}

interface Need {
  addresses: Address[];
  done(): void;
  fail(error: unknown): void;
}

export class Blocks {
  generation = 0;
  failure: string | null = null;
  readonly #blocks = new Map<string, Block>();
  #rowCount = 0;
  #columnCount = 0;
  #epoch = 0;
  #rows: Range = { from: 0, to: 0 };
  #columns: number[] = [];
  #direction = 1;
  #busy = false;
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  readonly #needs: Need[] = [];

  readonly #client: RequestClient;
  readonly #onChange: () => void;
  readonly #onFresh: () => void;

  constructor(
    client: RequestClient,
    onChange: () => void,
    /** Called when all that is on screen is of the current generation. */
    onFresh: () => void,
  ) {
    this.#client = client;
    this.#onChange = onChange;
    this.#onFresh = onFresh;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
  }

  /** The traits as they are now. `reset` when the columns themselves changed. */
  configure(generation: number, rowCount: number, columnCount: number, reset: boolean): void {
    if (reset) {
      this.#blocks.clear();
      this.#epoch++;
    }
    this.#rowCount = rowCount;
    this.#columnCount = columnCount;
    this.advance(generation);
    this.#pump();
  }

  /** A newer generation: what is on screen stays until it is replaced, everything else goes. */
  advance(generation: number): void {
    if (generation <= this.generation) return;
    this.generation = generation;
    const first = Math.floor(this.#rows.from / BLOCK_ROWS);
    const last = Math.floor(Math.max(this.#rows.from, this.#rows.to - 1) / BLOCK_ROWS);
    for (const key of [...this.#blocks.keys()]) {
      const row = Number.parseInt(key, 10);
      if (row < first || row > last) this.#blocks.delete(key);
    }
    this.failure = null;
  }

  /** What is on screen: rows, and the indices of the columns. */
  look(rows: Range, columns: number[]): void {
    if (rows.from !== this.#rows.from) this.#direction = rows.from < this.#rows.from ? -1 : 1;
    this.#rows = rows;
    this.#columns = columns;
    this.#pump();
  }

  find(row: number, column: number): Found | undefined {
    const block = this.#blocks.get(keyOf(row, column));
    const found = block?.rows[row % BLOCK_ROWS];
    if (!block || !found || row >= this.#rowCount) return undefined;
    const at = column % BLOCK_COLUMNS;
    const cell = found.c[at];
    if (cell === undefined) return undefined;
    return { item: found.u, cell, state: found.s?.[at], stale: block.generation !== this.generation };
  }

  item(row: number): string | undefined {
    const at = Math.floor(row / BLOCK_ROWS);
    for (const [key, block] of this.#blocks) {
      if (Number.parseInt(key, 10) === at)
        return row < this.#rowCount ? block.rows[row % BLOCK_ROWS]?.u : undefined;
    }
    return undefined;
  }

  /** The view row of an item among the rows that are here. */
  rowOf(item: string): number | undefined {
    for (const [key, block] of this.#blocks) {
      const at = block.rows.findIndex((row) => row.u === item);
      if (at >= 0 && block.generation === this.generation) return Number.parseInt(key, 10) * BLOCK_ROWS + at;
    }
    return undefined;
  }

  /** The view rows of all items that are here. */
  rowsByItem(): Map<string, number> {
    const rows = new Map<string, number>();
    for (const [key, block] of this.#blocks) {
      const first = Number.parseInt(key, 10) * BLOCK_ROWS;
      block.rows.forEach((row, at) => {
        rows.set(row.u, first + at);
      });
    }
    return rows;
  }

  get fresh(): boolean {
    return this.#missing(this.#visible()) === undefined;
  }

  /** Resolves when all these rows are here in the current generation, for work on a selection. */
  ensure(rows: Range, columns: number[]): Promise<void> {
    const addresses = grid({ from: rows.from, to: Math.min(rows.to, this.#rowCount) }, columns);
    if (this.#missing(addresses) === undefined) return Promise.resolve();
    return new Promise((done, fail) => {
      this.#needs.push({ addresses, done, fail });
      this.#pump();
    });
  }

  #visible(): Address[] {
    return grid({ from: this.#rows.from, to: Math.min(this.#rows.to, this.#rowCount) }, this.#columns);
  }

  #missing(addresses: Address[]): Address | undefined {
    return addresses.find(
      ({ row, column }) => this.#blocks.get(`${row}:${column}`)?.generation !== this.generation,
    );
  }

  #next(): Address | undefined {
    const visible = this.#missing(this.#visible());
    if (visible) return visible;
    while (this.#needs.length > 0) {
      const need = this.#needs[0] as Need;
      const missing = this.#missing(need.addresses);
      if (missing) return missing;
      this.#needs.shift();
      need.done();
    }
    // Prefetch half a block ahead in the direction of scrolling.
    const ahead = this.#direction > 0 ? this.#rows.to + BLOCK_ROWS / 2 : this.#rows.from - BLOCK_ROWS / 2;
    if (ahead < 0 || ahead >= this.#rowCount) return undefined;
    return this.#missing(grid({ from: ahead, to: ahead + 1 }, this.#columns));
  }

  #pump(): void {
    if (this.#busy || this.#closed || this.failure !== null || this.#rowCount === 0) return;
    const address = this.#next();
    if (address) void this.#load(address, this.#isMissing({ ...address, row: address.row + 1 }));
  }

  /** Whether this block is wanted on screen and not here. */
  #isMissing(block: Address): boolean {
    return (
      this.#missing(this.#visible().filter((one) => one.row === block.row && one.column === block.column)) !==
      undefined
    );
  }

  /** Reads a block, and with `two` the one below it in the same message. */
  async #load({ row, column }: Address, two: boolean): Promise<void> {
    this.#busy = true;
    const epoch = this.#epoch;
    const asked = this.generation;
    const start = row * BLOCK_ROWS;
    const from = column * BLOCK_COLUMNS;
    try {
      const { result, buffers } = await this.#client.request<RowsResult>("rows", {
        start,
        count: Math.min(two ? 2 * BLOCK_ROWS : BLOCK_ROWS, this.#rowCount - start),
        columns: [from, Math.min(from + BLOCK_COLUMNS, this.#columnCount)],
        generation: asked,
      });
      this.#failures = 0;
      if (this.#closed || epoch !== this.#epoch) return;
      this.advance(result.generation);
      if (result.generation === this.generation) {
        const rows = JSON.parse(await inflate(buffers[0] ?? new Uint8Array())) as WireRow[];
        if (this.#closed || epoch !== this.#epoch) return;
        for (let at = 0; at === 0 || at * BLOCK_ROWS < rows.length; at++) {
          const part = rows.slice(at * BLOCK_ROWS, (at + 1) * BLOCK_ROWS);
          this.#blocks.set(`${row + at}:${column}`, { generation: result.generation, rows: part });
        }
        this.#trim();
      } else await new Promise((resolve) => setTimeout(resolve, 30));
    } catch (error) {
      if (isClosed(error) || this.#closed) return;
      this.#fail(error);
    } finally {
      this.#busy = false;
      if (!this.#closed) {
        if (this.fresh) this.#onFresh();
        this.#onChange();
        this.#pump();
      }
    }
  }

  #fail(error: unknown): void {
    this.failure = `The rows could not be read: ${messageOf(error)}`;
    for (const need of this.#needs.splice(0)) need.fail(error);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.tryAgain(), Math.min(30_000, 2_000 * 2 ** this.#failures++));
  }

  tryAgain(): void {
    clearTimeout(this.#retry);
    this.failure = null;
    this.#onChange();
    this.#pump();
  }

  /** Keeps the blocks nearest to the screen, and those somebody waits for. */
  #trim(): void {
    if (this.#blocks.size <= KEEP) return;
    const needed = new Set(
      this.#needs.flatMap((need) => need.addresses.map(({ row, column }) => `${row}:${column}`)),
    );
    const middle = Math.floor((this.#rows.from + this.#rows.to) / 2 / BLOCK_ROWS);
    const far = [...this.#blocks.keys()]
      .filter((key) => !needed.has(key))
      .sort((a, b) => Math.abs(Number.parseInt(b, 10) - middle) - Math.abs(Number.parseInt(a, 10) - middle));
    for (const key of far.slice(0, Math.max(0, this.#blocks.size - KEEP))) this.#blocks.delete(key);
  }
}

function keyOf(row: number, column: number): string {
  return `${Math.floor(row / BLOCK_ROWS)}:${Math.floor(column / BLOCK_COLUMNS)}`;
}

/** The blocks that cover a range of rows and some columns. */
function grid(rows: Range, columns: number[]): Address[] {
  if (rows.to <= rows.from) return [];
  const wide = [...new Set(columns.map((column) => Math.floor(column / BLOCK_COLUMNS)))];
  if (wide.length === 0) wide.push(0);
  const addresses: Address[] = [];
  for (let row = Math.floor(rows.from / BLOCK_ROWS); row <= Math.floor((rows.to - 1) / BLOCK_ROWS); row++) {
    for (const column of wide) addresses.push({ row, column });
  }
  return addresses;
}
