// A histogram with two handles: dragged, or moved by keyboard as the sliders that they are.
import { Component, type JSX } from "preact";
import { plural } from "../shared/cells";
import type { BuilderController } from "./controller";
import { extent, fromVal, label, placeOf, stepOf, toVal, valueAt } from "./scale";
import type { Facet, Val } from "./traits";
import { ruleOn, withRange } from "./tree";

const REST_MS = 250;
const BIG = 10;

interface Props {
  controller: BuilderController;
  facet: Facet;
}

export class Histogram extends Component<Props> {
  /** The range while it is being moved; no state, since several keys can come before the next draw. */
  #moving: [number, number] | null = null;
  #box: HTMLElement | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  override componentWillUnmount(): void {
    clearTimeout(this.#timer);
  }

  readonly #keep = (box: HTMLElement | null): void => {
    this.#box = box;
  };

  get #dates(): boolean {
    return this.props.facet.kind === "dates";
  }

  /** The range that is in force; the whole extent without a rule. */
  #range(): [number, number] {
    const { controller, facet } = this.props;
    const { from, to } = extent(facet);
    const rule = ruleOn(controller.tree, facet.column, ["between"]);
    const [low, high] = [fromVal(rule?.values[0], this.#dates), fromVal(rule?.values[1], this.#dates)];
    return [low ?? from, high ?? to];
  }

  readonly #apply = (): void => {
    clearTimeout(this.#timer);
    const moving = this.#moving;
    if (!moving) return;
    const { controller, facet } = this.props;
    const { from, to } = extent(facet);
    const all = moving[0] <= from && moving[1] >= to;
    const range: [Val, Val] = [toVal(moving[0], this.#dates), toVal(moving[1], this.#dates)];
    const said = all
      ? "The whole range: no rule."
      : `${label(moving[0], this.#dates)} to ${label(moving[1], this.#dates)}.`;
    this.#moving = null;
    controller.edit(withRange(controller.tree, facet.column, all ? null : range), said);
    this.setState({});
  };

  #move(which: 0 | 1, value: number): void {
    const [low, high] = this.#moving ?? this.#range();
    const { from, to } = extent(this.props.facet);
    const held = Math.min(to, Math.max(from, value));
    this.#moving = which === 0 ? [Math.min(held, high), high] : [low, Math.max(held, low)];
    this.setState({});
  }

  readonly #pressed = (which: 0 | 1, event: PointerEvent): void => {
    if (event.button !== 0) return;
    event.preventDefault();
    const handle = event.currentTarget as HTMLElement;
    handle.focus();
    handle.setPointerCapture?.(event.pointerId);
    const ended = new AbortController();
    const on = { signal: ended.signal };
    const page = handle.ownerDocument;
    page.addEventListener(
      "pointermove",
      (at) => {
        const box = this.#box?.getBoundingClientRect();
        if (!box) return;
        const range = extent(this.props.facet);
        const place = (at.clientX - box.left) / Math.max(1, box.width);
        this.#move(which, valueAt(place, range, stepOf(range, this.#dates)));
      },
      on,
    );
    const end = (apply: boolean): void => {
      ended.abort();
      if (apply) this.#apply();
      else this.#moving = null;
      this.setState({});
    };
    page.addEventListener("pointerup", () => end(true), on);
    page.addEventListener("pointercancel", () => end(false), on);
  };

  readonly #key = (which: 0 | 1, event: KeyboardEvent): void => {
    const range = extent(this.props.facet);
    const step = stepOf(range, this.#dates) * (event.shiftKey ? BIG : 1);
    const now = (this.#moving ?? this.#range())[which];
    const to = {
      ArrowRight: now + step,
      ArrowUp: now + step,
      ArrowLeft: now - step,
      ArrowDown: now - step,
      PageUp: now + step * BIG,
      PageDown: now - step * BIG,
      Home: range.from,
      End: range.to,
    }[event.key];
    if (to === undefined || event.altKey) {
      if (event.key === "Enter") this.#apply();
      return;
    }
    event.preventDefault();
    const place = placeOf(to, range);
    this.#move(which, valueAt(place, range, stepOf(range, this.#dates)));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#apply, REST_MS);
  };

  override render({ facet, controller }: Props): JSX.Element {
    const dates = this.#dates;
    const range = extent(facet);
    const [low, high] = this.#moving ?? this.#range();
    const places = [placeOf(low, range), placeOf(high, range)] as const;
    const most = Math.max(1, ...facet.bars);
    const name = controller.columnOf.get(facet.column)?.label ?? facet.column;
    return (
      <div class="ecw-f-hist">
        <div class="ecw-f-plot" ref={this.#keep}>
          {facet.bars.map((all, i) => {
            const [from, to] = [facet.edges[i] ?? 0, facet.edges[i + 1] ?? 0];
            const out = to < low || from > high;
            const title = `${label(from, dates)} to ${label(to, dates)}: ${plural(all, "item")}`;
            return (
              <span key={from} class={`ecw-f-bin ${out ? "is-out" : ""}`} title={title}>
                <span
                  class={`ecw-f-bar ${all ? "is-some" : ""}`}
                  style={{ height: `${(100 * all) / most}%` }}
                />
                <span
                  class={`ecw-f-bar ecw-f-kept ${facet.kept[i] ? "is-some" : ""}`}
                  style={{ height: `${(100 * (facet.kept[i] ?? 0)) / most}%` }}
                />
              </span>
            );
          })}
          {([0, 1] as const).map((which) => (
            <div
              key={which}
              class="ecw-f-slider"
              role="slider"
              tabIndex={0}
              aria-label={`${name}: ${which ? "to" : "from"}`}
              aria-orientation="horizontal"
              aria-valuemin={which ? low : range.from}
              aria-valuemax={which ? range.to : high}
              aria-valuenow={which ? high : low}
              aria-valuetext={label(which ? high : low, dates)}
              style={{ left: `${100 * places[which]}%` }}
              onPointerDown={(event) => this.#pressed(which, event)}
              onKeyDown={(event) => this.#key(which, event)}
            />
          ))}
        </div>
        <div class="ecw-f-ends">
          <output>{label(low, dates)}</output>
          <output>{label(high, dates)}</output>
        </div>
      </div>
    );
  }
}
