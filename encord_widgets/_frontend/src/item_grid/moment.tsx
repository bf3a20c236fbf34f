// The picker under a date and time: it writes ISO text, and a zone with it. The text stays what counts.
import type { JSX } from "preact";

const SHAPE =
  /^\s*(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:[.,]\d+)?\s*(Z|z|[+-]\d\d(?::?\d\d)?)?)?\s*$/;

export interface Moment {
  /** As `datetime-local` inputs want it. */
  local: string;
  /** "Z", "+02:00", or "" where the text names none. */
  zone: string;
}

/** The parts of an ISO text, or null when it is none that a picker could show. */
export function momentOf(text: string): Moment | null {
  const [, date, time, zone = ""] = SHAPE.exec(text) ?? [];
  if (!date) return null;
  const hours = zone.slice(1).replace(":", "");
  const full = /^[+-]/.test(zone) ? `${zone[0]}${hours.slice(0, 2)}:${hours.slice(2) || "00"}` : zone;
  return { local: `${date}T${time ?? "00:00"}`, zone: full.toUpperCase() };
}

/** The offset of this browser's own zone at a time, as ISO text writes it. */
export function ownZone(local: string): string {
  const minutes = -new Date(local).getTimezoneOffset() || 0;
  const digits = (n: number): string => String(Math.floor(Math.abs(n))).padStart(2, "0");
  return `${minutes < 0 ? "-" : "+"}${digits(minutes / 60)}:${digits(minutes % 60)}`;
}

export function isoOf({ local, zone }: Moment): string {
  const time = local.length === 16 ? `${local}:00` : local;
  return `${time}${zone}`;
}

interface Props {
  text: string;
  put(text: string): void;
}

export function MomentPicker({ text, put }: Props): JSX.Element {
  const now = momentOf(text);
  const local = now?.local ?? "";
  const own = ownZone(local || "2000-01-01T00:00");
  const zone = now ? now.zone : "Z";
  const zones: [string, string][] = [["Z", "UTC"]];
  if (own !== "+00:00") zones.push([own, `${own}, this browser`]);
  if (!zones.some(([one]) => one === zone)) zones.push([zone, zone || "no zone"]);
  return (
    <div class="ecw-moment">
      <input
        class="ecw-input"
        type="datetime-local"
        step={1}
        aria-label="Date and time"
        value={local}
        onInput={(event) => {
          const picked = event.currentTarget.value;
          if (picked) put(isoOf({ local: picked, zone }));
        }}
      />
      <select
        class="ecw-input"
        aria-label="Time zone"
        value={zone}
        onChange={(event) => now && put(isoOf({ local, zone: event.currentTarget.value }))}
      >
        {zones.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </div>
  );
}
