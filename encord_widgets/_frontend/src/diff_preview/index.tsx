import { mount, type ViewProps } from "../shared/mount";
import { DiffController } from "./controller";
import { DiffWidget } from "./diff";

export default {
  render(props: ViewProps): () => void {
    return mount(props, "diff", ["summary", "error"], (context) => {
      const controller = new DiffController(context);
      return {
        draw: () => <DiffWidget controller={controller} model={context.model} client={context.client} />,
        drawn: () => controller.drawn(),
        changed: () => controller.changed(),
        close: () => controller.close(),
      };
    });
  },
};
