// What few will meet: a list so long that its pages cannot be registered with the browser.
import assert from "node:assert/strict";
import { popup } from "./pages.mjs";
import { store } from "./service.mjs";

const MANY = 100_000;
/** Whether the reminder's script runs in the page. */
const scripted = (browser, url) => browser.control.evaluate(async (address) => {
  const tab = (await chrome.tabs.query({})).find((one) => one.url === address);
  const [{ result }] = await chrome.scripting.executeScript({ target: { tabId: tab.id }, func: () => "kopilkaCard" in globalThis });
  return result;
}, url);
const seconds = (from) => `${((Date.now() - from) / 1000).toFixed(1)} s`;

export const RARE = {
  "a list of 100,000 stores: taken, matched, reminded of, silent after a rival, searched; a page that is not listed gets no script": async ({ browser, service }) => {
    const before = service.stores;
    try {
      service.stores = [...before, ...Array.from({ length: MANY }, (_, at) => store(`shop${at}`, { network: null }))];
      service.version += 1;
      const began = Date.now();
      assert.deepEqual(await browser.send({ kind: "refresh" }), { ok: true });
      console.log(`    a list of ${MANY} stores taken in ${seconds(began)}`);
      const registered = await browser.control.evaluate(() => chrome.scripting.getRegisteredContentScripts());
      assert.deepEqual(registered.map((one) => one.id), ["service"]);
      await browser.kill();

      const page = await browser.page();
      const from = Date.now();
      assert.equal(await browser.decided("shop77777", () => page.goto("http://www.shop77777.test/")), "offer");
      console.log(`    decided in ${seconds(from)}, after the worker was ended`);
      assert.match((await browser.shown(page)).text, /Shop77777/);
      assert.equal(await scripted(browser, page.url()), true);
      const rival = `http://www.awin1.com/c?u=${encodeURIComponent("http://shop99999.test/")}`;
      assert.equal(await browser.decided("shop99999", () => page.goto(rival)), "standdown");
      assert.equal(await browser.card(page), null);
      const others = ["http://noext.test/", "http://else.test/"];
      for (const url of others) await (await browser.page()).goto(url);
      await page.goto("http://else.test/after");
      const opened = await popup(browser, page);
      await opened.fill("#search", "shop31415");
      await opened.waitForSelector("#found a");
      assert.match(await opened.textContent("#found"), /Shop31415/);
      await opened.close();
      for (const url of others) assert.equal(await scripted(browser, url), false, `a script runs at ${url}`);
    } finally {
      service.stores = before;
      service.version += 1;
      await browser.send({ kind: "refresh" });
      await browser.scripted();
    }
  },
};
