// The extension in Firefox, as a stock browser runs it: node firefox.mjs FIREFOX PACKAGE
// The main way, and silence after a rival's click (P4), without a record (P5) and after a grant (P6), with an event
// page that falls asleep after a second and a half, so that it has to wake for nearly every page.
import assert from "node:assert/strict";
import puppeteer from "puppeteer-core";
import { until } from "./chromium.mjs";
import { Service } from "./service.mjs";
import { World } from "./world.mjs";

const [program, extension] = process.argv.slice(2);
const ID = "extension@kopilka.invalid";
const UUID = "7c5a2f3e-6f0e-4c62-9a44-0d4f4f1f9b11";
const BOOKS = "http://books.test/";
const rival = (to, how = "click", host = "www.dpbolvw.net") => `http://${host}/${how}?u=${encodeURIComponent(to)}`;

const world = await World.start();
const service = new Service();
world.service = service.handle;
const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: program,
  headless: true,
  args: ["--remote-allow-system-access"],
  extraPrefsFirefox: {
    "network.dns.forceResolve": "127.0.0.1",
    "network.socket.forcePort": `80=${world.port};443=${world.port}`,
    "dom.security.https_first": false,
    "extensions.webextensions.uuids": JSON.stringify({ [ID]: UUID }),
    "extensions.webextOptionalPermissionPrompts": false,
    "extensions.background.idle.timeout": 1_500,
    "privacy.resistFingerprinting": false,
  },
});
await browser.installExtension(extension);

const tab = () => browser.newPage();

/** A page of the extension. Firefox never says that it has arrived, so its content is waited for. */
async function own(name, ready) {
  const page = await tab();
  page.goto(`moz-extension://${UUID}/${name}`).catch(() => undefined);
  await until(name, () => page.evaluate((selector) => document.querySelector(selector) !== null, ready).catch(() => false), 20_000);
  return page;
}

const control = await own("options.html", "#language");
const session = () => control.evaluate(() => chrome.storage.session.get(null));
const send = (message) => control.evaluate((one) => chrome.runtime.sendMessage(one), message);
const reset = () => control.evaluate(async () => {
  await chrome.storage.session.set({ states: {}, trails: {}, cards: {}, told: [], log: [] });
  await chrome.storage.local.set({ floor: {}, kept: {} });
});

/** Whether something of ours lies over the page. What it holds is closed to everybody. */
const shown = (page) => page.evaluate(() => [...document.documentElement.children].some((one) => one.tagName === "DIV" && getComputedStyle(one).position === "fixed" && one.getBoundingClientRect().height > 40));

async function decided(page, slug, url) {
  await control.evaluate(() => chrome.storage.session.set({ log: [] }));
  await page.goto(url, { waitUntil: "domcontentloaded" }).catch(() => undefined);
  return until(`a decision about ${slug}`, async () => (await session()).log?.find((entry) => entry.slug === slug)?.reason, 15_000);
}

const asleep = () => new Promise((resolve) => setTimeout(resolve, 2_500));

