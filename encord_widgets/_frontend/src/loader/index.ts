// What each widget's `_esm` is: unpacks the widget's own code, which comes deflated beside it.
import type { ViewProps } from "../shared/mount";
import { bytesOf, inflate, moduleOf } from "../shared/unpack";

/** Name and digest of the packed code; Python puts them in front of this text. */
declare const PACKED: string;

interface Unpacked {
  css: string;
  widget: { render(props: ViewProps): () => void };
}

// Code is the same for every view of a page: unpacked once, whatever number of widgets carries it.
const PAGE = Symbol.for("encord_widgets.code");

function unpacked(packed: DataView | null): Promise<Unpacked> {
  const page = globalThis as { [PAGE]?: Map<string, Promise<Unpacked>> };
  page[PAGE] ??= new Map();
  const known = page[PAGE];
  let found = known.get(PACKED);
  if (!found) {
    found = unpack(packed);
    known.set(PACKED, found);
    found.catch(() => known.delete(PACKED));
  }
  return found;
}

async function unpack(packed: DataView | null): Promise<Unpacked> {
  if (!packed) throw new Error("the code did not arrive");
  const [css = "", code = ""] = (await inflate(bytesOf(packed))).split("\0");
  const { default: widget } = await moduleOf<{ default: Unpacked["widget"] }>(code);
  return { css, widget };
}

export default {
  async render(props: ViewProps): Promise<(() => void) | undefined> {
    const { model, el, signal } = props;
    try {
      const { css, widget } = await unpacked(model.get("_packed") as DataView | null);
      if (signal?.aborted) return undefined;
      // In the view itself: wherever the host puts it, also into a shadow tree, the style is there with it.
      const style = el.ownerDocument.createElement("style");
      style.textContent = css;
      el.appendChild(style);
      const end = widget.render(props);
      return () => {
        end();
        style.remove();
      };
    } catch (error) {
      el.textContent = `This widget could not be shown: ${error instanceof Error ? error.message : error}. It needs a browser of 2023 or later.`;
      throw error;
    }
  },
};
