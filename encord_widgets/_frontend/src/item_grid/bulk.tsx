// Bulk edits of the selection or of all rows in view: looked at live, counted before they are staged.
import { Component, type ComponentChildren, type JSX } from "preact";
import { type Column, count, plural } from "../shared/cells";
import { isClosed, messageOf } from "../shared/client";
import { Dialog } from "../shared/dialog";
import { Value } from "../shared/value";
import {
  type BulkCell,
  type BulkKey,
  type BulkReport,
  canBeRule,
  type Draft,
  draftOf,
  editOf,
  OPERATIONS,
  type Operation,
} from "./bulk_draft";
import { Fields } from "./bulk_fields";
import { keyName } from "./states";

const PREVIEW_MS = 350;

/** What the dialog is opened from. */
export interface BulkHost {
  view: { order: number; rows: number; filter: unknown; search: string };
  columns: Column[];
  /** The selected rows: how many, and how a request names them. */
  selection(): { count: number; params: object };
  /** The column of the active cell. */
  column(): Column | undefined;
  ask<T>(method: string, params: object): Promise<T>;
  say(text: string, bad: boolean): void;
  close(): void;
}

interface Props {
  host: BulkHost;
  /** What to begin with: an operation, and the column where it is not the active one. */
  at: { operation: Operation; column?: Column };
}

interface State {
  draft: Draft;
  all: boolean;
  rule: boolean;
  keys: BulkKey[];
  report: BulkReport | null;
  problem: string | null;
  /** Whether the report is about an older draft. */
  old: boolean;
  busy: boolean;
  /** Staging was refused: things changed since the count. */
  missed: boolean;
  done: BulkReport | null;
}

export class BulkDialog extends Component<Props, State> {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;
  #gone = false;
  // Rows are named by their place, in the order in which they were seen when the dialog opened.
  readonly #order: number;
  readonly #rows: number;
  readonly #selected: { count: number; params: object };

  constructor(props: Props) {
    super(props);
    const { host, at } = props;
    this.#order = host.view.order;
    this.#rows = host.view.rows;
    this.#selected = host.selection();
    const column = at.column ?? host.column();
    const key = column?.editable ? keyName(column) : "";
    const all = this.#selected.count <= 1;
    this.state = {
      // In a selection, filling down means what it means in a spreadsheet.
      draft: { ...draftOf(at.operation, key), fill: all ? "unset" : "all" },
      all,
      // What the grid knows already, until Python has listed them all.
      rule: false,
      keys: host.columns.filter((one) => one.editable && !one.deleted).map(bulkKey),
      report: null,
      problem: null,
      old: true,
      busy: false,
      missed: false,
      done: null,
    };
  }

  override componentDidMount(): void {
    this.props.host.ask<{ keys: BulkKey[] }>("bulk_keys", {}).then(
      ({ keys }) => {
        const { draft } = this.state;
        const key = draft.key || (keys[0]?.key ?? "");
        this.#set({ keys, draft: { ...draft, key } });
        this.#later();
      },
      (error) => this.#fail(error),
    );
  }

  override componentWillUnmount(): void {
    this.#gone = true;
    clearTimeout(this.#timer);
    // Python keeps what was looked at, to stage exactly that: a million rows are not kept for nothing.
    this.props.host.ask("bulk_forget", {}).catch(() => undefined);
  }

  #set(part: Partial<State>): void {
    if (!this.#gone) this.setState(part);
  }

  #fail(error: unknown): void {
    if (!isClosed(error)) this.#set({ problem: messageOf(error), report: null, busy: false });
  }

