// The extension in Chromium with the real service: the main way and P1 to P6, and then one order from the reminder to the
// payout: node journey.mjs CHROMIUM PACKAGE KOPILKA
import assert from "node:assert/strict";
import { BOOKS, MAIN, signIn } from "./checks.mjs";
import { Browser, until } from "./chromium.mjs";
import { popup } from "./pages.mjs";
import { EMAIL, PASSWORD, Real } from "./real.mjs";
import { World } from "./world.mjs";

const [program, extension, kopilka] = process.argv.slice(2);
const SITE = "http://kopilka.test";

const real = await Real.start(kopilka);
const world = await World.start();
world.upstream = real.origin;
const browser = await Browser.start(program, extension, world.port);

async function inTo(page) {
  await page.goto(`${SITE}/sign-in?lang=en`);
  await page.fill("[name=email]", EMAIL);
  await page.fill("[name=password]", PASSWORD);
  await page.click("main button[type=submit]");
  await page.waitForLoadState();
}

const checks = {
  "the list is taken and the browser is let in on the service's own page": async () => {
    await browser.send({ kind: "refresh" });
    await browser.listed();
    await browser.grant();
    const page = await browser.page();
    await inTo(page);
    assert.equal(await page.getAttribute("html", "data-kopilka-extension"), "", "the site sees that the extension is there");
    const { fingerprint } = await browser.send({ kind: "options" });
    await page.goto(`${SITE}/extension`);
    assert.ok((await page.textContent("main")).includes(fingerprint), `the site shows the key's fingerprint: ${fingerprint}`);
    await page.close();
    await signIn(browser, (one) => one.click("form[action='/extension/connect'] button"));
    assert.match((await browser.local()).account.email, /@/);
  },
  ...MAIN,
  "from the reminder to the payout: click, postback, order in the popup, confirmed, withdrawn, paid": async () => {
    const from = world.seen.length;
    const page = await browser.page();
    assert.equal(await browser.decided("books", () => page.goto(BOOKS)), "offer");
    await browser.press(page, "Activate");
    await until("that it is tracked", async () => (await browser.card(page))?.text.includes("Activated, tracked at"));
    const hop = world.seen.slice(from).find((one) => one.host === "www.anrdoezrs.net");
    const click = new URL(hop.path, BOOKS).searchParams.get("subid4");
    assert.equal((await browser.session()).states.books.activation.click.id, click, "the click that the network was given");

    await real.report(click, "new");
    const first = await popup(browser, page);
    await first.waitForSelector("#orders");
    assert.match(await first.textContent("#orders"), /Books pending.*50/);
    await first.close();
    await real.report(click, "approved");
    const second = await popup(browser, page);
    await second.waitForSelector("#orders");
    assert.match(await second.textContent("#orders"), /Books confirmed.*50/);
    await second.close();

    await page.goto(`${SITE}/payouts`);
    assert.doesNotMatch(await page.textContent("main"), /Paid/);
    await page.goto(`${SITE}/methods`);
    await page.fill(".number", "2200 0000 0000 0004");
    await Promise.all([page.waitForEvent("load"), page.click("form[data-tokens] button")]);
    await until("the money to be available", async () => {
      await page.goto(`${SITE}/payouts/new`);
      return (await page.locator("[name=amount]").count()) > 0;
    }, 20_000);
    await page.fill("[name=amount]", "50.00");
    await Promise.all([page.waitForEvent("load"), page.click("main button[type=submit]")]);
    await Promise.all([page.waitForEvent("load"), page.click("[name=confirmed]")]);
    await until("the bank to have paid", async () => {
      await page.goto(`${SITE}/payouts`);
      return /Paid/.test(await page.textContent("main"));
    }, 20_000);
    await page.close();
  },
};

let good = 0;
for (const [name, check] of Object.entries(checks)) {
  await browser.reset();
  const began = Date.now();
  try {
    await check({ browser, world });
    good += 1;
    console.log(`ok ${((Date.now() - began) / 1000).toFixed(1)}s real service: ${name}`);
  } catch (error) {
    console.log(`NOT OK real service: ${name}\n    ${String(error.stack).split("\n").slice(0, 6).join("\n    ")}`);
  }
  // Without a list and an account nothing else can be as it should be.
  if (good === 0) break;
  for (const page of browser.context.pages()) if (page !== browser.control) await page.close();
}
await browser.end();
await world.end();
await real.end();
if (good < Object.keys(checks).length) console.log(real.log.join("").split("\n").slice(-30).join("\n"));
console.log(`extension with the real service: ${good} of ${Object.keys(checks).length} checks as they should be`);
process.exit(good === Object.keys(checks).length ? 0 : 1);
