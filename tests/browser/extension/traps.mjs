// What goes wrong unnoticed, each tried twice: on the package as it is, where the check must hold, and on a copy from which
// the one remedy was taken, where it must fail: node traps.mjs CHROMIUM PACKAGE
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BOOKS, MAIN } from "./checks.mjs";
import { Browser, until } from "./chromium.mjs";
import { Service } from "./service.mjs";
import { PAGES } from "./pages.mjs";
import { World } from "./world.mjs";

const [program, shipped] = process.argv.slice(2);

const named = (words) => Object.entries({ ...MAIN, ...PAGES }).find(([name]) => name.includes(words))[1];
const manifest = (change) => (text) => JSON.stringify(change(JSON.parse(text)));
const noHosts = manifest(({ host_permissions: _, ...rest }) => rest);

const TRAPS = [
  {
    // Chromium never calls a listener that was added while no host was granted.
    name: "1 permission granted while it runs, and none before",
    always: { "manifest.json": noHosts },
    without: { "background.js": ["chrome.permissions.onAdded.addListener((added) => {\n    watch();", "chrome.permissions.onAdded.addListener((added) => {"] },
    check: async ({ browser }) => {
      const page = await browser.page();
      assert.equal(await browser.decided("books", () => page.goto(BOOKS)), "offer");
      await browser.reset();
      assert.equal(await browser.decided("books", () => page.goto(`http://www.dpbolvw.net/c?u=${encodeURIComponent(BOOKS)}`)), "standdown");
    },
  },
  {
    name: "2 a page that asks before its request is known: silent for want of a record, not reminded of for want of a rival",
    without: { "background.js": ["if (!asked.came) return \"unknown-way\";", ""] },
    // A background that is never told of requests, as one is that wakes too late.
    always: { "background.js": (text) => text.replace("onBeforeRequest.addListener(onRequest, FILTER);", "") },
    check: async ({ browser }) => {
      const page = await browser.page();
      assert.equal(await browser.decided("books", () => page.goto(`http://www.dpbolvw.net/c?u=${encodeURIComponent(BOOKS)}`)), "unknown-way");
    },
  },
  {
    name: "3 the same address was visited before",
    without: { "background.js": ["&& landing.at >= began - CLOCK_SLACK", ""] },
    check: async ({ browser }) => {
      // The address is known from before; of the visit that counts the background hears nothing.
      const page = await browser.page();
      assert.equal(await browser.decided("books", () => page.goto(`${BOOKS}same`)), "offer");
      const { trails } = await browser.session();
      await page.goto("http://blog.test/link?u=x");
      await browser.revoke();
      await browser.control.evaluate((kept) => chrome.storage.session.set({ trails: kept, states: {}, log: [] }), trails);
      await page.goto(`${BOOKS}same`);
      const url = page.url();
      const began = await page.evaluate(() => performance.timeOrigin);
      await browser.grant();
      await browser.control.evaluate((kept) => chrome.storage.session.set({ trails: kept, states: {}, log: [] }), trails);
      await browser.control.evaluate(async (address) => {
        const [tab] = (await chrome.tabs.query({})).filter((one) => one.url === address);
        await chrome.scripting.executeScript({ target: { tabId: tab.id }, files: ["card.js"] });
      }, url);
      assert.ok(began > 0);
      const reason = await until("a decision", async () => (await browser.session()).log?.[0]?.reason);
      assert.equal(reason, "unknown-way");
    },
  },
  { name: "4 a page that comes back whole", without: { "card.js": ["if (!event.persisted) return;", "return;"] }, check: named("a page that comes back whole") },
  { name: "5 another open tab", without: { "background.js": ["await hide(all.cards, way.slug)", "undefined"] }, check: named("an open tab") },
  {
    // What a builder does that takes the pages of a script for hosts that are asked for at install.
    name: "6 more hosts at install than were agreed",
    without: { "manifest.json": manifest((all) => ({ ...all, host_permissions: ["*://*/*"] })) },
    check: named("P16"),
  },
  {
    // What a browser knows that registers late. The script is then put into the page.
    name: "7 a page that is opened before the scripts are registered",
    without: { "background.js": ["if (change.status === \"complete\" && url !== void 0)", "if (false)"] },
    check: async ({ browser }) => {
      await browser.control.evaluate(() => chrome.scripting.unregisterContentScripts({ ids: ["stores"] }));
      const page = await browser.page();
      assert.equal(await browser.decided("books", () => page.goto(BOOKS)), "offer");
    },
  },
  {
    name: "P18 a private window, and an extension that was let into them",
    inPrivate: true,
    without: { "manifest.json": manifest((all) => ({ ...all, incognito: "spanning" })) },
    check: async ({ browser }) => {
      const own = await browser.context.browser().newContext();
      const hidden = await own.newPage();
      await hidden.goto(`${BOOKS}private`);
      // What is decided about a page that is asked for later has been decided about this one as well.
      const page = await browser.page();
      assert.equal(await browser.decided("books", () => page.goto(BOOKS)), "offer");
      assert.equal((await browser.session()).log.length, 1, "it asked in the private window");
      assert.equal(await browser.card(hidden), null, "a reminder in the private window");
    },
  },
];

/** A copy of the package with some files changed. */
function copy(changes) {
  const folder = mkdtempSync(join(tmpdir(), "kopilka-package-"));
  cpSync(shipped, folder, { recursive: true });
  for (const change of changes) {
    for (const [file, how] of Object.entries(change ?? {})) {
      const before = readFileSync(join(folder, file), "utf8");
      const after = typeof how === "function" ? how(before) : before.replace(how[0], how[1]);
      assert.notEqual(after, before, `${file} does not hold what is to be taken out: ${how}`);
      writeFileSync(join(folder, file), after);
    }
  }
  return folder;
}

async function run(trap, changes) {
  const folder = copy(changes);
  const world = await World.start();
  const service = new Service();
  world.service = service.handle;
  const browser = await Browser.start(program, folder, world.port);
  let ready = false;
  try {
    if (trap.inPrivate) await browser.letIntoPrivateWindows();
    await browser.grant();
    await browser.send({ kind: "refresh" });
    await browser.listed();
    await browser.scripted();
    await browser.reset();
    ready = true;
    await trap.check({ browser, world, service });
    return null;
  } catch (error) {
    // What does not even begin says nothing about the remedy.
    if (!ready) throw error;
    return error;
  } finally {
    await browser.end();
    await world.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

let wrong = 0;
for (const trap of TRAPS) {
  const kept = await run(trap, [trap.always]);
  const lost = await run(trap, [trap.always, trap.without]);
  const good = kept === null && lost !== null;
  if (!good) wrong += 1;
  console.log(`${good ? "ok" : "NOT OK"} trap ${trap.name}: ${kept === null ? "holds" : `fails (${kept.stack.split("\n").slice(0, 4).join(" ")})`}; without the remedy ${lost === null ? "holds as well" : `fails (${lost.message.split("\n")[0]})`}`);
}
process.exit(wrong === 0 ? 0 : 1);
