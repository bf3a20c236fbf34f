// What opens under a column's header: the values that it holds, and which of them the filter lets through.
import { Component, type JSX } from "preact";
import { type Column, count, plural } from "../shared/cells";
import { isClosed, messageOf } from "../shared/client";
import { Dialog } from "../shared/dialog";
import type { Controller } from "./controller";

type Mark = "absent" | "null" | "misfit";

/** Which values pass: any of these. Values are JSON text, so that no digit is lost; bounds are as typed. */
export interface Chosen {
  values: string[];
  low: string | null;
  high: string | null;
  text: string;
  marks: Mark[];
}

/** What Python says of a column, counted over the rows that the rest of the filter leaves. */
export interface ColumnFacts {
  type_label: string;
  range: "number" | "datetime" | null;
  contains: boolean;
  total: number;
  values: { json: string; text: string; count: number }[];
  more: number;
  counts: Record<Mark, number>;
  low: string | null;
  high: string | null;
  chosen: Chosen;
  others: string[];
}

type Change = (now: Chosen) => Partial<Chosen>;

interface State {
  facts: ColumnFacts | null;
  chosen: Chosen;
  problem: string | null;
  busy: boolean;
}

interface Props {
  controller: Controller;
  at: { column: Column; left: number; top: number };
}

const NONE: Chosen = { values: [], low: null, high: null, text: "", marks: [] };
const MARKS: [Mark, string][] = [
  ["absent", "not set"],
  ["null", "null"],
  ["misfit", "does not fit the schema"],
];
const ROOM = 340;

export class ColumnFilter extends Component<Props, State> {
  override state: State = { facts: null, chosen: NONE, problem: null, busy: false };
  #gone = false;
  // Two clicks can come before the next draw: what is chosen is kept here, and shown from the state.
  #chosen = NONE;

  override componentDidMount(): void {
    const { controller, at } = this.props;
    controller.ask<ColumnFacts>("column_facts", { column: at.column.id }).then(
      (facts) => {
        this.#chosen = facts.chosen;
        this.#set({ facts, chosen: facts.chosen });
      },
      (error) => this.#fail(error),
    );
  }

  override componentWillUnmount(): void {
    this.#gone = true;
  }

  #set(part: Partial<State>): void {
    if (!this.#gone) this.setState(part);
  }

