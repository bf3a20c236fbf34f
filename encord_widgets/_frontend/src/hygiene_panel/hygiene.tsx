// What is untidy in the metadata: clusters, each with the value to keep and a button that stages it.
import type { AnyModel } from "@anywidget/types";
import type { JSX } from "preact";
import { count, plural } from "../shared/cells";
import type { RequestClient } from "../shared/client";
import { type CountLook, Counts, Pages } from "../shared/lists";
import { ErrorBanner, Notice } from "../shared/ui";
import { Value } from "../shared/value";
import { type HygieneController, type HygieneRow, LISTS, type ListName, PAGE } from "./controller";

interface HygieneProps {
  controller: HygieneController;
  model: AnyModel;
  client: RequestClient;
}

const LOOKS: Record<ListName, CountLook> = {
  values: {
    one: "cluster of near-equal values",
    many: "clusters of near-equal values",
    sign: "≈",
    bad: false,
  },
  keys: { one: "cluster of near-equal keys", many: "clusters of near-equal keys", sign: "≈", bad: false },
  unlisted: { one: "key not in the schema", many: "keys not in the schema", sign: "○", bad: false },
  unused: { one: "key of the schema unused", many: "keys of the schema unused", sign: "○", bad: false },
};

export function HygieneWidget({ controller, model, client }: HygieneProps): JSX.Element {
  const { summary, list } = controller;
  return (
    <>
      <Bar controller={controller} />
      <ErrorBanner model={model} client={client} />
      {controller.notice && <Notice message={controller.notice} onDismiss={() => controller.dismiss()} />}
      <Counts
        label="What was found"
        counts={LISTS.map((name) => ({ name, number: summary.lists[name], ...LOOKS[name] }))}
        open={list}
        onOpen={(name) => controller.open(name)}
      />
      {list === "values" && controller.byKey.length > 0 && <ByKey controller={controller} />}
      <Rows controller={controller} />
      <Pages
        start={controller.start}
        size={PAGE}
        total={summary.lists[list]}
        onGo={(to) => controller.go(to)}
      />
    </>
  );
}

function Bar({ controller }: { controller: HygieneController }): JSX.Element {
  const { summary, asked } = controller;
  return (
    <div class="ecw-bar">
      <h2 class="ecw-title">Hygiene</h2>
      <span role="status">
        {plural(summary.cells, "cell")} to change among {plural(summary.items, "item")}
        {summary.staged > 0 && `; ${plural(summary.staged, "edit")} staged`}
      </span>
      <span class="ecw-grow" />
      {summary.stale && <span class="ecw-soft">The items changed since.</span>}
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
      <button type="button" class="ecw-button" disabled={!!asked} onClick={() => void controller.ask("look")}>
        {asked === "look" ? "Looking…" : "Look again"}
      </button>
    </div>
  );
}

/** Keys with several clusters, such as numbers kept as text: put right all at once. */
function ByKey({ controller }: { controller: HygieneController }): JSX.Element {
  const { byKey, summary, asked } = controller;
  return (
    <div class="ecw-hygiene-bykey">
      {byKey.map(({ key, clusters, cells }) => (
        <button
          key={key}
          type="button"
          class="ecw-button"
          disabled={!!asked || summary.stale}
          title="Each cluster gets the value that is picked by itself"
          onClick={() => void controller.ask("fix_key", { generation: summary.generation, key })}
        >
          {`Stage all of ${key}: ${plural(cells, "cell")} in ${plural(clusters, "cluster")}`}
        </button>
      ))}
    </div>
  );
}

function Rows({ controller }: { controller: HygieneController }): JSX.Element {
  const { list, rows, summary } = controller;
  const total = summary.lists[list];
  const heads = {
    values: ["Key", "Keep", "Differ in", ""],
    keys: ["Keep", ""],
    unlisted: ["Key", "Items"],
    unused: ["Key"],
  }[list];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached by keyboard
    <section class="ecw-listbox ecw-hygiene-rows" aria-label={LOOKS[list].many} tabIndex={0}>
      <table>
        <caption class="ecw-sr">{plural(total, LOOKS[list].one, LOOKS[list].many)}</caption>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head || <span class="ecw-sr">Stage</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows?.map((row) =>
            list === "values" || list === "keys" ? (
              <ClusterRow key={row.at} controller={controller} row={row} />
            ) : (
              <tr key={row.at}>
                <th scope="row">{row.key}</th>
                {list === "unlisted" && <td>{count(row.count ?? 0)}</td>}
              </tr>
            ),
          )}
          {(rows === null || total === 0) && (
            <tr>
              <td colSpan={heads.length} class="ecw-soft">
                {total === 0 ? `No ${LOOKS[list].many}.` : "Loading…"}
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </section>
  );
}

function ClusterRow({ controller, row }: { controller: HygieneController; row: HygieneRow }): JSX.Element {
  const { summary, list, asked } = controller;
  const cells = controller.cells(row);
  return (
    <tr>
      {list === "values" && <th scope="row">{row.key}</th>}
      <td>
        <Members controller={controller} row={row} />
      </td>
      {list === "values" && <td class="ecw-soft">{row.reasons?.join(", ")}</td>}
      <td class="ecw-hygiene-do">
        <button
          type="button"
          class="ecw-button"
          disabled={!!asked || summary.stale}
          aria-label={`Stage ${plural(cells, "cell")}${row.key ? ` of ${row.key}` : ""}`}
          onClick={() => controller.fix(row)}
        >
          {list === "values" ? `Stage ${plural(cells, "cell")}` : `Move ${plural(cells, "value")}`}
        </button>
      </td>
    </tr>
  );
}

function Members({ controller, row }: { controller: HygieneController; row: HygieneRow }): JSX.Element {
  const kept = controller.kept(row);
  const name = `ecw-keep-${controller.mark}-${row.at}`;
  return (
    <div role="radiogroup" aria-label={`Keep${row.key ? ` of ${row.key}` : ""}`} class="ecw-hygiene-members">
      {row.kept === -1 && (
        <label>
          <input type="radio" name={name} checked={kept === -1} onChange={() => controller.pick(row, -1)} />{" "}
          <Value cell={row.canonical ?? 0} /> <span class="ecw-soft">as the schema reads it</span>
        </label>
      )}
      {row.members?.map(({ value, count: number, fits }, at) => (
        <label key={at}>
          <input
            type="radio"
            name={name}
            checked={kept === at}
            disabled={!fits && !!row.reasons}
            onChange={() => controller.pick(row, at)}
          />{" "}
          <Value cell={value} /> <span class="ecw-soft">{count(number)}</span>
          {!fits && (
            <span class="ecw-s-invalid">
              {" "}
              <span class="ecw-sign" aria-hidden="true">
                ⚠
              </span>{" "}
              {row.reasons ? "does not fit" : "not in the schema"}
            </span>
          )}
        </label>
      ))}
      {!!row.more && <span class="ecw-soft">and {count(row.more)} more</span>}
    </div>
  );
}
