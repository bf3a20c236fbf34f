// The open editor: an ordinary control in the cell. Leaving it unchanged sends nothing.
import { Component, type JSX } from "preact";
import { type Cell, type Column, display, isTruncated, kindOf, pointOf, textOf } from "../shared/cells";
import { messageOf } from "../shared/client";
import type { Controller, EditorState } from "./controller";
import type { Edit } from "./edits";

type Shape = "select" | "line" | "area";

const LONG = 60;

export function shapeOf(column: Column, before: Cell): Shape {
  const kind = kindOf(before);
  if (column.type === "enum" || column.type === "boolean") return "select";
  if (kind === "json") return column.type === "geospatial" && pointOf(textOf(before)) ? "line" : "area";
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
  geospatial: "latitude, longitude",
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
}

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

export class Editor extends Component<EditorProps, Local> {
  #field: Field | null = null;
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
    this.state = { loading: isTruncated(before) && text === null, failure: null };
  }

  override componentDidMount(): void {
    const { editor } = this.props;
    const field = this.#field;
    if (!field) return;
    field.value = this.#given() ?? this.#start;
    field.focus({ preventScroll: true });
    if ("select" in field && editor.text === null) field.select();
    if (this.state.loading) void this.#readFull();
  }

  override componentWillUnmount(): void {
    this.#finished = true;
  }

  async #readFull(): Promise<void> {
    const { controller, editor } = this.props;
    try {
      const { json } = await controller.full(editor.item, editor.column.id);
      if (this.#finished || !this.#field) return;
      this.#start = kindOf(editor.before) === "text" ? (JSON.parse(json) as string) : json;
      this.#field.value = this.#start;
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
    const value = this.#field?.value ?? "";
    // A refused text that nobody changed since is no new edit when the focus merely leaves.
    const idle = !move && editor.reason !== null && value === this.#given();
    if (this.state.loading || value === this.#start || idle) {
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
    } else if (event.key === "Tab") this.#finish({ rows: 0, cols: event.shiftKey ? -1 : 1 });
    else if (event.key === "Enter" && !(area && (event.shiftKey || event.altKey))) {
      this.#finish({ rows: event.shiftKey ? -1 : 1, cols: 0 });
    } else return;
    event.preventDefault();
  };

  readonly #onFocusOut = (event: FocusEvent): void => {
    if (event.relatedTarget instanceof Node && this.#wrapper?.contains(event.relatedTarget)) return;
    // The page losing the focus to another window is not leaving the editor.
    const root = this.#wrapper?.getRootNode() as Document | ShadowRoot | undefined;
    if (event.relatedTarget === null && root?.activeElement === this.#field) return;
    this.#finish();
  };

  readonly #keepField = (field: Field | null): void => {
    this.#field = field;
  };

  readonly #keepWrapper = (wrapper: HTMLElement | null): void => {
    this.#wrapper = wrapper;
  };

  override render({ editor, above, leftwards }: EditorProps, { loading, failure }: Local): JSX.Element {
    const { column, before } = editor;
    const shape = this.#shape;
    const reasonId = `ecw-reason-${editor.session}`;
    const reason = editor.reason ?? failure;
    const common = {
      ref: this.#keepField,
      class: `ecw-edit ecw-edit-${shape}`,
      "aria-label": `${column.label}, ${column.type_label}`,
      "aria-invalid": reason ? ("true" as const) : undefined,
      "aria-describedby": reason ? reasonId : undefined,
      "aria-busy": loading,
      spellcheck: false,
      autocomplete: "off",
    };
    const kind = kindOf(before);
    const empty = kind === "null" ? "null" : kind === "absent" ? "not set" : "";
    return (
      // biome-ignore lint/a11y/noStaticElementInteractions: listens to the control inside
      <div
        ref={this.#keepWrapper}
        class={`ecw-editor ${above ? "is-above" : ""} ${leftwards ? "is-left" : ""} ${shape === "area" ? "is-area" : ""}`}
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
        ) : (
          <input
            {...common}
            type="text"
            placeholder={PLACEHOLDERS[column.type] ?? empty}
            inputMode={column.type === "number" ? "decimal" : "text"}
          />
        )}
        {(reason || shape === "area") && (
          <div class="ecw-editor-foot">
            {reason && (
              <div id={reasonId} class="ecw-reason" role="alert">
                <span class="ecw-sign" aria-hidden="true">
                  ⚠
                </span>{" "}
                {reason} <span class="ecw-soft">Esc restores the cell.</span>
              </div>
            )}
            {shape === "area" && (
              <div class="ecw-soft">
                {loading ? (
                  "Reading the full value…"
                ) : (
                  <>
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

/** The choice that typed or refused text names: exact first, else the first that starts with it. */
function chosen({ choices }: { choices: Choice[] }, { text, reason }: EditorState): string | null {
  if (text === null) return null;
  const wanted = text.toLowerCase();
  const exact = choices.find((choice) => choice.text === text && choice.value.startsWith("="));
  if (exact || reason !== null) return exact?.value ?? null;
  return choices.find((choice) => choice.label.toLowerCase().startsWith(wanted))?.value ?? null;
}
