// One value in a table of edits.
import type { JSX } from "preact";
import { type Cell, kindOf, textOf } from "./cells";

/** Whether a text without quotes could pass for another value, or for one in quotes. */
function passes(text: string): boolean {
  const number = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
  return /^$|^\s|\s$|^["[{]|^(true|false|null|not set|remove|—)$/i.test(text) || number.test(text);
}

/** A value with its type in view: text in quotes only where it could pass for something else. */
export function Value({ cell }: { cell: Cell }): JSX.Element {
  switch (kindOf(cell)) {
    case "absent":
      return <i class="ecw-soft">not set</i>;
    case "null":
      return <i>null</i>;
    case "text": {
      const text = textOf(cell);
      const cut = Array.isArray(cell) && text.length < (cell[2] ?? 0);
      const shown = `${text}${cut ? "…" : ""}`;
      return <span class="ecw-value">{passes(text) ? JSON.stringify(shown) : shown}</span>;
    }
    case "json": {
      const text = textOf(cell);
      const cut = Array.isArray(cell) && text.length < (cell[2] ?? 0);
      return (
        <code class="ecw-value">
          {text}
          {cut ? "…" : ""}
        </code>
      );
    }
    default:
      return <span class="ecw-value">{textOf(cell)}</span>;
  }
}