  #fail(error: unknown): void {
    if (!isClosed(error)) this.#set({ problem: messageOf(error), busy: false });
  }

  #choose(change: Change): void {
    this.#chosen = { ...this.#chosen, ...change(this.#chosen) };
    this.#set({ chosen: this.#chosen, problem: null });
  }

  #send(chosen: Chosen | null): void {
    const { controller, at } = this.props;
    this.#set({ busy: true, problem: null });
    controller.ask("filter_column", { column: at.column.id, chosen }).then(
      () => controller.show(null),
      (error) => this.#fail(error),
    );
  }

  override render({ controller, at }: Props, { facts, chosen, problem, busy }: State): JSX.Element {
    const { column } = at;
    const view = controller.scroller?.ownerDocument.defaultView;
    const left = Math.max(8, Math.min(at.left, (view?.innerWidth ?? 1e4) - ROOM - 8));
    const room = (view?.innerHeight ?? 1e4) - at.top;
    const top = room < ROOM ? Math.max(8, at.top - ROOM) : at.top + 2;
    return (
      <Dialog
        title={`Filter by ${column.label}`}
        onClose={() => controller.show(null)}
        place={{ left: `${left}px`, top: `${top}px`, width: `${ROOM}px` }}
      >
        <form
          class="ecw-cf"
          onSubmit={(event) => {
            event.preventDefault();
            this.#send(this.#chosen);
          }}
        >
          {facts === null ? (
            !problem && <p class="ecw-soft">Counting…</p>
          ) : (
            <Body facts={facts} chosen={chosen} choose={(change) => this.#choose(change)} />
          )}
          {problem && (
            <p class="ecw-message-bad" role="alert">
              <span class="ecw-sign" aria-hidden="true">
                ⚠
              </span>{" "}
              {problem}
            </p>
          )}
          <div class="ecw-cf-foot">
            <button type="submit" class="ecw-button ecw-primary" disabled={!facts || busy}>
              Apply
            </button>
            <button
              type="button"
              class="ecw-button"
              disabled={!facts || busy || empty(facts.chosen)}
              onClick={() => this.#send(null)}
            >
              Clear this column
            </button>
          </div>
        </form>
      </Dialog>
    );
  }
}

interface BodyProps {
  facts: ColumnFacts;
  chosen: Chosen;
  choose(change: Change): void;
}

function Body({ facts, chosen, choose }: BodyProps): JSX.Element {
  const missing = facts.counts.absent + facts.counts.null;
  const has = facts.total - missing;
  const share = facts.total ? Math.round((missing / facts.total) * 1000) / 10 : 0;
  return (
    <>
      <p class="ecw-soft">
        {facts.type_label} · {count(has)} of {plural(facts.total, "item")} hold a value, {share}% missing
      </p>
      {facts.contains && (
        <label class="ecw-cf-line">
          <span>Contains</span>
          <input
            class="ecw-input"
            value={chosen.text}
            spellcheck={false}
            onInput={(event) => {
              const text = event.currentTarget.value;
              choose(() => ({ text }));
            }}
          />
        </label>
      )}
      {facts.range && (
        <div class="ecw-cf-line">
          <Bound label="From" hint={facts.low} value={chosen.low} put={(low) => choose(() => ({ low }))} />
          <Bound label="To" hint={facts.high} value={chosen.high} put={(high) => choose(() => ({ high }))} />
        </div>
      )}
      <fieldset class="ecw-cf-list">
        <legend class="ecw-sr">Values</legend>
        {facts.values.map(({ json, text, count: n }) => (
          <Choice
            key={json}
            text={text === "" ? '""' : text}
            n={n}
            total={facts.total}
            on={chosen.values.includes(json)}
            turn={(on) => choose((now) => ({ values: toggled(now.values, json, on) }))}
          />
        ))}
        {facts.more > 0 && <p class="ecw-soft">and {plural(facts.more, "more value")}</p>}
        {MARKS.filter(([mark]) => facts.counts[mark] > 0 || chosen.marks.includes(mark)).map(
          ([mark, word]) => (
            <Choice
              key={mark}
              text={word}
              soft
              n={facts.counts[mark]}
              total={facts.total}
              on={chosen.marks.includes(mark)}
              turn={(on) => choose((now) => ({ marks: toggled(now.marks, mark, on) }))}
            />
          ),
        )}
      </fieldset>
      {facts.others.length > 0 && (
        <p class="ecw-soft">
          Also in force on this column, and kept:
          {facts.others.map((text) => (
            <code class="ecw-cf-other" key={text}>
              {text}
            </code>
          ))}
        </p>
      )}
    </>
  );
}

interface BoundProps {
  label: string;
  hint: string | null;
  value: string | null;
  put(value: string | null): void;
}

function Bound({ label, hint, value, put }: BoundProps): JSX.Element {
  return (
    <label>
      <span>{label}</span>
      <input
        class="ecw-input"
        value={value ?? ""}
        placeholder={hint ?? ""}
        spellcheck={false}
        onInput={(event) => put(event.currentTarget.value.trim() || null)}
      />
    </label>
  );
}

interface ChoiceProps {
  text: string;
  n: number;
  total: number;
  on: boolean;
  soft?: boolean;
  turn(on: boolean): void;
}

function Choice({ text, n, total, on, soft, turn }: ChoiceProps): JSX.Element {
  return (
    <label class="ecw-cf-choice">
      <input type="checkbox" checked={on} onChange={(event) => turn(event.currentTarget.checked)} />
      <span class="ecw-ellipsis" title={text}>
        {soft ? <i>{text}</i> : text}
      </span>
      <span class="ecw-cf-count">{count(n)}</span>
      <span class="ecw-cf-bar" aria-hidden="true" style={{ width: `${total ? (n / total) * 100 : 0}%` }} />
    </label>
  );
}

function toggled<T>(all: T[], one: T, on: boolean): T[] {
  const rest = all.filter((other) => other !== one);
  return on ? [...rest, one] : rest;
}

function empty(chosen: Chosen): boolean {
  return JSON.stringify(chosen) === JSON.stringify(NONE);
}
