// The open editor: an ordinary control in the cell. Leaving it unchanged sends nothing.
import { Component, type JSX } from "preact";
import {
  type Cell,
  type Column,
  display,
  isTruncated,
  kindOf,
  plural,
  pointOf,
  textOf,
  vectorOf,
} from "../shared/cells";
import { isClosed, messageOf } from "../shared/client";
import { type Controller, type EditorState, keyName } from "./controller";
import type { Edit } from "./edits";
import { more } from "./more";

type Shape = "select" | "line" | "area" | "place";

const LONG = 60;
const CHECK_MS = 150;
/** Longer texts are judged when they are kept. */
const MOST_CHECKED = 20_000;

export function shapeOf(column: Column, before: Cell): Shape {
  const kind = kindOf(before);
  if (column.type === "enum" || column.type === "boolean") return "select";
  if (column.type === "geospatial" && kind !== "text" && (kind !== "json" || pointOf(textOf(before))))
    return "place";
  if (kind === "json") return "area";
  if (column.type === "embedding") return "area";
  const text = textOf(before);
  if (column.type === "text" || isTruncated(before) || text.length > LONG || /[\r\n]/.test(text))
    return "area";
  return "line";
}

/** The text an editor starts with; leaving it at that commits nothing. */
export function initialText(column: Column, before: Cell): string {
  const kind = kindOf(before);
  if (kind === "absent" || kind === "null") return "";
  // Quotes show that the value is a text: taking them away is a change of type, and an edit.
  if (kind === "text" && column.type === "number") return display(before, "number");
  // Nobody reads 512 numbers: they stay as they are until another list is pasted over them.
  if (column.type === "embedding" && vectorOf(before)) return "";
  if (column.type === "geospatial" && kind === "json") return pointOf(textOf(before)) ?? textOf(before);
  return textOf(before);
}

function actionOf(column: Column, before: Cell): "text" | "json" {
  if (column.type === "embedding") return "json";
  return kindOf(before) === "json" && column.type !== "geospatial" ? "json" : "text";
}

interface Choice {
  value: string;
  label: string;
  action: Edit["action"];
  text: string;
}

/** The choices of a closed set, with the two ways of having no value, and what is there if it does not fit. */
export function choicesOf(column: Column, before: Cell): { choices: Choice[]; value: string } {
  const words = column.type === "boolean" ? ["true", "false"] : column.options;
  // As JSON, so that it is a boolean also where the schema does not say so.
  const action = column.type === "boolean" ? "json" : "text";
  const choices: Choice[] = words.map((text) => ({ value: `=${text}`, label: text, action, text }));
  choices.push({ value: "unset", label: "(not set)", action: "unset", text: "" });
  choices.push({ value: "null", label: "null", action: "null", text: "" });
  const kind = kindOf(before);
  if (kind === "absent") return { choices, value: "unset" };
  if (kind === "null") return { choices, value: "null" };
  const fits =
    column.type === "boolean" ? kind === "boolean" : kind === "text" && words.includes(textOf(before));
  if (fits) return { choices, value: `=${textOf(before)}` };
  const label = `${display(before, column.type)} (does not fit)`;
  choices.unshift({ value: "stay", label, action: "text", text: textOf(before) });
  return { choices, value: "stay" };
}

const PLACEHOLDERS: Record<string, string> = {
  datetime: "2025-03-01T08:30:00Z",
  uuid: "xxxxxxxx-xxxx-4xxx-…",
};

interface EditorProps {
  controller: Controller;
  editor: EditorState;
  above: boolean;
  /** Popovers grow to the left: there is no room on the right. */
  leftwards: boolean;
}

interface Local {
  loading: boolean;
  failure: string | null;
  text: string;
  /** What Python makes of the text: JSON, or why it would be refused. */
  checked: { text: string; json: string; reason: string | null } | null;
}

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

export class Editor extends Component<EditorProps, Local> {
  #field: Field | null = null;
  #second: HTMLInputElement | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wrapper: HTMLElement | null = null;
  #finished = false;
  #pointer = false;
  readonly #shape: Shape;
  readonly #closed: ReturnType<typeof choicesOf> | null;
  /** What the editor starts with; leaving it at that is no edit. */
  #start: string;

  constructor(props: EditorProps) {
    super(props);
    const { column, before, text } = props.editor;
    this.#shape = shapeOf(column, before);
    this.#closed = this.#shape === "select" ? choicesOf(column, before) : null;
    this.#start = this.#closed ? this.#closed.value : initialText(column, before);
    const cut = isTruncated(before) && text === null && !(column.type === "embedding" && vectorOf(before));
    this.state = { loading: cut, failure: null, text: "", checked: null };
  }

  override componentDidMount(): void {
    const { editor } = this.props;
    const field = this.#field;
    if (!field) return;
    this.#put(this.#given() ?? this.#start);
    field.focus({ preventScroll: true });
    if ("select" in field && editor.text === null) field.select();
    if (this.state.loading) void this.#readFull();
    // The picker of dates, should the first touch of the grid not have brought it.
    void this.props.controller.reach();
  }

