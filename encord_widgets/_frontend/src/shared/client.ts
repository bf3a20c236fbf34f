// Requests to the Python side over custom messages: ids, time-outs, late answers ignored.
import type { AnyModel } from "@anywidget/types";
import { bytesOf } from "./unpack";

export class RequestError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}
export interface Answer<T> {
  result: T;
  buffers: Uint8Array<ArrayBuffer>[];
}
interface Waiting {
  resolve(answer: Answer<unknown>): void;
  reject(error: RequestError): void;
  timer: ReturnType<typeof setTimeout>;
}
const TIMEOUT_MS = 30_000;
function firstId(): number {
  // Every view of a model, in every browser tab, hears every answer: start each at a random place so ids stay apart.
  return Math.floor(Math.random() * 2 ** 31) * 2 ** 20 + 1;
}
export class RequestClient {
  #nextId = firstId();
  readonly #waiting = new Map<number, Waiting>();
  #closed = false;
  readonly #model: AnyModel;
  readonly #timeoutMs: number;

  constructor(model: AnyModel, timeoutMs: number = TIMEOUT_MS) {
    this.#model = model;
    this.#timeoutMs = timeoutMs;

    model.on("msg:custom", this.#receive);
  }

  /** `buffers` go along as they are; `patience` is for work that takes long, in ms. */
  request<T>(
    method: string,
    params: object = {},
    buffers: ArrayBuffer[] = [],
    patience = this.#timeoutMs,
  ): Promise<Answer<T>> {
    if (this.#closed) return Promise.reject(new RequestError("closed", "This view is closed."));
    const id = this.#nextId++;
    return new Promise<Answer<T>>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        const seconds = Math.round(patience / 1000);
        reject(
          new RequestError(
            "timeout",
            `No answer from Python for ${seconds} s. The kernel may be busy with another cell, or stopped.`,
          ),
        );
      }, patience);
      this.#waiting.set(id, { resolve: resolve as Waiting["resolve"], reject, timer });
      try {
        this.#model.send({ type: "request", id, method, params }, undefined, buffers);
      } catch (error) {
        this.#waiting.delete(id);
        clearTimeout(timer);
        reject(new RequestError("send", `The request could not be sent: ${messageOf(error)}`));
      }
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#model.off("msg:custom", this.#receive);
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new RequestError("closed", "This view is closed."));
    }
    this.#waiting.clear();
  }

  readonly #receive = (message: unknown, buffers?: (DataView | ArrayBuffer)[]): void => {
    const reply = message as {
      type?: string;
      id?: number;
      ok?: boolean;
      result?: unknown;
      error?: { code?: string; message?: string };
    } | null;
    if (reply?.type !== "reply" || typeof reply.id !== "number") return;
    const waiting = this.#waiting.get(reply.id);
    if (!waiting) return;
    this.#waiting.delete(reply.id);
    clearTimeout(waiting.timer);
    if (reply.ok) waiting.resolve({ result: reply.result, buffers: (buffers ?? []).map(bytesOf) });
    else {
      waiting.reject(
        new RequestError(
          reply.error?.code ?? "error",
          reply.error?.message ?? "Python answered with an error without a message.",
        ),
      );
    }
  };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function isClosed(error: unknown): boolean {
  return error instanceof RequestError && error.code === "closed";
}
