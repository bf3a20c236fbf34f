// The state of one view of the schema editor: what is open, what is being typed, what was asked for.
import type { AnyModel } from "@anywidget/types";
import { isClosed, messageOf, type RequestClient } from "../shared/client";
import type { Context } from "../shared/mount";
import { agrees, type KeyRow, type Migration, optionsOf, rowsOf, type Summary, summaryOf } from "./traits";

export interface Draft {
  key: string;
  kind: string;
  options: string;
  size: string;
}

export interface Rule {
  ok: boolean;
  text: string;
}

export interface Exported {
  format: "json" | "yaml";
  text: string;
}

const EMPTY: Draft = { key: "", kind: "varchar", options: "", size: "512" };
const CHECK_AFTER_MS = 120;

export class SchemaController {
  readonly model: AnyModel;
  readonly client: RequestClient;
  readonly redraw: () => void;
  search = "";
  /** Key whose actions are in view. */
  opened: string | null = null;
  /** Key that is about to be deleted for good, and what was typed. */
  ending: { key: string; typed: string } | null = null;
  draft: Draft | null = null;
  rules: Rule[] = [];
  /** The draft that the rules speak of; what is typed since is not refused for them. */
  #ruled: Draft | null = null;
  /** What was typed into the question about deleted keys; null while it is not asked. */
  typed: string | null = null;
  /** What was typed to let a migration delete the old key; null while it is not asked. */
  retiring: string | null = null;
  exported: Exported | null = null;
  copied = false;
  asked: string | null = null;
  notice: string | null = null;
  /** What was typed into the forms of the opened key, by field. */
  fields: Record<string, string> = {};
  readonly chosen = new Set<string>();
  #checking: ReturnType<typeof setTimeout> | undefined;
  #checks = 0;

  constructor({ model, client, redraw }: Context) {
    this.model = model;
    this.client = client;
    this.redraw = redraw;
  }

  get summary(): Summary {
    return summaryOf(this.model);
  }
  get refused(): boolean {
    return this.draft === this.#ruled && this.rules.some((rule) => !rule.ok);
  }
  get rows(): KeyRow[] {
    return rowsOf(this.model);
  }

