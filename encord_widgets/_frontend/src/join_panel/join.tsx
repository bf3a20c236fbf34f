// A table joined to items: counts first, then what each column does, then the list that is open.
import type { AnyModel } from "@anywidget/types";
import type { JSX } from "preact";
import { count, plural } from "../shared/cells";
import type { RequestClient } from "../shared/client";
import { type CountLook, Counts, Pages } from "../shared/lists";
import { ErrorBanner, Notice } from "../shared/ui";
import { Value } from "../shared/value";
import {
  type Choice,
  type JoinColumn,
  type JoinController,
  type JoinRow,
  LISTS,
  type ListName,
  PAGE,
} from "./controller";

interface JoinProps {
  controller: JoinController;
  model: AnyModel;
  client: RequestClient;
}

const LOOKS: Record<ListName, CountLook> = {
  changes: { one: "cell would change", many: "cells would change", sign: "●", bad: false },
  problems: { one: "cell cannot be staged", many: "cells cannot be staged", sign: "⚠", bad: true },
  duplicates: { one: "value in several rows", many: "values in several rows", sign: "⚠", bad: true },
  ambiguous: { one: "value of several items", many: "values of several items", sign: "⚠", bad: true },
  unmatched: { one: "row without an item", many: "rows without an item", sign: "○", bad: false },
  blank: { one: "row names no item", many: "rows name no item", sign: "○", bad: false },
  without: { one: "item without a row", many: "items without a row", sign: "○", bad: false },
};

const POLICIES: [string, string][] = [
  ["overwrite", "overwrite"],
  ["fill", "fill gaps only"],
  ["append", "append"],
  ["skip", "skip"],
];

const CHOICES: Record<Choice, { label: string; words: [string, string][] }> = {
  duplicates: {
    label: "Several rows for one item",
    words: [
      ["refuse", "stage nothing"],
      ["first", "the first row counts"],
      ["last", "the last row counts"],
      ["skip", "leave these rows out"],
    ],
  },
  ambiguous: {
    label: "Several items for one row",
    words: [
      ["refuse", "stage nothing"],
      ["all", "the row counts for all of them"],
      ["skip", "leave these items out"],
    ],
  },
  problems: {
    label: "Cells that cannot be staged",
    words: [
      ["refuse", "stage nothing"],
      ["skip", "leave these cells out"],
    ],
  },
};

export function JoinWidget({ controller, model, client }: JoinProps): JSX.Element {
  return (
    <>
      <Bar controller={controller} />
      <ErrorBanner model={model} client={client} />
      {controller.notice && <Notice message={controller.notice} onDismiss={() => controller.dismiss()} />}
      <Lists controller={controller} />
      <Choices controller={controller} />
      <Columns controller={controller} />
      <Rows controller={controller} />
    </>
  );
}

function Bar({ controller }: { controller: JoinController }): JSX.Element {
  const { summary, asked } = controller;
  const { changes } = summary.lists;
  const blocked = summary.refusals > 0 || summary.stale || changes === 0;
  return (
    <div class="ecw-bar">
      <h2 class="ecw-title">Join a table</h2>
      <span role="status" class="ecw-join-said">
        {plural(summary.rows, "row")} for {plural(summary.matched, "item")}, by{" "}
        <b>{summary.column === summary.on ? summary.on : `${summary.column} = ${summary.on}`}</b>
        {summary.staged > 0 && `; ${plural(summary.staged, "edit")} staged`}
      </span>
      <span class="ecw-grow" />
      {summary.staged > 0 && summary.can_undo && (
        <button
          type="button"
          class="ecw-button"
          disabled={!!asked}
          onClick={() => void controller.ask("undo")}
        >
          Undo
        </button>
      )}
      {summary.stale && (
        <button
          type="button"
          class="ecw-button"
          disabled={!!asked}
          onClick={() => void controller.ask("look")}
        >
          {asked === "look" ? "Looking…" : "Look again"}
        </button>
      )}
      <button
        type="button"
        class="ecw-button ecw-primary"
        disabled={blocked || !!asked}
        onClick={() => void controller.ask("stage", { generation: summary.generation })}
      >
        {asked === "stage"
          ? "Staging…"
          : `Stage ${plural(changes, "edit")} on ${plural(summary.items, "item")}`}
      </button>
      <Blocked controller={controller} />
    </div>
  );
}

/** Why the button cannot be pressed. */
function Blocked({ controller }: { controller: JoinController }): JSX.Element | null {
  const { summary } = controller;
  const text = summary.stale
    ? "The items changed since the table was joined. Look again before staging."
    : summary.refusals > 0
      ? `Not staged as it is: ${summary.reason}${summary.refusals > 1 ? ` And ${count(summary.refusals - 1)} more.` : ""}`
      : summary.lists.changes === 0 && summary.staged === 0
        ? "Nothing to stage: no cell would change."
        : null;
  if (!text) return null;
  const bad = summary.refusals > 0 && !summary.stale;
  return (
    <div class={bad ? "ecw-join-blocked ecw-s-invalid" : "ecw-join-blocked ecw-soft"}>
      {bad && (
        <span class="ecw-sign" aria-hidden="true">
          ⚠{" "}
        </span>
      )}
      {text}
    </div>
  );
}

function Lists({ controller }: { controller: JoinController }): JSX.Element {
  const { summary, list } = controller;
  const shown = LISTS.filter((name) => name === "changes" || summary.lists[name] > 0);
  return (
    <Counts
      label="What the join comes to"
      counts={shown.map((name) => ({ name, number: summary.lists[name], ...LOOKS[name] }))}
      open={list}
      onOpen={(name) => controller.open(name)}
    />
  );
}

