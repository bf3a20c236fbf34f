import { mount, type ViewProps } from "../shared/mount";
import { SchemaController } from "./controller";
import { SchemaWidget } from "./editor";

export default {
  render(props: ViewProps): () => void {
    return mount(
      props,
      "schema",
      ["rows", "summary", "impact", "migration", "outcome", "error"],
      (context) => {
        const controller = new SchemaController(context);
        return {
          draw: () => <SchemaWidget controller={controller} />,
          changed: () => controller.changed(),
          close: () => controller.close(),
        };
      },
    );
  },
};
