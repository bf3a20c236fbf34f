// Bundles each widget into one whole file, and the loader that unpacks it: anywidget loads code from a Blob, so
// nothing may be fetched by a relative address. Python deflates the files, because packed bytes differ between zlibs.
import { stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const WIDGETS = [
  "item_grid",
  "diff_preview",
  "commit_panel",
  "schema_editor",
  "filter_builder",
  "inspector",
  "join_panel",
  "hygiene_panel",
  "bulk_panel",
];
const LIMIT = 60_000;
// The grid is the one widget with editors, a clipboard and header filters in one; a notebook holds one or two.
const LIMITS = { item_grid: 90_000 };
// Names of our own objects that never cross the wire and never reach the DOM: shortened, they save about 5 kB.
const OWN_NAMES = [
  ..."controller blocks thumbs widths layout places frozen anchor active editor dialog notice wantFocus".split(
    " ",
  ),
  ..."scroller visibleRows visibleColumns setWidth scrolled hasFocus place stored box moveTo selectBox".split(
    " ",
  ),
  ..."stageMany step say command showProblems redraw onDismiss onClose tryAgain advance configure ensure".split(
    " ",
  ),
  ..."above editing outside shown fresh failure confirming rowOf".split(" "),
];
const dev = process.argv.includes("--dev");
const outdir = dev ? join(root, "dev", "dist") : join(dirname(root), "static");

const shared = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  target: "es2022",
  // Calls of h() are shorter than those of the automatic runtime.
  jsx: "transform",
  jsxFactory: "h",
  jsxFragment: "Fragment",
  inject: ["scripts/jsx.js"],
  mangleProps: new RegExp(`^(${OWN_NAMES.join("|")})$`),
  tsconfigRaw: {},
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
};

await build({
  ...shared,
  entryPoints: ["src/loader/index.ts"],
  outfile: join(outdir, "loader.js"),
  inject: [],
  minify: true,
});
let names = {};
for (const name of WIDGETS) {
  const built = await build({
    ...shared,
    entryPoints: [`src/${name}/index.tsx`],
    outfile: join(outdir, `${name}.js`),
    mangleCache: {},
    minify: true,
  });
  if (name === "item_grid") names = built.mangleCache;
  await build({
    ...shared,
    entryPoints: [`src/${name}/style.css`],
    outfile: join(outdir, `${name}.css`),
    minify: true,
  });
  for (const ext of ["js", "css"]) {
    const file = join(outdir, `${name}.${ext}`);
    const { size } = await stat(file);
    console.log(`${relative(root, file).padEnd(28)} ${String(size).padStart(6)} bytes`);
    const limit = LIMITS[name] ?? LIMIT;
    if (size > limit)
      throw new Error(
        `${name}.${ext} is ${size} bytes; every instance carries it (deflated), the limit is ${limit}`,
      );
  }
}

// The grid's dialogs and their style, pasting and the picker of dates, fetched when the grid is first touched; the code
// is a function of what the grid lends it (lent.ts).
const lent = (place) => ({
  name: "lent",
  setup(on) {
    on.onResolve({ filter: /^preact$|(shared|\.)\/(cells|client|ui)$/ }, ({ importer }) =>
      importer.endsWith("lent.ts") ? undefined : place,
    );
  },
});
const more = {
  ...shared,
  entryPoints: ["src/item_grid/part.ts"],
  mangleCache: names,
  minify: true,
};
// First with the real lent.ts, which fails when something is missing there; this output is not kept.
await build({ ...more, write: false, plugins: [lent({ path: join(root, "src/item_grid/lent.ts") })] });
await build({
  ...more,
  format: "cjs",
  banner: { js: "export default (require,module)=>{" },
  footer: { js: "}" },
  plugins: [lent({ path: "lent", external: true })],
  outfile: join(outdir, "item_grid_more.js"),
});
await build({
  ...shared,
  entryPoints: ["src/item_grid/dialogs.css"],
  outfile: join(outdir, "item_grid_more.css"),
  minify: true,
});
if (dev) {
  await build({
    ...shared,
    entryPoints: ["dev/harness.ts"],
    outfile: join(outdir, "harness.js"),
    mangleProps: undefined,
  });
}
