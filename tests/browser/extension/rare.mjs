// What few will meet: a list so long that its pages cannot be registered with the browser.
import assert from "node:assert/strict";
import { popup } from "./pages.mjs";
import { store } from "./service.mjs";

const MANY = 100_000;
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
      const rival = `http://www.awin1.com/c?u=${encodeURIComponent("http://shop99999.test/")}`;
      assert.equal(await browser.decided("shop99999", () => page.goto(rival)), "standdown");
      assert.equal(await browser.card(page), null);
      await page.goto("http://noext.test/");
      await page.goto("http://else.test/");
      const opened = await popup(browser, page);
      await opened.fill("#search", "shop31415");
      await opened.waitForSelector("#found a");
      assert.match(await opened.textContent("#found"), /Shop31415/);
      await opened.close();
      const log = (await browser.session()).log.map((entry) => entry.slug);
      assert.deepEqual(log, ["shop99999", "shop77777"], "a script ran in a page that it has nothing to do in");
    } finally {
      service.stores = before;
      service.version += 1;
      await browser.send({ kind: "refresh" });
      await browser.scripted();
    }
  },
};
