// The state of one view of the inspector: what is unfolded, what is being edited, what was asked for.
import type { AnyModel } from "@anywidget/types";
import { Thumbs } from "../item_grid/thumbs";
import type { Cell } from "../shared/cells";
import { isClosed, messageOf, type RequestClient } from "../shared/client";
import type { Context } from "../shared/mount";
import { MediaLoader } from "./media";
import type { Block, Branch, Group, InspectorView, MetadataRow } from "./traits";

export interface Branches {
  branches: Branch[];
  more: number;
}

/** What is being edited: a metadata key, or a key of a frame. */
export interface Editing {
  /** Label of the frame; null for the item's own metadata. */
  label: string | null;
  branch: Branch;
  /** Text to start with. */
  text: string;
  failure: string | null;
}

export type Action = "text" | "json" | "null" | "unset";

export class InspectorController {
  readonly model: AnyModel;
  readonly client: RequestClient;
  readonly redraw: () => void;
  readonly media: MediaLoader;
  readonly thumbs: Thumbs;
  notice: string | null = null;
  editing: Editing | null = null;
  /** Paths that are unfolded, with what is there; null while it is asked for. */
  readonly unfolded = new Map<string, Branches | null>();
  /** What is in the editor right now. */
  typed: (() => string) | null = null;
  video: HTMLVideoElement | null = null;
  /** Where a video stood when its address expired. */
  resumeAt = 0;
  #group: string | null = null;
  #item: string | null = null;

  constructor({ model, client, redraw }: Context) {
    this.model = model;
    this.client = client;
    this.redraw = redraw;
    this.media = new MediaLoader(client, redraw);
    this.thumbs = new Thumbs(client, redraw);
    this.#follow();
  }

  get view(): InspectorView {
    return this.model.get("view") as InspectorView;
  }
  get metadata(): MetadataRow[] {
    return this.model.get("metadata") as MetadataRow[];
  }
  get block(): Block | null {
    return this.model.get("encord") as Block | null;
  }
  get group(): Group | null {
    return this.model.get("group") as Group | null;
  }

  changed(trait: string): void {
    if (trait === "metadata" || trait === "encord") this.#readAgain();
    if (trait === "view" || trait === "group") this.#follow();
  }

  close(): void {
    this.media.close();
    this.thumbs.close();
  }

  #follow(): void {
    const { view, group } = this;
    if (view.item !== this.#item) {
      this.#item = view.item;
      this.unfolded.clear();
      this.notice = this.#leftUnstaged();
      this.editing = null;
    }
    const alone = view.item === null || view.kind === "group";
    this.media.look(alone ? null : view.item, alone ? "" : view.note);
    if (group && !group.opened && !group.error && group.item !== this.#group) this.openFrames(group.item);
    this.#group = group?.item ?? null;
    if (group) this.thumbs.look(group.frames.filter((frame) => frame.image).map((frame) => frame.item));
  }

  /** What was typed and not staged when another item came into view: it is not lost without a word. */
  #leftUnstaged(): string | null {
    const { editing, typed } = this;
    const text = editing && typed ? typed() : null;
    if (!editing || text === null || text === editing.text) return null;
    return `Another item came into view before ${editing.branch.key} was staged. What was typed: ${text}`;
  }

  readonly openFrames = (group: string): void => {
    void this.ask("open_frames", { group });
  };

  /** Asks Python for something; a refusal is shown. The answer, or null when it was refused. */
  async ask<T = object>(method: string, params: object = {}): Promise<T | null> {
    this.notice = null;
    try {
      return (await this.client.request<T>(method, params)).result;
    } catch (error) {
      if (!isClosed(error)) this.notice = messageOf(error);
      return null;
    } finally {
      this.redraw();
    }
  }

  /** A request about the item on screen. */
  readonly about = <T = object>(method: string, params: object = {}): Promise<T | null> =>
    this.ask<T>(method, { item: this.view.item, ...params });

  readonly dismiss = (): void => {
    this.notice = null;
    this.redraw();
  };

  // --- the tree ------------------------------------------------------------------------------------------------

  readonly fold = (path: string[]): void => {
    const name = JSON.stringify(path);
    if (!this.unfolded.delete(name)) {
      this.unfolded.set(name, null);
      void this.#read(path);
    }
    this.redraw();
  };

  async #read(path: string[]): Promise<void> {
    const name = JSON.stringify(path);
    const { item } = this.view;
    const found = await this.about<Branches>("branches", { path, start: 0 });
    if (!this.unfolded.has(name) || item !== this.view.item) return;
    if (found) this.unfolded.set(name, found);
    else this.unfolded.delete(name);
    this.redraw();
  }

  readonly readMore = async (path: string[]): Promise<void> => {
    const name = JSON.stringify(path);
    const first = this.unfolded.get(name);
    if (!first) return;
    const next = await this.about<Branches>("branches", { path, start: first.branches.length });
    if (!next || this.unfolded.get(name) !== first) return;
    this.unfolded.set(name, { branches: [...first.branches, ...next.branches], more: next.more });
    this.redraw();
  };

  #readAgain(): void {
    for (const name of this.unfolded.keys()) void this.#read(JSON.parse(name) as string[]);
  }

  // --- editing -------------------------------------------------------------------------------------------------

  readonly edit = async (branch: Branch, label: string | null, text: string | null): Promise<void> => {
    let start = text;
    if (start === null) {
      const path = label === null ? [branch.key] : ["$encord", "frames", label, branch.key];
      const whole = await this.about<{ json: string | null; text: string | null }>("value", { path });
      if (!whole) return;
      start = whole.text ?? whole.json ?? "";
    }
    this.editing = { label, branch, text: start, failure: null };
    this.redraw();
  };

  readonly stop = (): void => {
    this.editing = null;
    this.redraw();
  };

  /** Stages what was typed; a refusal stays beside the field. */
  readonly stage = async (action: Action, text = ""): Promise<void> => {
    const { editing } = this;
    if (!editing) return;
    const { label, branch } = editing;
    const before: Cell = branch.cell;
    const edit = { item: this.view.item, key: branch.key, action, text, before };
    try {
      if (label === null) await this.client.request("edit", edit);
      else await this.client.request("edit_frame", { ...edit, label });
      if (this.editing === editing) this.editing = null;
    } catch (error) {
      if (isClosed(error)) return;
      if (this.editing === editing) this.editing = { ...editing, text, failure: messageOf(error) };
      else this.notice = messageOf(error);
    }
    this.redraw();
  };

  // --- the video -----------------------------------------------------------------------------------------------

  /** Opens a frame's values and goes there in the video. */
  readonly openFrame = (label: string, seconds: number | null): void => {
    const { video, block } = this;
    if (video && seconds !== null) {
      video.pause();
      video.currentTime = seconds;
    }
    void this.about("open_label", { label: block?.open?.label === label ? null : label });
  };
}