function Choices({ controller }: { controller: JoinController }): JSX.Element | null {
  const { summary } = controller;
  const open = (Object.keys(CHOICES) as Choice[]).filter(
    (name) => summary.lists[name] > 0 || summary[name] !== "refuse",
  );
  if (open.length === 0) return null;
  return (
    <div class="ecw-join-choices">
      {open.map((name) => (
        <span key={name}>
          <span aria-hidden="true">{CHOICES[name].label}: </span>
          <Select
            label={CHOICES[name].label}
            value={summary[name]}
            words={CHOICES[name].words}
            disabled={!!controller.asked}
            onPick={(word) => void controller.ask("choose", { option: name, word })}
          />
        </span>
      ))}
    </div>
  );
}

interface SelectProps {
  value: string;
  words: [string, string][];
  label: string;
  disabled: boolean;
  onPick(word: string): void;
}

function Select({ value, words, label, disabled, onPick }: SelectProps): JSX.Element {
  return (
    <select
      class="ecw-input"
      aria-label={label}
      value={value}
      disabled={disabled}
      onChange={(event) => onPick(event.currentTarget.value)}
    >
      {words.map(([word, text]) => (
        <option key={word} value={word} selected={word === value}>
          {text}
        </option>
      ))}
    </select>
  );
}

const HEADS = ["Column", "Key", "Where there is a value", "Change", "Same", "Kept", "Missing", "Refused"];

function Columns({ controller }: { controller: JoinController }): JSX.Element {
  const { columns, summary } = controller;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached by keyboard
    <section class="ecw-listbox" aria-label="Columns of the table" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {HEADS.map((head, at) => (
              <th key={head} scope="col" class={at > 2 ? "ecw-number" : undefined}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {columns.map((column) => (
            <ColumnRow key={column.column} controller={controller} column={column} />
          ))}
        </tbody>
      </table>
      {summary.left_out.length > 0 && (
        <p class="ecw-join-note ecw-soft">
          Left out, as they are named like fields of an item: {summary.left_out.join(", ")}
        </p>
      )}
    </section>
  );
}

function ColumnRow({ controller, column }: { controller: JoinController; column: JoinColumn }): JSX.Element {
  const numbers = [column.changes, column.same, column.kept, column.missing, column.problems];
  return (
    <tr>
      <th scope="row">{column.column}</th>
      <td>
        {column.key === column.column ? "" : `${column.key} `}
        <span class="ecw-soft">{column.type ?? "not in the schema"}</span>
      </td>
      <td>
        <Select
          label={`Where ${column.key} has a value`}
          value={column.policy}
          words={POLICIES}
          disabled={!!controller.asked}
          onPick={(policy) => void controller.ask("choose", { key: column.key, policy })}
        />
      </td>
      {numbers.map((number, at) => (
        <td key={HEADS[at + 3]} class={`ecw-number${at === 4 && number > 0 ? " ecw-s-invalid" : ""}`}>
          {count(number)}
        </td>
      ))}
    </tr>
  );
}

type Part = [head: string, show: (row: JoinRow) => JSX.Element | string | undefined];

const ITEM: Part = ["Item", (row) => <span title={row.item}>{row.name ?? row.item}</span>];
const KEY: Part = ["Key", (row) => row.key];
const ROW: Part = ["Row", (row) => row.row];

const PARTS: Record<ListName, (column: string) => Part[]> = {
  changes: () => [
    ITEM,
    KEY,
    ["Before", (row) => <Value cell={row.before ?? 0} />],
    [
      "After",
      (row) =>
        row.after === 0 ? <span class="ecw-s-invalid">− remove</span> : <Value cell={row.after ?? 0} />,
    ],
    ROW,
  ],
  problems: () => [
    ITEM,
    KEY,
    ["In the table", (row) => <Value cell={row.after ?? 0} />],
    ["Reason", (row) => row.reason],
    ROW,
  ],
  duplicates: (column) => [
    [column, (row) => row.on],
    ["Rows", (row) => row.row],
  ],
  ambiguous: (column) => [[column, (row) => row.on], ["Items", (row) => row.items], ROW],
  unmatched: (column) => [[column, (row) => row.on], ROW],
  blank: () => [ROW],
  without: () => [ITEM, ["Uuid", (row) => row.item]],
};

function Rows({ controller }: { controller: JoinController }): JSX.Element {
  const { list, rows, start, summary } = controller;
  const parts = PARTS[list](summary.column);
  const total = summary.lists[list];
  const { one, many } = LOOKS[list];
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached by keyboard */}
      <section class="ecw-listbox ecw-join-rows" aria-label={many} tabIndex={0}>
        <table>
          <caption class="ecw-sr">{plural(total, one, many)}</caption>
          <thead>
            <tr>
              {parts.map(([head]) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows?.map((row, at) => (
              <tr key={start + at}>
                {parts.map(([head, show]) => (
                  <td key={head}>{show(row)}</td>
                ))}
              </tr>
            ))}
            {(rows === null || total === 0) && (
              <tr>
                <td colSpan={parts.length} class="ecw-soft">
                  {total === 0 ? `No ${many}.` : "Loading…"}
                </td>
              </tr>
            )}
          </tbody>
        </table>
      </section>
      <Pages start={controller.start} size={PAGE} total={total} onGo={(to) => controller.go(to)} />
    </>
  );
}
