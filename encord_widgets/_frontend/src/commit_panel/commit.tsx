// Sends the staged edits to Encord, shows how far it is, and what came of each.
import type { JSX } from "preact";
import { count, plural } from "../shared/cells";
import { StillWaiting, Told } from "../shared/notes";
import { ErrorBanner, Notice, Status } from "../shared/ui";
import type { CommitController } from "./controller";
import { DestroyForm } from "./destroy";
import { type LeftOver, LeftOvers } from "./left_over";

export interface Counts {
  changes: number;
  items: number;
  removed: number;
  bundles: number;
}

export interface CommitSummary {
  changes: number;
  items: number;
  invalid: number;
  removed: number;
  /** Of the removed ones, those that an overwrite does not name. */
  destroyed: number;
  bundles: number;
  /** Edits that the last commit left alone, and that would conflict again. */
  conflicts: number;
  /** The counts without these. */
  clear: Counts;
}

export interface Progress {
  phase: string;
  /** Items that are proved before the rest goes, where that is known. */
  canary: number | null;
  items_total: number;
  items_done: number;
  verified: number;
  already: number;
  conflicts: number;
  refused: number;
  failed: number;
  differs: number;
  bundles_done: number;
  bundles_total: number;
  running: boolean;
  /** What is wrong with a request that is being sent again. */
  trouble: string | null;
}

interface OpenRow {
  item: string;
  name: string | null;
  key: string;
  status: string;
  note: string | null;
  /** Position in `causes` of what it has in common with others. */
  cause: number | null;
}

export interface Outcome {
  ok: boolean;
  counts: Record<string, number>;
  seconds: number;
  text: string;
  causes: { text: string; count: number }[];
  open: OpenRow[];
}

const POLICIES: [string, string][] = [
  ["report", "Leave the key alone and report it"],
  ["ours", "Write ours over theirs"],
  ["theirs", "Take theirs, drop our edit"],
];

const ORDER = ["verified", "already", "conflict", "refused", "failed", "differs", "pending"];
const PHASES: Record<string, string> = {
  reading: "Reading the items as they are now",
  writing: "Writing",
  verifying: "Reading back and comparing",
  waiting: "Waiting before the next try",
};

export function CommitWidget({ controller }: { controller: CommitController }): JSX.Element {
  const { model, client, asked, notice } = controller;
  const summary = model.get("summary") as CommitSummary | null;
  const progress = model.get("progress") as Progress | null;
  const outcome = model.get("outcome") as Outcome | null;
  const running = progress?.running === true;
  const blocked = reasonNot(summary, controller.policy);
  const starting = asked === "commit" && !running;
  const left = (model.get("left_over") as LeftOver[] | null) ?? [];
  const unwritten = model.get("notice") as string;
  return (
    <>
      <ErrorBanner model={model} client={client} />
      {notice && <Notice message={notice} onDismiss={controller.dismiss} />}
      {left.length > 0 && (
        <LeftOvers
          entries={left}
          reviews={controller.reviews}
          discarding={controller.discarding}
          busy={asked !== null && asked !== "cancel"}
          running={running}
          send={controller.send}
          review={controller.review}
          ask={controller.ask}
        />
      )}
      <div class="ecw-commit-body">
        <div class="ecw-commit-line">
          <div class="ecw-commit-text">
            <div class="ecw-commit-sentence">{sentence(summary, controller.policy)}</div>
            {!running && summary && summary.changes > 0 && (
              <div class="ecw-soft" id="ecw-commit-how">
                {blocked ??
                  leftAlone(summary, controller.policy) ??
                  "Each item is read, changed in the named keys only, written, then read back and compared."}
              </div>
            )}
          </div>
          {running ? (
            <button
              key="stop"
              type="button"
              class="ecw-button"
              disabled={asked === "cancel"}
              // The second half of a double click on "Commit" comes down here.
              onClick={(event) => event.detail < 2 && void controller.run("cancel")}
            >
              {asked === "cancel" ? "Stopping…" : "Stop"}
            </button>
          ) : (
            <button
              key="commit"
              type="button"
              class="ecw-button ecw-primary"
              disabled={blocked !== null || asked !== null || controller.typed !== null}
              title={blocked ?? undefined}
              onClick={controller.commit}
            >
              {starting ? "Starting…" : "Commit"}
            </button>
          )}
        </div>
        {!running && controller.typed !== null && summary && summary.destroyed > 0 && (
          <DestroyForm
            destroyed={summary.destroyed}
            typed={controller.typed}
            type={controller.type}
            go={controller.destroy}
            cancel={() => controller.type(null)}
          />
        )}
        {!running && summary && summary.changes > 0 && <Options controller={controller} />}
        {unwritten && (
          <div class="ecw-unwritten">
            <span class="ecw-sign" aria-hidden="true">
              ⚠
            </span>{" "}
            {unwritten}
          </div>
        )}
        {progress && running && <Running progress={progress} stopping={asked === "cancel"} />}
        <div aria-live="polite">{outcome && !running && <Done outcome={outcome} />}</div>
      </div>
    </>
  );
}

