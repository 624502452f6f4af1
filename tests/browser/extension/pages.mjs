// The extension's own pages: popup, options and welcome, in both languages, with axe and pictures where they are wanted.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { until } from "./chromium.mjs";
import { BOOKS, signIn } from "./checks.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds, and texts that are missing. */
export async function looked(page, name, { shots, dark = false } = {}) {
  const { context } = { context: page.context() };
  assert.ok(!(await page.textContent("body")).includes("⟦"), `${name} misses a text`);
  const session = await context.newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: axe });
  const run = `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"] }).then((all) =>
    JSON.stringify(all.violations.map((one) => one.id + " at " + one.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", "))))`;
  const { result } = await session.send("Runtime.evaluate", { expression: run, awaitPromise: true, returnByValue: true });
  await session.detach();
  assert.deepEqual(JSON.parse(result.value), [], name);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(wide, false, `${name} is wider than the window`);
  if (shots) {
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: `${shots}/${name}${dark ? "-dark" : ""}.png`, fullPage: true });
  }
}

/** The popup as a page, told that the tab of `page` is the one in front. */
export async function popup(browser, page, language) {
  const { id, url } = await browser.control.evaluate(async (address) => {
    const tabs = await chrome.tabs.query({});
    const tab = tabs.find((one) => one.url === address);
    return { id: tab.id, url: tab.url };
  }, page.url());
  const opened = await browser.page();
  await opened.setViewportSize({ width: 376, height: 600 });
  await opened.addInitScript(([tab, address]) => {
    const query = chrome.tabs.query.bind(chrome.tabs);
    chrome.tabs.query = (asked) => (asked.active ? Promise.resolve([{ id: tab, url: address }]) : query(asked));
  }, [id, url]);
  await opened.goto(browser.own("popup.html"));
  await opened.waitForSelector("#here");
  if (language) assert.equal(await opened.getAttribute("html", "lang"), language);
  return opened;
}

/** Presses the toolbar's button over a page, as a person does; gives a way to ask the popup that opens. */
async function toolbar(browser, url) {
  const session = await browser.context.browser().newBrowserCDPSession();
  const targets = async (filter) => (await session.send("Target.getTargets", { filter })).targetInfos;
  const tab = (await targets([{ type: "tab" }])).find((one) => one.url === url);
  await session.send("Extensions.triggerAction", { id: browser.id, targetId: tab.targetId });
  const popup = await until("the popup", async () => (await targets([{}])).find((one) => one.type === "page" && one.url === browser.own("popup.html")));
  const { sessionId } = await session.send("Target.attachToTarget", { targetId: popup.targetId, flatten: false });
  const waiting = new Map();
  session.on("Target.receivedMessageFromTarget", ({ message }) => {
    const { id, result } = JSON.parse(message);
    waiting.get(id)?.(result?.result?.value);
  });
  let last = 0;
  return (expression) => new Promise((resolve) => {
    last += 1;
    waiting.set(last, resolve);
    const message = JSON.stringify({ id: last, method: "Runtime.evaluate", params: { expression, returnByValue: true } });
    session.send("Target.sendMessageToTarget", { sessionId, message }).catch(() => resolve(null));
  });
}

const FACTS = { en: /affiliate link.*commission/s, ru: /партнёрской ссылке.*комиссию/s };

