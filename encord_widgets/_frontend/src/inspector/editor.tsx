// One value being edited: a field by its type, and what else can become of it.
import { Component, type JSX } from "preact";
import type { Editing, InspectorController } from "./controller";
import { asJson, choicesOf, shapeOf } from "./traits";

interface EditorProps {
  controller: InspectorController;
  editing: Editing;
}

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

export class ValueEditor extends Component<EditorProps> {
  #field: Field | null = null;
  /** What had the focus before, to give it back. */
  #from: HTMLElement | null = null;

  override componentDidMount(): void {
    this.#from = this.#focused() as HTMLElement | null;
    this.props.controller.typed = () => this.#field?.value ?? "";
    this.#field?.focus();
    if (this.#field && "setSelectionRange" in this.#field) this.#field.select();
  }

  override componentWillUnmount(): void {
    if (!this.#field?.form?.contains(this.#focused())) return;
    // The button of a form may be disabled by now; its field never is.
    (this.#from?.closest("form")?.querySelector("input") ?? this.#from)?.focus();
  }

  #focused(): Element | null {
    return (this.#field?.getRootNode() as Document | ShadowRoot | undefined)?.activeElement ?? null;
  }

  readonly #keep = (field: Field | null): void => {
    if (field) this.#field = field;
  };

  readonly #submit = (event: Event): void => {
    event.preventDefault();
    const { controller, editing } = this.props;
    const text = this.#field?.value ?? "";
    const { cell } = editing.branch;
    // An unchanged text is no edit; what was not there before is one also when it is empty.
    if (text === editing.text && cell !== 0 && cell !== null && !editing.failure) controller.stop();
    else void controller.stage(asJson(editing.branch) ? "json" : "text", text);
  };

  readonly #keys = (event: KeyboardEvent): void => {
    if (event.key === "Escape") {
      event.preventDefault();
      this.props.controller.stop();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#submit(event);
  };

  #input({ editing }: EditorProps): JSX.Element {
    const { branch, text, failure } = editing;
    const common = {
      ref: this.#keep,
      class: "ecw-input",
      "aria-label": `Value of ${branch.key}`,
      "aria-invalid": failure !== null,
    } as const;
    switch (shapeOf(branch)) {
      case "choice": {
        const choices = choicesOf(branch);
        const known = choices.includes(text);
        return (
          <select {...common}>
            {!known && (
              <option value={text} selected>
                {text === "" ? "choose…" : text}
              </option>
            )}
            {choices.map((one) => (
              <option key={one} value={one} selected={one === text}>
                {one}
              </option>
            ))}
          </select>
        );
      }
      case "area":
        return <textarea {...common} rows={asJson(branch) ? 4 : 3} spellcheck={false} defaultValue={text} />;
      default:
        return <input {...common} type="text" spellcheck={false} autocomplete="off" defaultValue={text} />;
    }
  }

  override render(props: EditorProps): JSX.Element {
    const { controller, editing } = props;
    const { branch, failure } = editing;
    return (
      <form class="ecw-insp-editor" onSubmit={this.#submit} onKeyDown={this.#keys}>
        {this.#input(props)}
        {failure && (
          <div class="ecw-insp-failure" role="alert">
            <span class="ecw-sign" aria-hidden="true">
              ⚠
            </span>{" "}
            {failure}
          </div>
        )}
        <div class="ecw-insp-line">
          <button type="submit" class="ecw-button ecw-small ecw-primary">
            Stage
          </button>
          <button
            type="button"
            class="ecw-button ecw-small"
            disabled={branch.cell === null}
            onClick={() => void controller.stage("null")}
          >
            Set to null
          </button>
          <button
            type="button"
            class="ecw-button ecw-small"
            disabled={branch.cell === 0}
            onClick={() => void controller.stage("unset")}
          >
            Remove key
          </button>
          <button type="button" class="ecw-button ecw-small" onClick={controller.stop}>
            Cancel
          </button>
          {asJson(branch) && <span class="ecw-soft">as JSON</span>}
        </div>
      </form>
    );
  }
}
