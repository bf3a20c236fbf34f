import { mount, type ViewProps } from "../shared/mount";
import { Controller } from "./controller";
import { afterDraw, GridWidget } from "./grid";
import { Keys } from "./keys";
import { TRAITS } from "./traits";

export default {
  render(props: ViewProps): () => void {
    return mount(props, "grid", TRAITS, (context) => {
      const controller = new Controller(context);
      const keys = new Keys(controller);
      for (const touch of ["pointerenter", "focusin"])
        context.root.addEventListener(touch, () => void controller.reach(), { once: true });
      return {
        draw: () => (
          <GridWidget controller={controller} keys={keys} model={context.model} client={context.client} />
        ),
        drawn: () => afterDraw(controller),
        changed: () => controller.changed(),
        close: () => controller.close(),
      };
    });
  },
};