  readonly #change = (part: Partial<Draft>): void => {
    this.setState(
      ({ draft }) => ({ draft: { ...draft, ...part }, old: true, problem: null, missed: false }),
      this.#later,
    );
  };

  readonly #later = (): void => {
    clearTimeout(this.#timer);
    this.#asked++; // an answer that is under way is about something else by now
    this.#timer = setTimeout(() => void this.#look(), PREVIEW_MS);
  };

  async #look(): Promise<void> {
    clearTimeout(this.#timer);
    const asked = ++this.#asked;
    const { draft, all } = this.state;
    const edit = editOf(draft);
    if (!edit) {
      this.#set({ report: null });
      return;
    }
    const rows = all ? { rows: [0, this.#rows] } : this.#selected.params;
    try {
      const report = await this.props.host.ask<BulkReport>("bulk_preview", {
        edit,
        ...rows,
        order: this.#order,
        rule: this.#asRule(),
      });
      if (asked === this.#asked) this.#set({ report, problem: null, old: false, missed: false });
    } catch (error) {
      if (asked === this.#asked) this.#fail(error);
    }
  }

  /** Rows that were searched for have no filter that a rule could go by. */
  #ruleable(): boolean {
    const { view } = this.props.host;
    const { all, draft } = this.state;
    return all && !!view.filter && !view.search && canBeRule(draft.operation);
  }

  #asRule(): boolean {
    return this.state.rule && this.#ruleable();
  }

  async #stage(): Promise<void> {
    const { host } = this.props;
    const { report, old, busy } = this.state;
    if (busy || this.state.done) return;
    if (old || !report) {
      await this.#look();
      return;
    }
    if (report.cells === 0) return;
    this.#set({ busy: true, problem: null });
    try {
      const done = await host.ask<BulkReport>("bulk_stage", { id: report.id });
      host.say(`${plural(done.cells, "cell")} staged. Undo takes all of it back.`, false);
      if (done.refused > 0) this.#set({ done, busy: false });
      else host.close();
    } catch (error) {
      this.#fail(error);
      this.#set({ old: true, missed: true });
    }
  }

  override render({ host }: Props, state: State): JSX.Element {
    const { draft, all, rule, keys, report, problem, old, busy, missed, done } = state;
    const close = (): void => host.close();
    if (done) {
      return (
        <Dialog title="Bulk edit" onClose={close}>
          <p role="status">{done.text}.</p>
          <Refused report={done} />
          <button type="button" class="ecw-button ecw-primary" onClick={close}>
            Close
          </button>
        </Dialog>
      );
    }
    const { view } = host;
    const selected = this.#selected.count;
    const some = view.filter || view.search ? "filtered rows" : "rows";
    const choose = (part: Pick<State, "all"> | Pick<State, "rule">): void =>
      this.setState({ ...part, old: true }, this.#later);
    return (
      <Dialog title="Bulk edit" onClose={close}>
        <form
          class="ecw-bulk"
          onSubmit={(event) => {
            event.preventDefault();
            void this.#stage();
          }}
        >
          <fieldset class="ecw-bulk-rows">
            <legend class="ecw-sr">Rows</legend>
            <Choice on={!all} turn={() => choose({ all: false })}>
              The selection ({plural(selected, "row")})
            </Choice>
            <Choice on={all} turn={() => choose({ all: true })}>
              All {count(this.#rows)} {some}
            </Choice>
          </fieldset>
          <label class="ecw-bulk-line">
            <span>Operation</span>
            <select
              class="ecw-input"
              aria-label="Operation"
              value={draft.operation}
              onChange={(event) => this.#change({ operation: event.currentTarget.value as Operation })}
            >
              {OPERATIONS.map(([id, label]) => (
                <option key={id} value={id}>
                  {label}
                </option>
              ))}
            </select>
          </label>
          <Fields draft={draft} keys={keys} change={this.#change} />
          {this.#ruleable() && (
            <label class="ecw-bulk-check">
              <input
                type="checkbox"
                checked={rule}
                onChange={(event) => choose({ rule: event.currentTarget.checked })}
              />
              <span>Keep as a rule of the filter: looked at again when the items are read again</span>
            </label>
          )}
          <div class="ecw-bulk-preview" aria-busy={old && !problem}>
            {/* The numbers alone are read aloud; the lists are there to be looked into. */}
            <div role="status">
              {problem ? (
                <p class="ecw-message-bad">
                  <span class="ecw-sign" aria-hidden="true">
                    ⚠
                  </span>{" "}
                  {problem}
                </p>
              ) : report ? (
                <p>
                  <b>{report.text}.</b>
                </p>
              ) : (
                <p class="ecw-soft">
                  {editOf(draft) ? "Counting…" : "Fill in the fields to see what changes."}
                </p>
              )}
            </div>
            {!problem && report && <Report report={report} />}
          </div>
          <div class="ecw-cf-foot">
            <button
              type="submit"
              class="ecw-button ecw-primary"
              disabled={busy || old || !report || report.cells === 0}
            >
              {report && !old ? `Stage ${plural(report.cells, "cell")}` : "Stage"}
            </button>
            {missed && (
              <button type="button" class="ecw-button" onClick={() => void this.#look()}>
                Look again
              </button>
            )}
            <button type="button" class="ecw-button" onClick={close}>
              Cancel
            </button>
          </div>
        </form>
      </Dialog>
    );
  }
}

function bulkKey(column: Column): BulkKey {
  const { type, type_label, options } = column;
  return { key: keyName(column), type, type_label, options };
}

function Choice(props: { on: boolean; turn(): void; children: ComponentChildren }): JSX.Element {
  return (
    <label>
      <input type="radio" name="ecw-bulk-rows" checked={props.on} onChange={props.turn} />
      <span>{props.children}</span>
    </label>
  );
}

function Report({ report }: { report: BulkReport }): JSX.Element {
  const rest = report.cells - report.sample.length;
  return (
    <>
      <Refused report={report} />
      {report.sample.length > 0 && (
        <table class="ecw-bulk-table">
          <thead>
            <tr>
              <th scope="col">Item</th>
              <th scope="col">Key</th>
              <th scope="col">Before</th>
              <th scope="col">After</th>
            </tr>
          </thead>
          <tbody>
            {report.sample.map((cell) => (
              <tr key={`${cell.item} ${cell.key}`}>
                <td title={cell.name}>{cell.name}</td>
                <td>{cell.key}</td>
                <td>
                  <Value cell={cell.before} />
                </td>
                <td>
                  <Value cell={cell.after} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {rest > 0 && <p class="ecw-soft">and {plural(rest, "more cell")}</p>}
      {report.python && (
        <details>
          <summary>As Python</summary>
          <code>{report.python}</code>
        </details>
      )}
    </>
  );
}

function Refused({ report }: { report: BulkReport }): JSX.Element | null {
  const { refused, listed, reasons, more_reasons: more } = report;
  if (refused === 0) return null;
  const rest = refused - new Set(listed.map((cell: BulkCell) => cell.item)).size;
  return (
    <>
      <p>
        <span class="ecw-sign" aria-hidden="true">
          ⚠
        </span>{" "}
        {plural(refused, "item")} refused, left as they are:
      </p>
      <ul class="ecw-bulk-reasons">
        {reasons.map(({ reason, count: n }) => (
          <li key={reason}>
            {plural(n, "cell")}: {reason}
          </li>
        ))}
        {more > 0 && <li class="ecw-soft">and {plural(more, "more reason")}</li>}
      </ul>
      <details>
        <summary>Which items</summary>
        <dl>
          {listed.map((cell) => (
            <>
              <dt>
                {cell.name} · {cell.key}
              </dt>
              <dd>
                <Value cell={cell.before} />: {cell.reason}
              </dd>
            </>
          ))}
        </dl>
        {rest > 0 && (
          <p class="ecw-soft">and {plural(rest, "more item")}; in Python: edit.preview().refused</p>
        )}
      </details>
    </>
  );
}