function Options({ controller }: { controller: CommitController }): JSX.Element {
  return (
    <details class="ecw-options">
      <summary>Options</summary>
      <label>
        <span>Where somebody else changed the same key since</span>
        <select
          class="ecw-input"
          aria-label="Where somebody else changed the same key since"
          value={controller.policy}
          onChange={(event) => controller.choose(event.currentTarget.value)}
        >
          {POLICIES.map(([policy, words]) => (
            <option key={policy} value={policy}>
              {words}
            </option>
          ))}
        </select>
      </label>
    </details>
  );
}

/** What can go through: under "report", whatever met somebody else's edit in the last commit cannot. */
function going(summary: CommitSummary, policy: string): Counts {
  return policy === "report" ? summary.clear : summary;
}

/** "Commit 12 edits on 5 items in 1 bundle". */
export function sentence(summary: CommitSummary | null, policy: string): string {
  if (!summary || summary.changes === 0) return "Nothing to commit.";
  const { changes, items, bundles, removed } = going(summary, policy);
  const { destroyed } = summary;
  if (changes === 0) return "Nothing can be committed yet.";
  const removing =
    removed > 0 ? `, ${count(removed)} of them ${removed === 1 ? "removes a value" : "remove values"}` : "";
  const losing =
    destroyed > 0
      ? ` ${plural(destroyed, "value")} ${destroyed === 1 ? "is" : "are"} destroyed by overwrite.`
      : "";
  return `Commit ${plural(changes, "edit")} on ${plural(items, "item")} in ${plural(bundles, "bundle")}${removing}.${losing}`;
}

/** What becomes of the edits in conflict, or null when there are none. */
function leftAlone(summary: CommitSummary, policy: string): string | null {
  const { conflicts } = summary;
  if (conflicts === 0 || policy !== "report") return null;
  const one = conflicts === 1;
  return `${count(conflicts)} more ${one ? "edit conflicts and is" : "edits conflict and are"} left alone: keep ours or drop ${one ? "it" : "them"} first.`;
}

/** Why the button is off, or null when it is on. */
export function reasonNot(summary: CommitSummary | null, policy: string): string | null {
  if (!summary || summary.changes === 0) return "Nothing is staged: edit a cell first.";
  if (summary.invalid > 0) {
    return `${plural(summary.invalid, "edit")} ${summary.invalid === 1 ? "does" : "do"} not fit the schema: correct or drop ${summary.invalid === 1 ? "it" : "them"} first.`;
  }
  if (going(summary, policy).changes === 0) {
    const one = summary.conflicts === 1;
    return `${plural(summary.conflicts, "edit")} ${one ? "conflicts" : "conflict"}: keep ours or drop ${one ? "it" : "them"} first, or choose under Options.`;
  }
  return null;
}

