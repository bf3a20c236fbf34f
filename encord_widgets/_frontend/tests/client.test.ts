import type { AnyModel } from "@anywidget/types";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RequestClient } from "../src/shared/client";

class Wire {
  listener: ((message: unknown, buffers?: unknown[]) => void) | null = null;
  sent: { id: number; method: string; params: unknown }[] = [];
  on = (_: string, listener: (message: unknown) => void): void => {
    this.listener = listener;
  };
  off = (): void => {
    this.listener = null;
  };
  send = (message: { id: number; method: string; params: unknown }): void => {
    this.sent.push(message);
  };
}

describe("requests to Python", () => {
  let wire: Wire;
  let client: RequestClient;
  beforeEach(() => {
    vi.useFakeTimers();
    wire = new Wire();
    client = new RequestClient(wire as unknown as AnyModel);
  });
  afterEach(() => vi.useRealTimers());

  test("an answer goes to its request, with its buffers", async () => {
    const first = client.request("rows");
    const second = client.request("undo");
    const [a, b] = wire.sent;
    wire.listener?.({ type: "reply", id: b?.id, ok: true, result: "second" });
    wire.listener?.({ type: "reply", id: a?.id, ok: true, result: "first" }, [new Uint8Array([7, 8]).buffer]);
    expect((await first).result).toBe("first");
    expect([...((await first).buffers[0] as Uint8Array)]).toEqual([7, 8]);
    expect((await second).result).toBe("second");
  });

  test("a view into a larger buffer is read from where it starts", async () => {
    const answer = client.request("rows");
    const whole = new Uint8Array([0, 1, 2, 3]);
    wire.listener?.({ type: "reply", id: wire.sent[0]?.id, ok: true, result: {} }, [
      new DataView(whole.buffer, 1, 2),
    ]);
    expect([...((await answer).buffers[0] as Uint8Array)]).toEqual([1, 2]);
  });

  test("a refusal carries Python's words", async () => {
    const answer = client.request("edit");
    wire.listener?.({
      type: "reply",
      id: wire.sent[0]?.id,
      ok: false,
      error: { code: "stale", message: "look again" },
    });
    await expect(answer).rejects.toMatchObject({ code: "stale", message: "look again" });
  });

  test("no answer for 30 s is an error, and the late answer is ignored", async () => {
    const answer = client.request("rows");
    const failed = expect(answer).rejects.toThrow(/No answer from Python for 30 s/);
    await vi.advanceTimersByTimeAsync(30_000);
    await failed;
    expect(() => wire.listener?.({ type: "reply", id: wire.sent[0]?.id, ok: true, result: 1 })).not.toThrow();
  });

  test("closing rejects what waits, and leaves no listener and no timer", async () => {
    const answer = client.request("rows");
    const failed = expect(answer).rejects.toMatchObject({ code: "closed" });
    client.close();
    await failed;
    expect(wire.listener).toBeNull();
    expect(vi.getTimerCount()).toBe(0);
    await expect(client.request("rows")).rejects.toMatchObject({ code: "closed" });
  });

  test("two views of one model never share an id", () => {
    const ids = new Set<number>();
    for (let view = 0; view < 20; view++) {
      const other = new Wire();
      const views = new RequestClient(other as unknown as AnyModel);
      for (let i = 0; i < 5; i++) void views.request("rows").catch(() => undefined);
      for (const { id } of other.sent) ids.add(id);
      views.close();
    }
    expect(ids.size).toBe(100);
  });
});