  override componentWillUnmount(): void {
    this.#finished = true;
    clearTimeout(this.#timer);
  }

  get #value(): string {
    const first = this.#field?.value ?? "";
    const second = this.#second?.value;
    if (second === undefined) return first;
    return first.trim() === "" && second.trim() === "" ? "" : `${first.trim()}, ${second.trim()}`;
  }

  #put(text: string): void {
    const comma = this.#second ? text.indexOf(",") : -1;
    if (this.#field) this.#field.value = comma < 0 ? text : text.slice(0, comma).trim();
    if (this.#second) this.#second.value = comma < 0 ? "" : text.slice(comma + 1).trim();
    this.#changed();
  }

  /** The text changed: Python says what it stands for, once typing pauses. */
  readonly #changed = (): void => {
    const text = this.#value;
    this.setState({ text });
    clearTimeout(this.#timer);
    if (this.#closed || text === this.#start || text.length > MOST_CHECKED) return;
    this.#timer = setTimeout(() => void this.#check(text), CHECK_MS);
  };

  async #check(text: string): Promise<void> {
    const { controller, editor } = this.props;
    const { item, column, before } = editor;
    const edit = { item, key: keyName(column), before, action: actionOf(column, before), text };
    try {
      const { json, reason } = await controller.ask<{ json: string; reason: string | null }>("check", edit);
      if (!this.#finished) this.setState({ checked: { text, json, reason } });
    } catch (error) {
      if (!isClosed(error) && !this.#finished) this.setState({ checked: null });
    }
  }

  async #readFull(): Promise<void> {
    const { controller, editor } = this.props;
    try {
      const { json } = await controller.full(editor.item, editor.column.id);
      if (this.#finished || !this.#field) return;
      this.#start = kindOf(editor.before) === "text" ? (JSON.parse(json) as string) : json;
      this.#put(this.#start);
      // The control is read only until the state below is drawn.
      this.setState({ loading: false });
    } catch (error) {
      if (!this.#finished)
        this.setState({ failure: `The full value could not be read: ${messageOf(error)}` });
    }
  }

  /** The value that typed or refused text stands for, or null. */
  #given(): string | null {
    const { editor } = this.props;
    return this.#closed ? chosen(this.#closed, editor) : editor.text;
  }

  #finish(move?: { rows: number; cols: number }): void {
    if (this.#finished) return;
    this.#finished = true;
    const { controller, editor } = this.props;
    const value = this.#value;
    if (this.state.loading || value === this.#start) {
      controller.cancel(!!move);
      if (move) controller.moveTo(controller.step(controller.active, move.rows, move.cols));
      return;
    }
    const choice = this.#closed?.choices.find((option) => option.value === value);
    if (choice) controller.commit(choice.action, choice.text, move);
    else controller.commit(actionOf(editor.column, editor.before), value, move);
  }

  readonly #onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.isComposing) return;
    const area = this.#shape === "area";
    if (event.key === "Escape") {
      this.#finished = true;
      this.props.controller.cancel(true);
    } else if (event.key === "Tab") {
      // Tab goes through the two numbers of a place, and through the parts of the picker.
      const target = event.target;
      const inside = event.shiftKey ? target === this.#second : this.#second && target === this.#field;
      if (inside || (target !== this.#field && target !== this.#second)) return;
      this.#finish({ rows: 0, cols: event.shiftKey ? -1 : 1 });
    } else if (event.altKey && event.key === "ArrowDown") {
      this.#wrapper?.querySelector<HTMLElement>(".ecw-moment input")?.focus();
    } else if (event.key === "Enter" && !(area && (event.shiftKey || event.altKey))) {
      this.#finish({ rows: event.shiftKey ? -1 : 1, cols: 0 });
    } else return;
    event.preventDefault();
  };

  readonly #onFocusOut = (event: FocusEvent): void => {
    if (event.relatedTarget instanceof Node && this.#wrapper?.contains(event.relatedTarget)) return;
    // The page losing the focus to another window is not leaving the editor.
    const root = this.#wrapper?.getRootNode() as Document | ShadowRoot | undefined;
    if (event.relatedTarget === null && this.#wrapper?.contains(root?.activeElement ?? null)) return;
    // A refused text that nobody changed since is no new edit: it waits here, for all to see.
    if (this.props.editor.reason !== null && this.#value === this.#given()) return;
    this.#finish();
  };

  readonly #keepField = (field: Field | null): void => {
    this.#field = field;
  };

  readonly #keepSecond = (field: HTMLInputElement | null): void => {
    this.#second = field;
  };

  readonly #keepWrapper = (wrapper: HTMLElement | null): void => {
    this.#wrapper = wrapper;
  };

  override render({ editor, above, leftwards }: EditorProps, local: Local): JSX.Element {
    const { column, before } = editor;
    const { loading, failure, text } = local;
    const shape = this.#shape;
    const reasonId = `ecw-reason-${editor.session}`;
    const reason = editor.reason ?? failure;
    const checked = local.checked?.text === text && text !== this.#start ? local.checked : null;
    const moment = column.type === "datetime" && shape === "line";
    const Picker = more()?.MomentPicker;
    const foot = reason || (!this.#closed && (checked || column.hint || moment || shape === "area"));
    const common = {
      ref: this.#keepField,
      class: `ecw-edit ecw-edit-${shape}`,
      "aria-label": `${column.label}, ${column.type_label}`,
      "aria-invalid": reason || checked?.reason ? ("true" as const) : undefined,
      "aria-describedby": foot ? reasonId : undefined,
      "aria-busy": loading,
      spellcheck: false,
      autocomplete: "off",
      onInput: this.#changed,
    };
    const kind = kindOf(before);
    const vector = column.type === "embedding" ? vectorOf(before) : null;
    const empty = vector
      ? `${vector}. Paste a JSON list to replace it.`
      : kind === "null"
        ? "null"
        : kind === "absent"
          ? "not set"
          : "";
    const large = shape === "area" && column.type === "text";
    const classes = ["ecw-editor", `is-${shape}`];
    if (above) classes.push("is-above");
    if (leftwards) classes.push("is-left");
    if (large) classes.push("is-large");
    return (
      // biome-ignore lint/a11y/noStaticElementInteractions: listens to the control inside
      <div
        ref={this.#keepWrapper}
        class={classes.join(" ")}
        onKeyDown={this.#onKeyDown}
        onFocusOut={this.#onFocusOut}
        onMouseDown={(event) => event.stopPropagation()}
        onDblClick={(event) => event.stopPropagation()}
        onPointerDown={() => {
          this.#pointer = true;
        }}
      >
        {this.#closed ? (
          <select {...common} onChange={() => this.#pointer && this.#finish({ rows: 0, cols: 0 })}>
            {this.#closed.choices.map((choice) => (
              <option key={choice.value} value={choice.value}>
                {choice.label}
              </option>
            ))}
          </select>
        ) : shape === "area" ? (
          <textarea {...common} readOnly={loading} placeholder={empty} />
        ) : shape === "place" ? (
          <>
            <input
              {...common}
              aria-label={`${column.label}, latitude`}
              placeholder="latitude"
              inputMode="decimal"
              onInput={(event) => {
                // Both at once, as maps copy them.
                if (event.currentTarget.value.includes(",")) this.#put(event.currentTarget.value);
                else this.#changed();
              }}
            />
            <input
              {...common}
              ref={this.#keepSecond}
              aria-label={`${column.label}, longitude`}
              placeholder="longitude"
              inputMode="decimal"
            />
          </>
        ) : (
          <input
            {...common}
            type="text"
            placeholder={PLACEHOLDERS[column.type] ?? empty}
            inputMode={column.type === "number" ? "decimal" : "text"}
          />
        )}
        {foot && (
          <div class="ecw-editor-foot">
            {moment && Picker && <Picker text={text} put={(iso) => this.#put(iso)} />}
            <div id={reasonId}>
              {reason && (
                <div class="ecw-reason" role="alert">
                  <Warning /> {reason} <span class="ecw-soft">Esc restores the cell.</span>
                </div>
              )}
              {!reason && checked?.reason && (
                <div class="ecw-reason" role="status">
                  <Warning /> {checked.reason}
                </div>
              )}
              {!checked?.reason && column.hint && <div class="ecw-soft">{column.hint}</div>}
            </div>
            {checked && !checked.reason && (
              <div class="ecw-sends" role="status">
                <span class="ecw-soft">sends</span> <code>{brief(checked.json)}</code>
              </div>
            )}
            {shape === "area" && (
              <div class="ecw-soft">
                {loading ? (
                  "Reading the full value…"
                ) : (
                  <>
                    {large && `${plural([...text].length, "character")}. `}
                    <kbd>Enter</kbd> keeps, <kbd>Shift+Enter</kbd> new line, <kbd>Esc</kbd> cancels
                  </>
                )}
              </div>
            )}
          </div>
        )}
      </div>
    );
  }
}

function Warning(): JSX.Element {
  return (
    <span class="ecw-sign" aria-hidden="true">
      ⚠
    </span>
  );
}

function brief(json: string): string {
  return json.length > 120 ? `${json.slice(0, 120)}…` : json;
}

/** The choice that typed or refused text names: exact first, else the first that starts with it. */
function chosen({ choices }: { choices: Choice[] }, { text, reason }: EditorState): string | null {
  if (text === null) return null;
  const wanted = text.toLowerCase();
  const exact = choices.find((choice) => choice.text === text && choice.value.startsWith("="));
  if (exact || reason !== null) return exact?.value ?? null;
  return choices.find((choice) => choice.label.toLowerCase().startsWith(wanted))?.value ?? null;
}
