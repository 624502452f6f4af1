// The extension in Chromium against a stand-in for the service: node run.mjs CHROMIUM PACKAGE [--long] [--only WORD] [--shots FOLDER]
import { parseArgs } from "node:util";
import { MAIN, MORE, signIn } from "./checks.mjs";
import { Browser } from "./chromium.mjs";
import { PAGES } from "./pages.mjs";
import { RARE } from "./rare.mjs";
import { Service } from "./service.mjs";
import { World } from "./world.mjs";

const { positionals, values } = parseArgs({
  allowPositionals: true, options: { long: { type: "boolean" }, only: { type: "string" }, shots: { type: "string" } },
});
const [program, extension] = positionals;
const checks = Object.entries({ ...MAIN, ...(values.long ? { ...MORE, ...PAGES, ...RARE } : {}) }).filter(([name]) => name.includes(values.only ?? ""));

const world = await World.start();
const service = new Service();
world.service = service.handle;
const browser = await Browser.start(program, extension, world.port);
const given = { browser, world, service, extension, program, shots: values.shots };
await browser.send({ kind: "refresh" });
await browser.listed();
await browser.grant();
await signIn(browser);
let good = 0;
for (const [name, check] of checks) {
  await browser.reset();
  const began = Date.now();
  try {
    await check(given);
    good += 1;
    console.log(`ok ${((Date.now() - began) / 1000).toFixed(1)}s ${name}`);
  } catch (error) {
    console.log(`NOT OK ${name}\n    ${String(error.stack).split("\n").slice(0, 6).join("\n    ")}`);
  }
  for (const page of browser.context.pages()) if (page !== browser.control) await page.close();
}
await browser.end();
await world.end();
console.log(`extension: ${good} of ${checks.length} checks as they should be`);
process.exit(good === checks.length ? 0 : 1);