  close(): void {
    clearTimeout(this.#checking);
  }

  changed(): void {
    if (!(this.model.get("migration") as Migration | null)?.retires) this.retiring = null;
    const { deletes, saving } = this.summary;
    if (deletes.length === 0 || saving) this.typed = null;
    const row = this.rows.find((one) => one.key === this.opened);
    if (!row) this.opened = null;
    if (this.ending && this.ending.key !== this.opened) this.ending = null;
    for (const option of this.chosen) if (!row?.options.includes(option)) this.chosen.delete(option);
    if (this.draft) this.check();
  }

  /** Asks Python for something; a refusal is shown. True when it was done. */
  async ask<T = object>(method: string, params: object = {}): Promise<T | null> {
    this.asked = method;
    this.notice = null;
    this.redraw();
    try {
      return (await this.client.request<T>(method, params)).result;
    } catch (error) {
      if (!isClosed(error)) this.notice = messageOf(error);
      return null;
    } finally {
      if (this.asked === method) this.asked = null;
      this.redraw();
    }
  }

  readonly dismiss = (): void => {
    this.notice = null;
    this.redraw();
  };

  readonly find = (text: string): void => {
    this.search = text;
    this.redraw();
  };

  readonly open = (key: string): void => {
    this.opened = this.opened === key ? null : key;
    this.fields = {};
    this.chosen.clear();
    this.ending = null;
    this.redraw();
  };

  readonly field = (name: string, text: string): void => {
    this.fields = { ...this.fields, [name]: text };
    this.redraw();
  };

  readonly choose = (option: string): void => {
    if (!this.chosen.delete(option)) this.chosen.add(option);
    this.redraw();
  };

  /** A migration was just planned: it comes into view when it is there. */
  #planned = false;

  readonly showPlanned = (section: HTMLElement | null): void => {
    if (!section || !this.#planned) return;
    this.#planned = false;
    section.focus();
  };

  /** Does something to the opened key; its form is emptied when that worked. */
  readonly act = async (method: string, key: string, params: object = {}): Promise<void> => {
    this.#planned = /^(rename|merge|change)_/.test(method);
    const { fields } = this;
    if ((await this.ask(method, { key, ...params })) === null) {
      this.#planned = false;
      return;
    }
    // Somebody quick is at another key, or typing something else, by now.
    if (this.fields === fields) this.fields = {};
    if (this.opened === key) this.chosen.clear();
    if (this.ending?.key === key) this.ending = null;
    this.redraw();
  };

  // -- adding a key --------------------------------------------------------------------------------------------

  readonly begin = (draft: Partial<Draft> = {}): void => {
    this.draft = { ...EMPTY, ...draft };
    this.rules = [];
    this.check();
    this.redraw();
  };

  readonly abandon = (): void => {
    clearTimeout(this.#checking);
    this.draft = null;
    this.redraw();
  };

  readonly edit = (part: Partial<Draft>): void => {
    if (!this.draft) return;
    this.draft = { ...this.draft, ...part };
    this.check();
    this.redraw();
  };

  /** The rules live in Python alone: they are asked for a moment after the last letter. */
  check(): void {
    clearTimeout(this.#checking);
    this.#checking = setTimeout(async () => {
      const { draft } = this;
      if (!draft) return;
      const turn = ++this.#checks;
      let rules: Rule[];
      try {
        rules = (await this.client.request<{ rules: Rule[] }>("check", wireOf(draft))).result.rules;
      } catch (error) {
        if (isClosed(error)) return;
        rules = [{ ok: false, text: messageOf(error) }];
      }
      if (turn !== this.#checks) return;
      this.rules = rules;
      this.#ruled = draft;
      this.redraw();
    }, CHECK_AFTER_MS);
  }

  readonly add = async (): Promise<void> => {
    if (!this.draft) return;
    if (await this.ask("add", wireOf(this.draft))) this.abandon();
  };

  // -- saving --------------------------------------------------------------------------------------------------

  readonly save = (): void => {
    if (this.summary.deletes.length > 0) this.type("");
    else void this.ask("save", { deletes: [] });
  };

  readonly confirm = (): void => {
    const { deletes } = this.summary;
    if (this.typed === null || !agrees(this.typed, deletes)) return;
    this.typed = null;
    void this.ask("save", { deletes });
  };

  readonly type = (text: string | null): void => {
    this.typed = text;
    this.redraw();
  };

  // -- migrating -----------------------------------------------------------------------------------------------

  readonly next = (): void => {
    if ((this.model.get("migration") as Migration | null)?.retires) this.typeRetiring("");
    else void this.ask("run_next");
  };

  readonly retire = (typed: string): void => {
    this.retiring = null;
    void this.ask("run_next", { typed });
  };

  readonly typeRetiring = (text: string | null): void => {
    this.retiring = text;
    this.redraw();
  };

  // -- copying -------------------------------------------------------------------------------------------------

  readonly export = async (format: "json" | "yaml"): Promise<void> => {
    const answer = await this.ask<{ text: string }>("export", { format });
    this.copied = false;
    if (answer) this.exported = { format, text: answer.text };
    this.redraw();
  };

  readonly put = (): void => {
    this.exported = null;
    this.redraw();
  };

  readonly copy = async (area: HTMLTextAreaElement | null): Promise<void> => {
    if (!this.exported) return;
    try {
      await navigator.clipboard.writeText(this.exported.text);
      this.copied = true;
    } catch {
      // Without https there is no clipboard to write to: the text is selected, Ctrl+C does it.
      area?.focus();
      area?.select();
    }
    this.redraw();
  };
}

/** A new key as Python reads it. */
export function wireOf({ key, kind, options, size }: Draft): object {
  const number = /^\d+$/.test(size.trim()) ? Number(size) : 0;
  return {
    key,
    kind,
    options: kind === "enum" ? optionsOf(options) : [],
    size: kind === "embedding" ? number : 0,
  };
}
