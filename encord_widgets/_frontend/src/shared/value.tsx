// One value in a table of edits.
import type { JSX } from "preact";
import { type Cell, kindOf, textOf } from "./cells";

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
      const bare = text !== "" && !/^\s|\s$|^(true|false|null|not set|remove|[-+\d.].*)$/i.test(text);
      return <span class="ecw-value">{bare ? `${text}${cut ? "…" : ""}` : JSON.stringify(text)}</span>;
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
