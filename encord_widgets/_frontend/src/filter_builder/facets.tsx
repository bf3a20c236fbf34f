// Explores one column: how its values are spread, each a way to add a rule.
import type { JSX } from "preact";
import { count } from "../shared/cells";
import type { BuilderController } from "./controller";
import { Histogram } from "./histogram";
import type { Facet, Val } from "./traits";
import { ruleOn, sameVal, withRule, withValue } from "./tree";

export function Facets({ controller }: { controller: BuilderController }): JSX.Element | null {
  const { facet, explored, facetFailure } = controller;
  const offered = controller.columns.filter((one) => one.facet);
  if (!offered.length) return null;
  return (
    <section class="ecw-f-facets" aria-label="Values of a column">
      <label class="ecw-f-explore">
        <span>Values of</span>
        <select
          class="ecw-input"
          aria-label="Values of"
          value={explored ?? ""}
          onChange={(event) => controller.explore(event.currentTarget.value)}
        >
          {offered.map((one) => (
            <option key={one.id} value={one.id}>
              {one.label}
            </option>
          ))}
        </select>
      </label>
      {facetFailure ? (
        <p class="ecw-f-problem" role="alert">
          {facetFailure}
        </p>
      ) : facet ? (
        <Body controller={controller} facet={facet} />
      ) : (
        <p class="ecw-soft">Counting…</p>
      )}
    </section>
  );
}

function Body({ controller, facet }: { controller: BuilderController; facet: Facet }): JSX.Element {
  const { column } = facet;
  const chosen = ruleOn(controller.tree, column, ["in", "is"]);
  const most = Math.max(1, ...facet.values.map((one) => one.count));
  const nothing = !facet.values.length && !facet.bars.length;
  const add =
    (op: string, values: Val[] = []) =>
    () =>
      controller.edit(withRule(controller.tree, column, op, values), "Rule changed.");
  return (
    <>
      {facet.bars.length > 0 && <Histogram key={column} controller={controller} facet={facet} />}
      <ul class="ecw-f-values">
        {facet.values.map(({ value, text, count: all, kept }) => (
          <li key={JSON.stringify(value)}>
            <button
              type="button"
              class="ecw-f-value"
              aria-pressed={chosen?.values.some((one) => sameVal(one, value)) ?? false}
              title={`${text}: ${count(all)}${kept === null ? "" : `, of which ${count(kept)} match the filter`}`}
              onClick={() =>
                controller.edit(withValue(controller.tree, column, value), `Rule changed: ${text}.`)
              }
            >
              <span class="ecw-f-value-bar" style={{ width: `${(100 * all) / most}%` }} />
              <span class="ecw-f-value-text">{text}</span>
              <span class="ecw-f-value-count">{count(all)}</span>
            </button>
          </li>
        ))}
      </ul>
      {facet.more > 0 && <p class="ecw-soft">… and {count(facet.more)} further values.</p>}
      {nothing && <p class="ecw-soft">No item has a value here.</p>}
      <ul class="ecw-f-values">
        <Rest text="not set" n={facet.absent} on={isOn(controller, column, "absent")} act={add("absent")} />
        <Rest text="null" n={facet.null} on={isOn(controller, column, "null")} act={add("null")} />
        {Object.entries(facet.others).map(([type, n]) => (
          <Rest
            key={type}
            text={`stored as ${type}`}
            n={n}
            on={isOn(controller, column, "type", type)}
            act={add("type", [type])}
          />
        ))}
      </ul>
    </>
  );
}

function isOn(controller: BuilderController, column: string, op: string, value?: string): boolean {
  const rule = ruleOn(controller.tree, column, [op]);
  return rule !== null && (value === undefined || rule.values.includes(value));
}

interface RestProps {
  text: string;
  n: number;
  on: boolean;
  act(): void;
}

function Rest({ text, n, on, act }: RestProps): JSX.Element | null {
  if (!n) return null;
  return (
    <li>
      <button type="button" class="ecw-f-value" aria-pressed={on} onClick={act}>
        <span class="ecw-f-value-text ecw-f-rest">{text}</span>
        <span class="ecw-f-value-count">{count(n)}</span>
      </button>
    </li>
  );
}
