// Edits on their way to Python: one message for any number of cells, shown at once, settled by Python's answer.
import { type Cell, sameCell } from "../shared/cells";
import { isClosed, messageOf, type RequestClient } from "../shared/client";

export interface Edit {
  item: string;
  key: string;
  before: Cell;
  action: "text" | "json" | "null" | "unset";
  text: string;
}

export interface EditResult {
  item: string;
  key: string;
  accepted: boolean;
  reason: string | null;
}

interface Pending {
  shown: Cell;
  /** The generation that holds the accepted edit; null while Python has not answered. */
  generation: number | null;
  turn: number;
}

interface EditReply {
  generation: number;
  results: EditResult[];
}

export class Edits {
  readonly #pending = new Map<string, Pending>();
  #tail: Promise<unknown> = Promise.resolve();
  #turn = 0;
  #fresh: (() => void)[] = [];

  readonly #client: RequestClient;
  readonly #onChange: () => void;
  readonly #onGeneration: (generation: number) => void;
  readonly #current: (item: string, key: string) => Cell | undefined;

  constructor(
    client: RequestClient,
    onChange: () => void,
    onGeneration: (generation: number) => void,
    /** The cell as Python last sent it, if it is here and current. */
    current: (item: string, key: string) => Cell | undefined,
  ) {
    this.#client = client;
    this.#onChange = onChange;
    this.#onGeneration = onGeneration;
    this.#current = current;
  }

  shown(item: string, key: string): Cell | undefined {
    return this.#pending.get(`${item}\n${key}`)?.shown;
  }

  /** All that is on screen is of `generation`: what was accepted up to it no longer needs a stand-in. */
  settle(generation: number): void {
    for (const [id, entry] of this.#pending) {
      if (entry.generation !== null && entry.generation <= generation) this.#pending.delete(id);
    }
    for (const wake of this.#fresh.splice(0)) wake();
  }

  submit(edits: Edit[]): Promise<EditResult[]> {
    const turn = ++this.#turn;
    const again = edits.filter((edit) => this.#pending.has(`${edit.item}\n${edit.key}`));
    for (const edit of edits) {
      this.#pending.set(`${edit.item}\n${edit.key}`, { shown: standIn(edit), generation: null, turn });
    }
    this.#onChange();
    const answer = this.#tail.then(() => this.#send(edits, again, turn));
    this.#tail = answer.catch(() => undefined);
    return answer;
  }

  async #send(edits: Edit[], again: Edit[], turn: number): Promise<EditResult[]> {
    for (const edit of again) {
      // A second edit of a cell must name the value that the first one left behind.
      const before = await this.#latest(edit);
      edit.before = before;
    }
    const wanted = edits.filter((edit) => !(again.includes(edit) && sameCell(edit.before, standIn(edit))));
    let results: EditResult[];
    let generation: number | null = null;
    try {
      const { result } = await this.#client.request<EditReply>("edit", { edits: wanted });
      results = result.results;
      generation = result.generation;
    } catch (error) {
      if (isClosed(error)) throw error;
      const reason = `Not staged: ${messageOf(error)}`;
      results = wanted.map(({ item, key }) => ({ item, key, accepted: false, reason }));
    }
    const refused = new Set(results.filter((r) => !r.accepted).map((r) => `${r.item}\n${r.key}`));
    for (const edit of edits) {
      const id = `${edit.item}\n${edit.key}`;
      const entry = this.#pending.get(id);
      if (entry?.turn !== turn) continue;
      if (generation === null || refused.has(id)) this.#pending.delete(id);
      else entry.generation = generation;
    }
    if (generation !== null) this.#onGeneration(generation);
    this.#onChange();
    return results;
  }

  async #latest(edit: Edit): Promise<Cell> {
    const before = this.#current(edit.item, edit.key);
    if (before !== undefined) return before;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([
      new Promise<void>((resolve) => this.#fresh.push(resolve)),
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, 3_000);
      }),
    ]);
    clearTimeout(timer);
    return this.#current(edit.item, edit.key) ?? edit.before;
  }
}

/** What the cell shows until Python answers. */
function standIn(edit: Edit): Cell {
  if (edit.action === "unset") return 0;
  if (edit.action === "null") return null;
  return edit.text;
}
