// Inputs of a rule's arguments. What is being typed stays as typed; it is sent when it makes sense and typing rests.
import { Component, type JSX } from "preact";
import type { BuilderController } from "./controller";
import type { FilterArgument, FilterColumn, RuleNode, Val } from "./traits";
import { sameVal } from "./tree";
import {
  fromPicker,
  type InputKind,
  inputKind,
  inputText,
  parseInput,
  pickerText,
  STORED_TYPES,
  shownVal,
  UNITS,
} from "./values";

const REST_MS = 350;
const MANY = 12;
// Bundles shorten the name "step" wherever it is written as a property.
const SECONDS = Object.fromEntries([["step", "1"]]);

interface DraftProps {
  kind: InputKind;
  label: string;
  value: Val | undefined;
  /** Id of what says that something is wrong with it. */
  wrong: string | undefined;
  hint?: string;
  look: string;
  set(value: Val): void;
}
export class DraftInput extends Component<DraftProps> {
  // No state: keys can come before the next draw.
  #draft: string | null = null;
  #expected: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  override componentWillUnmount(): void {
    clearTimeout(this.#timer);
  }

  /** Sends what was typed; false when it makes no sense. */
  readonly #keep = (): boolean => {
    clearTimeout(this.#timer);
    if (this.#draft === null) return true;
    const read = parseInput(this.props.kind, this.#draft);
    this.#expected = "expected" in read ? read.expected : null;
    this.setState({});
    if ("expected" in read) return false;
    // What reads the same needs no draft any more: it then follows what is set elsewhere.
    if (inputText(read.value) === this.#draft) this.#draft = null;
    if (!sameVal(read.value, this.props.value ?? 0)) this.props.set(read.value);
    return true;
  };

  readonly #typed = (event: JSX.TargetedInputEvent<HTMLInputElement>): void => {
    this.#draft = event.currentTarget.value;
    this.#expected = null;
    this.setState({});
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#keep, REST_MS);
  };

  readonly #left = (): void => {
    if (!this.#keep()) return;
    this.#draft = null;
    this.setState({});
  };

  override render(props: DraftProps): JSX.Element {
    const [draft, expected] = [this.#draft, this.#expected];
    const text = draft ?? inputText(props.value);
    const bad = expected !== null || props.wrong !== undefined;
    return (
      <span class="ecw-f-draft">
        <input
          class={`ecw-input ${props.look} ${props.kind === "json" ? "ecw-f-mono" : ""}`}
          type="text"
          inputMode={props.kind === "number" ? "decimal" : "text"}
          autocomplete="off"
          spellcheck={false}
          aria-label={props.label}
          aria-invalid={bad}
          aria-describedby={props.wrong}
          title={expected ? `Expected ${expected}` : props.label}
          placeholder={props.hint}
          value={text}
          onInput={this.#typed}
          onBlur={this.#left}
          onKeyDown={(event) => {
            if (event.key === "Enter") this.#keep();
          }}
        />
        {expected && (
          <span class="ecw-f-problem" role="alert">
            Expected {expected}.
          </span>
        )}
      </span>
    );
  }
}

interface InputsProps {
  controller: BuilderController;
  rule: RuleNode;
  column: FilterColumn;
  problem: string | undefined;
}

/** All inputs of a rule, by what its operator takes. */
export function Inputs({ controller, rule, column, problem }: InputsProps): JSX.Element | null {
  const operator = controller.operatorOf.get(rule.op);
  if (!operator) return <Opaque rule={rule} />;
  return (
    <>
      {operator.arguments.map((argument, at) =>
        argument.optional && at >= rule.values.length ? null : (
          <Argument
            key={`${rule.op}${at}`}
            controller={controller}
            rule={rule}
            column={column}
            problem={problem}
            argument={argument}
            at={at}
            word={wordFor(rule.op, argument.name)}
          />
        ),
      )}
    </>
  );
}

function Opaque({ rule }: { rule: RuleNode }): JSX.Element {
  return <code class="ecw-f-mono">{rule.values.map((one) => shownVal(one)).join(", ")}</code>;
}

/** What stands before an input, where its place does not say what it is. */
function wordFor(op: string, name: string): string {
  if (op === "between") return name === "high" ? "and" : "";
  if (op === "nearest") return name === "item" ? "to item" : "";
  return op === "in_box" || op === "within_km" ? name : "";
}

const CHOICES: Record<string, string[]> = { unit: UNITS, json_type: STORED_TYPES };
const OPAQUE = new Set(["wire_type", "definition", "true"]);

interface ArgumentProps extends InputsProps {
  argument: FilterArgument;
  at: number;
  word: string;
}

function Argument(props: ArgumentProps): JSX.Element {
  const { controller, rule, column, argument, at, word, problem } = props;
  const arg = argument.kind;
  const value = rule.values[at];
  const label = `${column.label} ${controller.operatorOf.get(rule.op)?.label ?? ""}: ${argument.name}`;
  const wrong = problem === undefined ? undefined : `${controller.prefix}-${rule.id}`;
  const set = (next: Val): void => controller.setValue(rule, at, next);
  if (OPAQUE.has(arg)) return <Opaque rule={rule} />;
  if (argument.many) {
    const listed = column.options.length > 0 && column.type === "enum" && arg === "value";
    return listed ? <Options {...props} options={column.options} /> : <Chips {...props} />;
  }
  const kind = inputKind(column, arg, value);
  let input: JSX.Element;
  const choices =
    CHOICES[arg] ?? (kind === "boolean" ? ["true", "false"] : kind === "options" ? column.options : []);
  if (choices.length > 0) {
    const now = inputText(value);
    input = (
      <select
        class="ecw-input"
        aria-label={label}
        aria-invalid={wrong !== undefined}
        aria-describedby={wrong}
        value={now}
        onChange={(event) => {
          const text = event.currentTarget.value;
          set(kind === "boolean" && !CHOICES[arg] ? text === "true" : text);
        }}
      >
        {!choices.includes(now) && (
          <option value={now} disabled={now === ""}>
            {now || "Choose…"}
          </option>
        )}
        {choices.map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    );
  } else if (kind === "datetime" && pickerText(value) !== null) {
    input = (
      <input
        class="ecw-input"
        type="datetime-local"
        {...SECONDS}
        aria-label={`${label} (UTC)`}
        aria-invalid={wrong !== undefined}
        aria-describedby={wrong}
        title="UTC"
        value={pickerText(value) ?? ""}
        onChange={(event) => set(fromPicker(event.currentTarget.value))}
      />
    );
  } else {
    const hint =
      kind === "datetime"
        ? "2026-03-01T08:30:00Z"
        : kind === "json"
          ? "JSON"
          : arg === "item"
            ? "item uuid"
            : "";
    input = (
      <DraftInput
        kind={kind}
        label={label}
        value={value}
        wrong={wrong}
        hint={hint}
        look={arg === "item" || column.type === "uuid" ? "is-uuid" : kind === "number" ? "" : "is-wide"}
        set={set}
      />
    );
  }
  return (
    <span class="ecw-f-arg">
      {word && <span class="ecw-soft">{word}</span>}
      {input}
      {kind === "datetime" && arg !== "unit" && <span class="ecw-soft">UTC</span>}
    </span>
  );
}

function toggled(values: readonly Val[], value: Val): Val[] {
  const rest = values.filter((one) => !sameVal(one, value));
  return rest.length < values.length ? rest : [...rest, value];
}

/** A box to tick for each option; values that are no option stay as chips. */
function Options({ controller, rule, column, options }: ArgumentProps & { options: string[] }): JSX.Element {
  const set = (values: Val[]): void => controller.change(rule, { ...rule, values });
  const others = rule.values.filter((one) => typeof one !== "string" || !options.includes(one));
  const boxes = (
    <span class="ecw-f-options" role="group" aria-label={`${column.label}: any of`}>
      {options.map((option) => (
        <label key={option} class="ecw-f-option">
          <input
            type="checkbox"
            checked={rule.values.includes(option)}
            onChange={() => set(toggled(rule.values, option))}
          />
          {option}
        </label>
      ))}
      {others.map((value) => (
        <Chip
          key={JSON.stringify(value)}
          value={value}
          type="number"
          drop={() => set(toggled(rule.values, value))}
        />
      ))}
    </span>
  );
  if (options.length <= MANY) return boxes;
  return (
    <details class="ecw-f-many">
      <summary>
        {rule.values.length
          ? rule.values.map((one) => shownVal(one)).join(", ")
          : `Choose of ${options.length}…`}
      </summary>
      {boxes}
    </details>
  );
}

function Chip({ value, type, drop }: { value: Val; type: string; drop(): void }): JSX.Element {
  const text = shownVal(value, type);
  return (
    <span class="ecw-f-chip">
      <span class="ecw-f-chip-text">{text}</span>
      <button type="button" aria-label={`Remove ${text}`} onClick={drop}>
        ×
      </button>
    </span>
  );
}

/** A list of values: Enter adds what was typed, Backspace in the empty field takes the last one away. */
function Chips({ controller, rule, column, argument, problem }: ArgumentProps): JSX.Element {
  const set = (values: Val[]): void => controller.change(rule, { ...rule, values });
  const kind = inputKind(column, argument.kind, undefined);
  const add = (input: HTMLInputElement): void => {
    if (input.value.trim() === "") return;
    const read = parseInput(
      kind === "boolean" ? "json" : kind,
      kind === "text" ? input.value : input.value.trim(),
    );
    input.setCustomValidity("expected" in read ? `Expected ${read.expected}.` : "");
    if ("expected" in read) return void input.reportValidity();
    input.value = "";
    if (!rule.values.some((one) => sameVal(one, read.value))) set([...rule.values, read.value]);
  };
  return (
    <span class="ecw-f-chips">
      {rule.values.map((value) => (
        <Chip
          key={JSON.stringify(value)}
          value={value}
          type={column.type}
          drop={() => set(toggled(rule.values, value))}
        />
      ))}
      <input
        class="ecw-input"
        type="text"
        autocomplete="off"
        spellcheck={false}
        aria-label={`${column.label}: add a value`}
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : `${controller.prefix}-${rule.id}`}
        placeholder="Add a value, Enter"
        onInput={(event) => event.currentTarget.setCustomValidity("")}
        onBlur={(event) => add(event.currentTarget)}
        onKeyDown={(event) => {
          if (event.key === "Enter") {
            event.preventDefault();
            add(event.currentTarget);
          } else if (event.key === "Backspace" && event.currentTarget.value === "")
            set(rule.values.slice(0, -1));
        }}
      />
    </span>
  );
}