export const PAGES = {
  "P15 popup, options and welcome say what they are, in both languages, light and dark, and please axe": async ({ browser, shots, service }) => {
    service.orders = [
      { id: "1", store: "books", state: "confirmed", cashback: { amount: "120.50", currency: "RUB" }, at: "2026-11-20T10:00:00Z", url: "/orders/1" },
      { id: "2", store: "lamps", state: "pending", cashback: { amount: "300.00", currency: "RUB" }, at: "2026-11-24T10:00:00Z", url: "/orders/2" },
    ];
    const page = await browser.page();
    await page.goto(BOOKS);
    for (const [language, dark] of [["en", false], ["ru", false], ["ru", true], ["en", true]]) {
      await browser.send({ kind: "language", language });
      const shown = { shots, dark };
      const opened = await popup(browser, page, language);
      if (dark) await opened.emulateMedia({ colorScheme: "dark" });
      await opened.waitForSelector("#orders");
      assert.match(await opened.textContent("#orders"), language === "ru" ? /Books.*120,50.*Lamps.*300/s : /Books.*120\.50.*Lamps.*300/s);
      assert.match(await opened.textContent("#here"), FACTS[language]);
      await looked(opened, `popup-${language}`, shown);
      await opened.close();
      for (const name of ["welcome", "options"]) {
        const one = await browser.page();
        if (dark) await one.emulateMedia({ colorScheme: "dark" });
        await one.goto(browser.own(`${name}.html`));
        await one.waitForSelector("h1");
        if (name === "welcome") assert.match(await one.textContent("main"), FACTS[language]);
        await looked(one, `${name}-${language}`, shown);
        if (name === "welcome") {
          const [yes, no] = [await one.locator("#reminders-on").boundingBox(), await one.locator("#reminders-off").boundingBox()];
          assert.ok(Math.abs(yes.width - no.width) <= 1 && Math.abs(yes.height - no.height) <= 1, "the two answers differ in size");
        }
        await one.close();
      }
      if (shots) {
        if (dark) await page.emulateMedia({ colorScheme: "dark" });
        await browser.reset();
        await page.goto(`${BOOKS}${language}`);
        await browser.shown(page);
        await page.evaluate(() => new Promise((done) => setTimeout(done, 400)));
        await page.screenshot({ path: `${shots}/card-${language}${dark ? "-dark" : ""}.png` });
      }
    }
    await browser.send({ kind: "language", language: "en" });
  },

  "the reminder by itself, its root opened, pleases axe, light and dark": async ({ browser, extension }) => {
    // In the product the root is closed, and axe sees nothing of it.
    const script = readFileSync(`${extension}/card.js`, "utf8");
    const opened = script.replace('mode: "closed"', 'mode: "open"');
    assert.notEqual(opened, script);
    const card = {
      slug: "books", language: "en", service: "Kopilka", title: "Up to 5% cashback at Books", lines: [], exclusions: "No cashback: gift cards.",
      score: "120 orders so far", activate: "Activate", later: "Not now", never: "Never here", label: "Cashback reminder of Kopilka",
      disclosure: "Activating opens the store by an affiliate link of Kopilka.", cart_paths: [], leaves_cart: false,
    };
    for (const colorScheme of ["light", "dark"]) {
      for (const answer of [{ card, status: null }, { card: null, status: { good: false, text: "Cashback is not active", service: "Kopilka" } }]) {
        const page = await browser.page();
        await page.emulateMedia({ colorScheme });
        await page.goto("http://blog.test/link?u=x");
        await page.setContent(`<!doctype html><html lang="en"><head><title>page</title></head><body><main><h1>page</h1></main></body></html>`);
        await page.evaluate(([code, answered]) => {
          window.chrome = { runtime: { sendMessage: () => Promise.resolve(answered), onMessage: { addListener() {} } } };
          new Function(code)();
        }, [opened, answer]);
        await page.waitForFunction(() => [...document.documentElement.children].some((one) => one.shadowRoot?.textContent.includes("Kopilka")));
        await page.evaluate(() => new Promise((done) => setTimeout(done, 300)));
        await looked(page, `reminder ${colorScheme}`);
        await page.close();
      }
    }
  },

  "P11 the popup offers nothing where there is no rate, no permission of the store, or a network that forbids it": async ({ browser }) => {
    const page = await browser.page();
    const buttons = {};
    for (const slug of ["norate", "noext", "amazonish", "books"]) {
      await page.goto(`http://${slug}.test/`);
      const opened = await popup(browser, page);
      buttons[slug] = await opened.locator("#activate").count();
      await opened.close();
    }
    assert.deepEqual(buttons, { norate: 0, noext: 0, amazonish: 0, books: 1 });
    for (const slug of ["norate", "noext", "amazonish"]) {
      assert.equal((await browser.send({ kind: "popup-activate", tab: 1, slug })).ok, false, slug);
    }
  },

  "the popup activates in the page's tab, tells why it was silent, finds stores and shows what came of it": async ({ browser }) => {
    const page = await browser.page();
    await browser.decided("books", () => page.goto(`http://www.awin1.com/c?u=${encodeURIComponent(BOOKS)}`));
    const opened = await popup(browser, page, "en");
    await opened.click("#why summary");
    assert.match(await opened.textContent("#why"), /rules of the networks.*Not before/s);
    await opened.fill("#search", "lam");
    await opened.waitForSelector("#found a");
    assert.match(await opened.textContent("#found"), /Lamps.*300/);
    const gone = opened.waitForEvent("close");
    await opened.click("#activate");
    await gone;
    await until("activated", async () => (await browser.session()).states.books.activation?.click);
    await until("the landing", () => page.url().includes("/landing"));
    const after = await popup(browser, page);
    assert.match(await after.textContent("#standing"), /tracked at \d\d:\d\d/);
    await after.close();
  },

  "with no site granted the toolbar's button still knows the page's store and activates there": async ({ browser, service }) => {
    await browser.revoke();
    const page = await browser.page();
    await page.goto(`${BOOKS}toolbar`);
    await page.bringToFront();
    const asked = await toolbar(browser, page.url());
    const text = await until("the store in the popup", () => asked("document.querySelector('#activate') && document.querySelector('#here').textContent"));
    assert.match(text, /cashback at Books/);
    await asked("document.querySelector('#activate').click()");
    await until("the landing", () => page.url().includes("/landing"));
    assert.ok([...service.activations.values()].at(-1).click, "the service has the click");
    assert.equal(await browser.card(page), null);
    // The way could not be seen, and so it is not said that it was good.
    await browser.age("books", 2);
    const after = await popup(browser, page, "en");
    assert.match(await after.textContent("#standing"), /cannot see whether/);
    await after.close();
    await browser.grant();
  },

  "options: mute, log, fingerprint, what is kept, forget everything, another service": async ({ browser, service }) => {
    const page = await browser.page();
    await page.goto("http://www.awin1.com/c?u=http%3A%2F%2Flamps.test%2F");
    await until("the silence", async () => (await browser.session()).states.lamps?.phase === "standdown");
    await browser.decided("books", () => page.goto(BOOKS));
    await browser.press(page, "Never here");
    const options = await browser.page();
    await until("the mute", async () => (await browser.local()).settings.muted.books);
    await options.goto(browser.own("options.html"));
    await options.waitForSelector("#log");
    assert.match(await options.textContent("#log"), /Books A reminder was shown/);
    assert.match(await options.textContent("#fingerprint"), /^([0-9a-f]{4} ?){8}$/);
    await options.click("#muted button");
    await until("the mute to end", async () => !(await browser.local()).settings.muted.books);
    await options.click("#show");
    const kept = await options.textContent("#data");
    assert.ok(kept.includes("kopilka.test"));
    for (const token of service.tokens) assert.equal(kept.includes(token), false, "the token is shown");
    await options.fill("#origin", "http://kopilka.example");
    await options.click("#use");
    await options.waitForSelector("#service-note .bad");
    await options.click("#wipe");
    await options.waitForSelector("#data-note .good");
    const { list, account, key } = await browser.local();
    assert.deepEqual([list ?? null, account ?? null, key ?? null], [null, null, null]);
    assert.equal(service.tokens.size, 0, "the service ended the token");
    const { states, trails, cards, told } = await browser.session();
    assert.deepEqual([states, trails, cards, told], [{}, {}, {}, []], "what the session knew");
    assert.deepEqual(Object.keys((await browser.local()).floor), ["lamps"], "the silences stay");
    await options.click("#refresh");
    await options.waitForSelector("#service-note .good");
    await options.fill("#origin", "http://kopilka.test");
    await options.click("#use");
    await options.waitForSelector("#service-note .good");
    await options.close();
    await signIn(browser);
    await browser.scripted();
  },

  "P16 nothing is asked for but what was agreed, in Chromium's own words; P18 private windows are shut out": async ({ browser }) => {
    const manifest = await browser.control.evaluate(() => JSON.stringify(chrome.runtime.getManifest()));
    const warnings = await browser.control.evaluate((text) => chrome.management.getPermissionWarningsByManifest(text), manifest);
    assert.deepEqual(warnings, ["Read and change your data on kopilka.test"]);
    assert.equal(JSON.parse(manifest).incognito, "not_allowed");
    assert.equal(await browser.control.evaluate(() => chrome.extension.isAllowedIncognitoAccess()), false);
  },
};
