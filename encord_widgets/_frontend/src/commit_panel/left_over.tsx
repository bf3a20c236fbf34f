// What other sessions left on the same items: edits to restore, review or discard, a commit to resume.
import type { JSX } from "preact";
import { type Cell, count, plural } from "../shared/cells";
import { Status } from "../shared/ui";
import { Value } from "../shared/value";

export interface LeftOver {
  session: string;
  count: number;
  items: number;
  /** When the last of them was staged, ISO 8601. */
  at: string;
  /** A kernel still uses them; it is this one when `here`. */
  alive: boolean;
  here: boolean;
  commit: { total: number; verified: number; left: number; at: string } | null;
}

export interface Review {
  rows: { item: string; name: string | null; key: string; before: Cell; after: Cell; implied: boolean }[];
  more: number;
}

export interface LeftOverProps {
  entries: LeftOver[];
  /** Sessions whose edits are in view, being asked for (null), or not there. */
  reviews: ReadonlyMap<string, Review | null>;
  /** Session whose edits are about to be discarded. */
  discarding: string | null;
  /** A request is under way. */
  busy: boolean;
  /** A commit runs; nothing can be resumed. */
  running: boolean;
  send(method: "restore" | "discard" | "resume", session: string): void;
  review(session: string): void;
  ask(session: string | null): void;
}

/** "Tuesday 17 November, 14:05", with the year when it is not this one. */
export function moment(iso: string, now = new Date()): string {
  const at = new Date(iso);
  const part = (options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat("en-GB", options).format(at);
  const year = at.getFullYear() === now.getFullYear() ? "" : ` ${at.getFullYear()}`;
  const time = part({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return `${part({ weekday: "long" })} ${at.getDate()} ${part({ month: "long" })}${year}, ${time}`;
}

/** What was left, in a sentence. */
export function told(left: LeftOver): string {
  const { commit } = left;
  const edits = `${plural(left.count, "edit")} on ${plural(left.items, "item")}`;
  const one = left.count === 1;
  if (left.alive)
    return left.here
      ? `${edits} ${one ? "is" : "are"} staged on the same items opened once more in this kernel.`
      : `${edits} ${one ? "is" : "are"} being staged in another kernel.`;
  if (!commit) return `${edits} ${one ? "was" : "were"} staged on ${moment(left.at)}, and not committed.`;
  const more = left.count - commit.left;
  const rest = more > 0 ? ` ${plural(more, "further edit")} ${more === 1 ? "was" : "were"} staged.` : "";
  return `A commit of ${plural(commit.total, "change")} was cut off on ${moment(commit.at)}: ${count(commit.verified)} verified, ${count(commit.left)} left.${rest}`;
}

export function LeftOvers(props: LeftOverProps): JSX.Element {
  return (
    <section class="ecw-lefts" aria-label="Left by earlier sessions">
      {props.entries.map((left) => (
        <Entry key={left.session} left={left} {...props} />
      ))}
    </section>
  );
}

/** One and the same function for every draw: called when the button appears, not again. */
function focusIt(element: HTMLElement | null): void {
  element?.focus();
}

function Entry({ left, ...props }: LeftOverProps & { left: LeftOver }): JSX.Element {
  const { session, commit } = left;
  const { busy } = props;
  const review = props.reviews.get(session);
  const open = props.reviews.has(session);
  if (left.alive)
    return (
      <div class="ecw-left is-quiet">
        <span class="ecw-sign" aria-hidden="true">
          •
        </span>
        <span class="ecw-left-text">{told(left)}</span>
      </div>
    );
  const edits = left.count === 1 ? "the edit" : `the ${count(left.count)} edits`;
  return (
    <div class="ecw-left">
      <span class="ecw-sign" aria-hidden="true">
        ↺
      </span>
      <span class="ecw-left-text">{told(left)}</span>
      {props.discarding === session ? (
        // biome-ignore lint/a11y/noStaticElementInteractions: Escape in the question means no
        <span
          class="ecw-left-actions"
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.stopPropagation();
            props.ask(null);
          }}
        >
          Discard {edits} for good?
          <button
            ref={focusIt}
            type="button"
            class="ecw-button ecw-danger"
            disabled={busy}
            onClick={() => props.send("discard", session)}
          >
            Discard for good
          </button>
          <button type="button" class="ecw-button" onClick={() => props.ask(null)}>
            Keep
          </button>
        </span>
      ) : (
        <span class="ecw-left-actions">
          {commit && (
            <button
              type="button"
              class="ecw-button ecw-primary"
              disabled={busy || props.running}
              title="What is there already is not sent again"
              onClick={() => props.send("resume", session)}
            >
              Resume
            </button>
          )}
          {left.count > 0 && (
            <>
              <button
                type="button"
                class={`ecw-button ${commit ? "" : "ecw-primary"}`}
                disabled={busy}
                title="Stage them again, on the values that they were based on"
                onClick={() => props.send("restore", session)}
              >
                Restore
              </button>
              <button
                type="button"
                class="ecw-button"
                aria-expanded={open}
                onClick={() => props.review(session)}
              >
                Review
              </button>
              <button type="button" class="ecw-button" disabled={busy} onClick={() => props.ask(session)}>
                Discard…
              </button>
            </>
          )}
        </span>
      )}
      {open && <Edits review={review ?? null} />}
    </div>
  );
}

function Edits({ review }: { review: Review | null }): JSX.Element {
  if (!review) return <div class="ecw-left-review ecw-soft">Reading the edits…</div>;
  return (
    <div
      class="ecw-left-review"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
      tabIndex={0}
      role="region"
      aria-label="Edits staged earlier"
    >
      <table>
        <thead>
          <tr>
            <th scope="col">Item</th>
            <th scope="col">Key</th>
            <th scope="col">Before</th>
            <th scope="col">After</th>
          </tr>
        </thead>
        <tbody>
          {review.rows.map((row) => (
            <tr key={`${row.item}\n${row.key}`}>
              <th scope="row" title={row.item}>
                {row.name ?? row.item}
              </th>
              <td>{row.key}</td>
              <td class="ecw-soft">
                <Value cell={row.before} />
              </td>
              <td>
                {row.implied ? (
                  <Status state="destroyed" />
                ) : row.after === 0 ? (
                  <span class="ecw-s-refused">− remove</span>
                ) : (
                  <Value cell={row.after} />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {review.more > 0 && <div class="ecw-soft">… and {count(review.more)} more.</div>}
    </div>
  );
}
