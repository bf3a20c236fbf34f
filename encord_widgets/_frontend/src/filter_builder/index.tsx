import { mount, type ViewProps } from "../shared/mount";
import { Builder } from "./builder";
import { BuilderController } from "./controller";
import { TRAITS } from "./traits";

export default {
  render(props: ViewProps): () => void {
    return mount(props, "filter", TRAITS, (context) => {
      const controller = new BuilderController(context);
      return {
        draw: () => <Builder controller={controller} />,
        drawn: () => controller.drawn(),
        changed: (trait) => controller.changed(trait),
        close: () => controller.close(),
      };
    });
  },
};
