// The state of one view of the commit panel: what it asked for, what is being typed, which edits are in view.
import type { AnyModel } from "@anywidget/types";
import { isClosed, messageOf, type RequestClient } from "../shared/client";
import type { Context } from "../shared/mount";
import type { CommitSummary, Progress } from "./commit";
import { agrees } from "./destroy";
import type { LeftOver, Review } from "./left_over";

type Method = "commit" | "cancel" | "restore" | "discard" | "resume";

export class CommitController {
  readonly model: AnyModel;
  readonly client: RequestClient;
  asked: Method | null = null;
  notice: string | null = null;
  policy = "report";
  /** What is typed into the question about destroyed values; null while it is not asked. */
  typed: string | null = null;
  discarding: string | null = null;
  readonly reviews = new Map<string, Review | null>();
  readonly #redraw: () => void;
  readonly #page: Document;

  constructor({ model, client, root, redraw }: Context) {
    this.model = model;
    this.client = client;
    this.#redraw = redraw;
    this.#page = root.ownerDocument;
    this.#page.addEventListener("visibilitychange", this.#look);
    this.#look();
  }

  close(): void {
    this.#page.removeEventListener("visibilitychange", this.#look);
  }

  /** Other kernels tell nobody what they do: look when the page is opened, or comes back into view. */
  readonly #look = (): void => {
    if (!this.#page.hidden) void this.client.request("look").catch(() => undefined);
  };

  get #summary(): CommitSummary | null {
    return this.model.get("summary") as CommitSummary | null;
  }

  changed(): void {
    const progress = this.model.get("progress") as Progress | null;
    if (!progress?.running && this.asked === "cancel") this.asked = null;
    if (!this.#summary?.destroyed || progress?.running) this.typed = null;
    const here = new Set(
      ((this.model.get("left_over") as LeftOver[] | null) ?? []).map((left) => left.session),
    );
    for (const session of this.reviews.keys()) if (!here.has(session)) this.reviews.delete(session);
    if (this.discarding && !here.has(this.discarding)) this.discarding = null;
  }

  async run(method: Method, params: object = {}): Promise<void> {
    this.asked = method;
    this.notice = null;
    this.#redraw();
    try {
      await this.client.request(method, params);
    } catch (error) {
      if (!isClosed(error)) this.notice = messageOf(error);
    } finally {
      if (this.asked === method && (method !== "cancel" || this.notice)) this.asked = null;
      this.#redraw();
    }
  }

  readonly commit = (): void => {
    if (this.#summary?.destroyed) this.type("");
    else void this.run("commit", { on_conflict: this.policy });
  };

  readonly destroy = (): void => {
    const destroyed = this.#summary?.destroyed ?? 0;
    if (this.typed === null || !agrees(this.typed, destroyed)) return;
    this.typed = null;
    void this.run("commit", { on_conflict: this.policy, destroy: destroyed });
  };

  readonly type = (text: string | null): void => {
    this.typed = text;
    this.#redraw();
  };

  readonly choose = (policy: string): void => {
    this.policy = policy;
    this.#redraw();
  };

  readonly dismiss = (): void => {
    this.notice = null;
    this.#redraw();
  };

  readonly send = (method: "restore" | "discard" | "resume", session: string): void => {
    this.discarding = null;
    void this.run(method, method === "resume" ? {} : { session });
  };

  readonly ask = (session: string | null): void => {
    this.discarding = session;
    this.#redraw();
  };

  /** Shows the edits of a session, or puts them away. */
  readonly review = async (session: string): Promise<void> => {
    if (this.reviews.delete(session)) return this.#redraw();
    this.reviews.set(session, null);
    this.#redraw();
    try {
      const { result } = await this.client.request<Review>("review", { session });
      if (this.reviews.has(session)) this.reviews.set(session, result);
    } catch (error) {
      if (isClosed(error)) return;
      this.reviews.delete(session);
      this.notice = messageOf(error);
    }
    this.#redraw();
  };
}
