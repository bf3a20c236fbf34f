import { mount, type ViewProps } from "../shared/mount";
import { InspectorController } from "./controller";
import { InspectorWidget } from "./inspector";

export default {
  render(props: ViewProps): () => void {
    return mount(props, "inspector", ["view", "metadata", "encord", "group", "error"], (context) => {
      const controller = new InspectorController(context);
      return {
        draw: () => <InspectorWidget controller={controller} />,
        changed: (trait) => controller.changed(trait),
        close: () => controller.close(),
      };
    });
  },
};