function Running({ progress, stopping }: { progress: Progress; stopping: boolean }): JSX.Element {
  const { items_done: done, items_total: total } = progress;
  const phase = stopping
    ? "Stopping after the bundle under way"
    : progress.phase === "canary"
      ? `Proving the first ${progress.canary ? plural(progress.canary, "item") : "items"} before the rest`
      : (PHASES[progress.phase] ?? progress.phase.charAt(0).toUpperCase() + progress.phase.slice(1));
  const counts = { ...progress, conflict: progress.conflicts } as unknown as Record<string, number>;
  // Until there is a number, the bar only says that something is going on.
  const known = total > 0 && (done > 0 || progress.phase !== "reading");
  return (
    <div class="ecw-running">
      <label>
        <span class="ecw-running-label">
          <span>{phase}</span>
          <span class="ecw-soft">
            {count(done)} of {plural(total, "item")}
            {progress.bundles_total > 1 &&
              `, bundle ${count(Math.min(progress.bundles_done + 1, progress.bundles_total))} of ${count(progress.bundles_total)}`}
          </span>
        </span>
        <progress value={known ? done : undefined} max={total || undefined} />
      </label>
      <StillWaiting at={`${progress.phase} ${done} ${progress.bundles_done}`} trouble={progress.trouble} />
      <Tally counts={counts} />
      <div class="ecw-sr" role="status">
        {phase}
      </div>
    </div>
  );
}

function Tally({ counts }: { counts: Record<string, number> }): JSX.Element | null {
  const shown = ORDER.filter((status) => (counts[status] ?? 0) > 0);
  if (shown.length === 0) return null;
  return (
    <dl class="ecw-tally">
      {shown.map((status) => (
        <div key={status}>
          <dt>
            <Status state={status} />
          </dt>
          <dd>{count(counts[status] ?? 0)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Done({ outcome }: { outcome: Outcome }): JSX.Element {
  const open = ORDER.filter((status) => status !== "verified" && status !== "already").reduce(
    (sum, status) => sum + (outcome.counts[status] ?? 0),
    0,
  );
  return (
    <div class={`ecw-outcome ${outcome.ok ? "is-ok" : "is-open"}`}>
      <div class="ecw-outcome-text">
        <span class={`ecw-sign ${outcome.ok ? "ecw-s-verified" : "ecw-s-failed"}`} aria-hidden="true">
          {outcome.ok ? "✓" : "⚠"}
        </span>
        <span>
          {outcome.text} <span class="ecw-soft">{seconds(outcome.seconds)}</span>
        </span>
      </div>
      <Tally counts={outcome.counts} />
      {outcome.open.length > 0 && (
        <>
          <h3>Left open</h3>
          <div
            class="ecw-open"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
            tabIndex={0}
            role="region"
            aria-label="Edits left open"
          >
            {[...outcome.causes.keys(), null].map((cause) => (
              <Open key={cause} outcome={outcome} cause={cause} />
            ))}
          </div>
          {open > outcome.open.length && (
            <div class="ecw-soft">
              … and {count(open - outcome.open.length)} more, in <code>items.receipt.to_frame()</code>.
            </div>
          )}
        </>
      )}
    </div>
  );
}

/** The open rows that one cause explains, said once above them; those with a reason of their own for null. */
function Open({ outcome, cause }: { outcome: Outcome; cause: number | null }): JSX.Element | null {
  const rows = outcome.open.filter((row) => row.cause === cause);
  const common = cause === null ? undefined : outcome.causes[cause];
  if (rows.length === 0 && !common) return null;
  return (
    <>
      {common && (
        <div class="ecw-cause">
          <b>{plural(common.count, "edit")}:</b> <Told text={common.text} />
        </div>
      )}
      <ul>
        {rows.map((row) => (
          <li key={`${row.item}\n${row.key}`}>
            <Status state={row.status} />
            <span class="ecw-open-name" title={row.item}>
              {row.name ?? row.item}
            </span>
            <span>{row.key}</span>
            {row.note && (
              <span class="ecw-soft">
                <Told text={row.note} />
              </span>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

function seconds(value: number): string {
  return value < 10 ? `${value.toFixed(1)} s` : `${Math.round(value)} s`;
}