const checks = {
  "the list is taken, reminders are granted by a click, and the browser is connected": async () => {
    const welcome = await own("welcome.html", "#reminders-on");
    await welcome.click("#reminders-on");
    await until("the grant", () => control.evaluate(() => chrome.permissions.contains({ origins: ["*://*/*"] })));
    await send({ kind: "refresh" });
    await until("the scripts", () => control.evaluate(async () => (await chrome.scripting.getRegisteredContentScripts()).some((one) => one.id === "stores")));
    // Firefox is told here that signing in makes known who somebody is.
    await welcome.click("#sign-in");
    const allow = await until("the service's page", async () => (await browser.pages()).find((page) => page.url().includes("/extension/connect")));
    await until("its link", () => allow.evaluate(() => document.querySelector("#allow") !== null).catch(() => false));
    await allow.click("#allow");
    await until("the account", async () => control.evaluate(async () => (await chrome.storage.local.get("account")).account));
    await Promise.all([allow.close(), welcome.close()]);
  },
  "reminder, real key, activation, tracked": async () => {
    const from = world.seen.length;
    const page = await tab();
    assert.equal(await decided(page, "books", BOOKS), "offer");
    await until("the reminder", () => shown(page));
    assert.equal(world.toService(from).length, 0);
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "BODY");
    // The page's own link and field come first, then our first button.
    await page.evaluate(() => new Promise((done) => setTimeout(done, 800)));
    for (const _ of ["link", "field", "activate"]) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await until("the click", async () => (await session()).states.books?.activation?.click, 15_000);
    assert.equal((await session()).states.books.phase, "activated");
    assert.equal(world.toService(from).filter((one) => one.path.startsWith("/go/")).length, 1);
    await until("what came of it", () => shown(page));
    await page.close();
  },
  "P4 rivals by redirect, script and refresh with the event page asleep: silent; direct: a reminder": async () => {
    for (const [how, url] of [["302", rival(BOOKS)], ["script", rival(BOOKS, "js")], ["refresh", rival(BOOKS, "meta")], ["sign", `${BOOKS}?afsrc=1`]]) {
      await reset();
      const page = await tab();
      await asleep();
      assert.equal(await decided(page, "books", url), "standdown", how);
      assert.equal(await shown(page), false, how);
      await page.close();
    }
    await reset();
    const page = await tab();
    await asleep();
    assert.equal(await decided(page, "books", BOOKS), "offer");
    await until("the reminder", () => shown(page));
    await page.close();
  },
  "P4 the same address, visited before, now by a rival, six times with the event page asleep: never shown": async () => {
    const page = await tab();
    let direct = 0;
    for (let time = 0; time < 6; time += 1) {
      await reset();
      if ((await decided(page, "books", BOOKS)) === "offer") direct += 1;
      await page.goto("http://blog.test/link?u=x", { waitUntil: "domcontentloaded", timeout: 5_000 }).catch(() => undefined);
      await control.evaluate(() => Promise.all([chrome.storage.session.set({ states: {}, log: [] }), chrome.storage.local.set({ kept: {} })]));
      await asleep();
      const reason = await decided(page, "books", rival(BOOKS));
      assert.notEqual(reason, "offer", `time ${time}`);
      assert.equal(await shown(page), false, `time ${time}`);
    }
    assert.ok(direct >= 4, `the control: direct visits were reminded of ${direct} times of 6`);
    await page.close();
  },
  "P5 nothing is known of how the page came: silent": async () => {
    const page = await tab();
    assert.equal(await decided(page, "books", `${BOOKS}p5`), "offer");
    await until("the reminder", () => shown(page));
    await page.goto("http://blog.test/link?u=x", { waitUntil: "domcontentloaded", timeout: 5_000 }).catch(() => undefined);
    await control.evaluate(() => chrome.storage.session.set({ trails: {}, log: [] }));
    await page.evaluate(() => history.back());
    await until("the page to be back", () => page.evaluate(() => location.pathname === "/p5").catch(() => false), 15_000);
    // It asks for two seconds at most; whether Firefox kept the page whole or asked for it anew is its own affair.
    await asleep();
    const reason = (await session()).log?.find((entry) => entry.slug === "books")?.reason;
    assert.ok([undefined, "unknown-way", "enough"].includes(reason), reason);
    assert.equal(await shown(page), false);
    // The control: asked for anew, it is reminded of.
    await reset();
    assert.equal(await decided(page, "books", `${BOOKS}p5-again`), "offer");
    await until("the reminder", () => shown(page));
    await page.close();
  },
  "P6 taken back: nothing runs; granted again while it runs: a rival is seen": async () => {
    await control.evaluate(() => chrome.permissions.remove({ origins: ["*://*/*"] }));
    await until("the scripts to go", () => control.evaluate(async () => !(await chrome.scripting.getRegisteredContentScripts()).some((one) => one.id === "stores")));
    const page = await tab();
    await page.goto(BOOKS).catch(() => undefined);
    await asleep();
    assert.equal(await shown(page), false);
    assert.deepEqual((await session()).log, []);
    const welcome = await own("welcome.html", "#reminders-on");
    await welcome.click("#reminders-on");
    await until("the scripts", () => control.evaluate(async () => (await chrome.scripting.getRegisteredContentScripts()).some((one) => one.id === "stores")));
    await welcome.close();
    assert.equal(await decided(page, "books", rival(BOOKS)), "standdown");
    assert.equal(await shown(page), false);
    await reset();
    assert.equal(await decided(page, "books", BOOKS), "offer");
    await page.close();
  },
};

let good = 0;
for (const [name, check] of Object.entries(checks)) {
  await reset();
  const began = Date.now();
  try {
    await check();
    good += 1;
    console.log(`ok ${((Date.now() - began) / 1000).toFixed(1)}s firefox: ${name}`);
  } catch (error) {
    console.log(`NOT OK firefox: ${name}\n    ${String(error.stack).split("\n").slice(0, 6).join("\n    ")}`);
  }
}
await browser.close();
await world.end();
console.log(`extension in Firefox: ${good} of ${Object.keys(checks).length} checks as they should be`);
process.exit(good === Object.keys(checks).length ? 0 : 1);
