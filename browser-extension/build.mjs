// Builds the extension: node build.mjs [--tests] [--out FOLDER] [--zip FOLDER]
// One source gives the packages for Chrome and Firefox; KOPILKA_ORIGIN is the service that they know without being told.
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as esbuild from "esbuild";
import { manifest } from "./manifest.mjs";
import { zipped } from "./zip.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({ options: { tests: { type: "boolean" }, out: { type: "string" }, zip: { type: "string" } } });
const origin = new URL(process.env.KOPILKA_ORIGIN || "http://127.0.0.1:8080").origin;
const out = values.out ?? join(here, "../target/extension/unpacked");
const { version } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));

const common = {
  absWorkingDir: here,
  bundle: true,
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  define: { DEFAULT_ORIGIN: JSON.stringify(origin) },
};

if (values.tests) {
  const tests = readdirSync(join(here, "test")).filter((name) => /\.test\.(ts|mjs)$/.test(name)).map((name) => `test/${name}`);
  rmSync(join(out, "test"), { recursive: true, force: true });
  await esbuild.build({
    ...common, entryPoints: tests, outdir: join(out, "test"), outbase: "test", platform: "node", target: "node20", format: "esm",
    outExtension: { ".js": ".mjs" },
  });
} else {
  for (const browser of ["chrome", "firefox"]) await build(browser);
}

async function build(browser) {
  const folder = join(out, browser);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await esbuild.build({
    ...common,
    entryPoints: {
      background: "src/background/index.ts", card: "src/content/card.ts", marks: "src/content/marks.ts", site: "src/content/site.ts",
      popup: "src/pages/popup.ts", options: "src/pages/options.ts", welcome: "src/pages/welcome.ts",
    },
    outdir: folder, format: "iife", platform: "browser", target: ["chrome137", "firefox142"],
  });
  const shell = readFileSync(join(here, "src/pages/page.html"), "utf8");
  for (const page of ["popup", "options", "welcome"]) {
    const kind = page === "popup" ? "popup" : "page";
    writeFileSync(join(folder, `${page}.html`), shell.replace("{{kind}}", kind).replace("{{page}}", page));
  }
  cpSync(join(here, "src/pages/pages.css"), join(folder, "pages.css"));
  cpSync(join(here, "_locales"), join(folder, "_locales"), { recursive: true });
  cpSync(join(here, "icons"), join(folder, "icons"), { recursive: true });
  // Chrome wants only the messages that the manifest names to be short; the others are in the scripts already.
  for (const language of readdirSync(join(folder, "_locales"))) {
    const file = join(folder, "_locales", language, "messages.json");
    const { name, description } = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, `${JSON.stringify({ name, description }, null, 2)}\n`);
  }
  writeFileSync(join(folder, "manifest.json"), `${JSON.stringify(manifest({ browser, origin, version }), null, 2)}\n`);
  if (values.zip) {
    mkdirSync(values.zip, { recursive: true });
    writeFileSync(join(values.zip, `kopilka-${browser}-${version}.zip`), zipped(folder));
  }
}
