// Counts that open lists, and pages of a list.
import type { JSX } from "preact";
import { count } from "./cells";

export interface CountLook {
  one: string;
  many: string;
  sign: string;
  bad: boolean;
}

interface CountsProps<Name extends string> {
  label: string;
  counts: ({ name: Name; number: number } & CountLook)[];
  open: Name;
  onOpen(name: Name): void;
}

/** A button for each list, with its length; the one whose list is open is pressed. */
export function Counts<Name extends string>({ label, counts, open, onOpen }: CountsProps<Name>): JSX.Element {
  return (
    <div class="ecw-lists" role="group" aria-label={label}>
      {counts.map(({ name, number, one, many, sign, bad }) => (
        <button
          key={name}
          type="button"
          class={`ecw-listcount${bad ? " ecw-bad" : ""}`}
          aria-pressed={open === name}
          onClick={() => onOpen(name)}
        >
          <span class="ecw-sign" aria-hidden="true">
            {sign}
          </span>
          <b>{count(number)}</b> {number === 1 ? one : many}
        </button>
      ))}
    </div>
  );
}

interface PagesProps {
  start: number;
  size: number;
  total: number;
  onGo(start: number): void;
}

/** Nothing where one page holds all. */
export function Pages({ start, size, total, onGo }: PagesProps): JSX.Element | null {
  if (total <= size) return null;
  const end = Math.min(start + size, total);
  return (
    <nav class="ecw-listpages" aria-label="Pages">
      <button type="button" class="ecw-button" disabled={start === 0} onClick={() => onGo(start - size)}>
        Previous
      </button>
      <span role="status">
        {count(start + 1)}–{count(end)} of {count(total)}
      </span>
      <button type="button" class="ecw-button" disabled={end >= total} onClick={() => onGo(start + size)}>
        Next
      </button>
    </nav>
  );
}
