// Between the values of a histogram and places along it.
import type { Facet, Val } from "./traits";
import { numberOf } from "./values";

export interface Range {
  from: number;
  to: number;
}

export function extent(facet: Facet): Range {
  return { from: facet.edges[0] ?? 0, to: facet.edges.at(-1) ?? 0 };
}

/** 0 to 1 along the histogram; values outside of it stand at its ends. */
export function placeOf(value: number, { from, to }: Range): number {
  if (to <= from) return 0;
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}

/** One press of an arrow key: a round number near a hundredth of the range, a round time for dates. */
export function stepOf({ from, to }: Range, dates: boolean): number {
  const rough = (to - from) / 100;
  if (!(rough > 0)) return 1;
  if (dates) {
    const steps = [604_800, 86_400, 21_600, 3_600, 600, 60];
    return steps.find((one) => one <= rough) ?? 1;
  }
  const power = 10 ** Math.floor(Math.log10(rough));
  return [5, 2, 1].map((one) => one * power).find((one) => one <= rough) ?? power;
}

/** The value at a place, rounded to steps; the ends are exact, so that what lies on them is in. */
export function valueAt(place: number, range: Range, step: number): number {
  if (place <= 0) return range.from;
  if (place >= 1) return range.to;
  const value = Math.round((range.from + place * (range.to - range.from)) / step) * step;
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  return Math.min(range.to, Math.max(range.from, Number(value.toFixed(Math.min(digits, 15)))));
}

export function toVal(value: number, dates: boolean): Val {
  if (!dates) return ["n", numberOf(String(value)) ?? "0"];
  const iso = new Date(value * 1000).toISOString();
  return iso.replace(/\.000Z$/, "Z");
}

/** The number that a rule's value stands for; null when it cannot be put on the histogram. */
export function fromVal(value: Val | undefined, dates: boolean): number | null {
  if (dates) {
    if (typeof value !== "string") return null;
    // A time without a zone is UTC, as in Python.
    const zoned = /T.*(Z|[+-]\d{2}:?\d{2})$/i.test(value) || !value.includes("T");
    const at = Date.parse(zoned ? value : `${value}Z`);
    return Number.isNaN(at) ? null : at / 1000;
  }
  return Array.isArray(value) && value[0] === "n" ? Number(value[1]) : null;
}

export function label(value: number, dates: boolean): string {
  if (!dates) {
    return new Intl.NumberFormat("en-US", { maximumSignificantDigits: 6 }).format(value);
  }
  const iso = new Date(value * 1000).toISOString();
  return iso.slice(11, 19) === "00:00:00" ? iso.slice(0, 10) : `${iso.slice(0, 10)} ${iso.slice(11, 16)}`;
}
