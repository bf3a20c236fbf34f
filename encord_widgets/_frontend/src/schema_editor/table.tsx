// Every key as a row of a real table; the one that is opened shows what can be done to it.
import type { JSX } from "preact";
import { count, plural, textOf } from "../shared/cells";
import { Value } from "../shared/value";
import { KeyActions } from "./actions";
import type { SchemaController } from "./controller";
import { found, headline, type KeyRow, lookOf, offer } from "./traits";

const OPTIONS_SHOWN = 4;

export function KeyTable({ controller }: { controller: SchemaController }): JSX.Element {
  const { rows, summary } = controller;
  const shown = found(rows, controller.search);
  const counted = summary.items !== null;
  if (rows.length === 0)
    return (
      <div class="ecw-empty">
        <div>There is no key yet.</div>
        <button type="button" class="ecw-button" onClick={() => controller.begin()}>
          Add key
        </button>
      </div>
    );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    <div class="ecw-schema-box" tabIndex={0} role="region" aria-label="Keys of the schema">
      <table class={counted ? "is-counted" : ""}>
        <caption class="ecw-sr">{headline(rows)}</caption>
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">Type</th>
            <th scope="col">State</th>
            {counted && (
              <>
                <th scope="col" class="ecw-schema-number">
                  Items with it
                </th>
                <th scope="col">Do not fit</th>
                <th scope="col">Values</th>
              </>
            )}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <Row key={row.key} row={row} counted={counted} controller={controller} />
          ))}
        </tbody>
      </table>
      {shown.length === 0 && <div class="ecw-empty ecw-soft">No key is called that.</div>}
    </div>
  );
}

interface RowProps {
  row: KeyRow;
  counted: boolean;
  controller: SchemaController;
}

function Row({ row, counted, controller }: RowProps): JSX.Element {
  const open = controller.opened === row.key;
  const look = lookOf(row);
  return (
    <>
      <tr class={`${row.staged ? `is-${row.staged}` : ""} ${open ? "is-open" : ""}`}>
        <th scope="row">
          <button
            type="button"
            class="ecw-schema-open"
            aria-expanded={open}
            onClick={() => controller.open(row.key)}
          >
            <span class="ecw-schema-turn" aria-hidden="true">
              {open ? "▾" : "▸"}
            </span>
            <span class="ecw-schema-key">{row.key}</span>
          </button>
        </th>
        <td>
          <TypeOf row={row} />
        </td>
        <td>
          <span class={`ecw-schema-state ${look.tone ? `is-${look.tone}` : ""}`}>
            <span class="ecw-sign" aria-hidden="true">
              {look.sign}
            </span>{" "}
            {look.word}
          </span>
        </td>
        {counted && <Use row={row} controller={controller} />}
      </tr>
      {open && (
        <tr class="ecw-schema-actions">
          <td colSpan={counted ? 6 : 3}>
            <KeyActions row={row} controller={controller} />
          </td>
        </tr>
      )}
    </>
  );
}

function TypeOf({ row }: { row: KeyRow }): JSX.Element {
  const rest = row.options.length - OPTIONS_SHOWN;
  return (
    <>
      <div>{row.type_label || <span class="ecw-soft">—</span>}</div>
      {row.staged_text && <div class="ecw-schema-note is-staged">{row.staged_text}</div>}
      {row.options.length > 0 && (
        <div class="ecw-schema-note" title={row.options.join(", ")}>
          {row.options.slice(0, OPTIONS_SHOWN).join(", ")}
          {rest > 0 && ` and ${count(rest)} more`}
        </div>
      )}
    </>
  );
}

function Use({ row, controller }: { row: KeyRow; controller: SchemaController }): JSX.Element {
  const { inferred } = row;
  return (
    <>
      <td class="ecw-schema-number">
        {row.used === null ? (
          <span class="ecw-soft">…</span>
        ) : row.used === 0 ? (
          <span class="ecw-soft">none</span>
        ) : (
          count(row.used)
        )}
      </td>
      <td>
        {row.misfits ? (
          <button
            type="button"
            class="ecw-button ecw-small ecw-schema-misfits"
            aria-label={`Show the ${plural(row.misfits, "item")} whose ${row.key} does not fit`}
            title="Show these items"
            onClick={() => void controller.ask("show", { key: row.key })}
          >
            <span class="ecw-sign" aria-hidden="true">
              ⚠
            </span>
            {count(row.misfits)}
          </button>
        ) : row.misfits === 0 && row.used ? (
          <span class="ecw-soft">none</span>
        ) : null}
      </td>
      <td class="ecw-schema-samples">
        {row.samples.length > 0 && (
          <ul>
            {row.samples.map((cell) => (
              <li key={JSON.stringify(cell)} title={textOf(cell)}>
                <Value cell={cell} />
              </li>
            ))}
          </ul>
        )}
        {inferred && row.actions.includes("add") && (
          <button
            type="button"
            class="ecw-button ecw-small ecw-schema-offer"
            onClick={() => void controller.act("add_inferred", row.key)}
          >
            {offer(inferred)}
          </button>
        )}
      </td>
    </>
  );
}
