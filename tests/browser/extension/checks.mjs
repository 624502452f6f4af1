// What the rules of stores, networks and browsers ask of the extension (P1 to P18 in docs/EXTENSION.md), tried in a real
// browser. Every check of silence has its positive control beside it: code that does nothing passes none.
import assert from "node:assert/strict";
import { until } from "./chromium.mjs";
import { SEARCH, SERVICE } from "./world.mjs";

/** All that a request for the list says in Chromium, by http. */
const LIST_HEADERS = ["accept", "accept-encoding", "accept-language", "cache-control", "connection", "host", "pragma", "user-agent"];

export const BOOKS = "http://books.test/";
const enc = encodeURIComponent;
const blog = (to, how = "link") => `http://blog.test/${how}?u=${enc(to)}`;
const rival = (to, host = "www.dpbolvw.net", how = "click") => `http://${host}/${how}?u=${enc(to)}`;

const isSilent = async (browser, page, slug, go, reason = "standdown") => {
  assert.equal(await browser.decided(slug, go), reason);
  assert.equal(await browser.card(page), null, "a reminder is shown");
};
const isShown = async (browser, page, slug, go) => {
  assert.equal(await browser.decided(slug, go), "offer");
  return browser.shown(page);
};

/** Direct and by a rival: the one is reminded of, the other is not. */
async function both(browser) {
  await browser.reset();
  const page = await browser.page();
  await isShown(browser, page, "books", () => page.goto(BOOKS));
  await browser.reset();
  await isSilent(browser, page, "books", () => page.goto(rival(BOOKS)));
  await page.close();
}

export async function signIn(browser, allow = (page) => page.click("#allow")) {
  const opened = browser.context.waitForEvent("page");
  await browser.send({ kind: "connect" });
  const page = await opened;
  await allow(page);
  await until("the account", async () => (await browser.local()).account);
  await page.close();
}

const seenTo = (world, from, hosts) => world.seen.slice(from).filter((one) => hosts.some((host) => one.host.endsWith(host)));
const NETWORKS = ["anrdoezrs.net", "dpbolvw.net", "awin1.com", "rover.ebay.com"];

export const MAIN = {
  "P1 nothing is asked of our redirect or a network before a trusted click": async ({ browser, world }) => {
    const from = world.seen.length;
    const page = await browser.page();
    await isShown(browser, page, "books", () => page.goto(BOOKS));
    assert.deepEqual(seenTo(world, from, NETWORKS), []);
    assert.deepEqual(world.toService(from).map((one) => one.path), []);
    // The control: after the click both are asked.
    await browser.press(page, "Activate");
    await until("the landing", () => page.url().includes("/landing") || page.url().includes("books.test/?"));
    assert.equal(world.toService(from).filter((one) => one.path.startsWith("/go/books")).length, 1);
    await until("its end", async () => (await browser.session()).states.books?.activation?.click);
    await page.close();
  },

  "P2 forged clicks and keys do nothing, and a page that watches shadow roots sees none": async ({ browser, world }) => {
    const from = world.seen.length;
    const page = await browser.page();
    const { box } = await isShown(browser, page, "books", () => page.goto(`${BOOKS}hostile`));
    await page.evaluate(([x, y]) => {
      const targets = [...document.querySelectorAll(":not(a)"), document.elementFromPoint(x, y)].filter(Boolean);
      for (const target of targets) {
        for (const kind of ["pointerdown", "mousedown", "mouseup", "click"]) target.dispatchEvent(new MouseEvent(kind, { bubbles: true, composed: true, clientX: x, clientY: y }));
        if (target.tagName === "DIV") target.click();
      }
      for (const key of ["Escape", "Enter", " "]) document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true }));
    }, [box.x + 40, box.y + box.height / 2]);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100))));
    assert.equal(await page.evaluate(() => window.caught.length), 0, "shadow roots caught");
    assert.ok(await browser.card(page), "the reminder is gone");
    assert.equal(world.toService(from).length, 0);
    // A real press of what the page has dimmed, moved, or covered with something that lets clicks through.
    for (const [how, put, back] of [
      ["dimmed", () => document.documentElement.style.setProperty("opacity", "0.01"), () => document.documentElement.style.removeProperty("opacity")],
      ["restyled", () => document.documentElement.lastElementChild.style.setProperty("opacity", "0.02", "important"),
        () => document.documentElement.lastElementChild.style.setProperty("opacity", "1", "important")],
      ["moved", () => document.documentElement.style.setProperty("transform", "translateY(200px)"), () => document.documentElement.style.removeProperty("transform")],
      ["covered", () => {
        // A popover lies over everything, whatever its place in the page.
        const cover = document.createElement("p");
        cover.popover = "manual";
        cover.style.cssText = "position:fixed;inset:0;width:100vw;height:100vh;margin:0;border:0;background:#fff;pointer-events:none";
        document.body.append(cover);
        cover.showPopover();
      }, () => document.querySelector("[popover]").remove()],
    ]) {
      await page.evaluate(put);
      await browser.press(page, "Activate");
      await page.evaluate(() => new Promise((done) => setTimeout(done, 300)));
      assert.deepEqual(world.toService(from).map((one) => one.path), [], how);
      assert.ok(await browser.card(page), `${how}: the reminder is gone`);
      await page.evaluate(back);
    }
    await browser.press(page, "Activate");
    await until("the activation", () => world.toService(from).some((one) => one.path === "/api/v1/extension/activations"));
    await until("its end", async () => (await browser.session()).states.books?.activation?.click);
    await page.close();
  },

  "P3 one click is one link, in the same tab, with no frame; and what came of it is told": async ({ browser, world }) => {
    const from = world.seen.length;
    const page = await browser.page();
    await isShown(browser, page, "books", () => page.goto(BOOKS));
    const pages = browser.context.pages().length;
    await browser.press(page, "Activate");
    const told = await until("what came of it", async () => {
      const card = await browser.card(page);
      return card?.text.includes("tracked at") ? card : null;
    });
    assert.match(told.text, /Activated, tracked at \d\d:\d\d/);
    assert.equal(browser.context.pages().length, pages);
    assert.equal(page.frames().length, 1);
    assert.equal(world.toService(from).filter((one) => one.path.startsWith("/go/")).length, 1);
    assert.equal((await browser.session()).states.books.phase, "activated");
    await page.close();
  },

  "P4 a rival's redirect, new tab, script or refresh: silent; a plain link of the same blog: a reminder": async ({ browser }) => {
    for (const [how, to] of [
      ["302", (page) => page.goto(rival(BOOKS))],
      ["302 from a link", async (page) => {
        await page.goto(blog(rival(BOOKS)));
        await page.click("#link");
      }],
      ["script", (page) => page.goto(rival(BOOKS, "www.awin1.com", "js"))],
      ["refresh", (page) => page.goto(rival(BOOKS, "www.awin1.com", "meta"))],
      ["script of the blog", (page) => page.goto(blog(rival(BOOKS), "js"))],
      ["refresh of the blog", (page) => page.goto(blog(rival(BOOKS), "meta"))],
    ]) {
      await browser.reset();
      const page = await browser.page();
      await isSilent(browser, page, "books", () => to(page)).catch((error) => assert.fail(`${how}: ${error.message}`));
      await page.close();
    }
    await browser.reset();
    const page = await browser.page();
    await page.goto(blog(rival(BOOKS)));
    const opened = browser.context.waitForEvent("page");
    assert.equal(await browser.decided("books", () => page.click("#tab")), "standdown");
    assert.equal(await browser.card(await opened), null);
    await (await opened).close();
    await browser.reset();
    await page.goto(blog(BOOKS));
    await isShown(browser, page, "books", () => page.click("#link"));
    await page.close();
  },

  "P4 every landing parameter and every host of the table": async ({ browser }) => {
    const page = await browser.page();
    const { list } = await browser.local();
    const own = ["afsrc=1", "affsource=1", "foid"];
    for (const param of [...own, ...list.packs.flatMap((pack) => pack.params)]) {
      await browser.reset();
      await isSilent(browser, page, "books", () => page.goto(`${BOOKS}?${param.includes("=") ? param : `${param}=x`}`)).catch((error) => assert.fail(`${param}: ${error.message}`));
    }
    for (const host of list.packs.flatMap((pack) => pack.hosts)) {
      await browser.reset();
      await isSilent(browser, page, "books", () => page.goto(rival(BOOKS, host))).catch((error) => assert.fail(`${host}: ${error.message}`));
    }
    await browser.reset();
    await isShown(browser, page, "books", () => page.goto(`${BOOKS}?utm_source=newsletter`));
    await page.close();
  },

  "P4 the next page, another tab, an open tab, a page that comes back whole: silent; no badge": async ({ browser }) => {
    const [open, page] = [await browser.page(), await browser.page()];
    await isShown(browser, open, "books", () => open.goto(`${BOOKS}open`));
    await page.goto(rival(BOOKS));
    await until("the open tab's reminder to go", async () => (await browser.card(open)) === null);
    await isSilent(browser, page, "books", () => page.click("#next"));
    await isSilent(browser, open, "books", () => open.goto(`${BOOKS}other`));
    assert.equal(await browser.control.evaluate(() => chrome.action.getBadgeText({})), "");

    await browser.reset();
    await isShown(browser, page, "books", () => page.goto(`${BOOKS}back`));
    await page.goto(blog(rival(BOOKS)));
    await page.click("#link");
    await page.waitForURL(BOOKS);
    await browser.control.evaluate(() => chrome.storage.session.set({ log: [] }));
    await isSilent(browser, page, "books", () => page.evaluate(() => void setTimeout(() => history.go(-2))));
    assert.equal(page.url(), `${BOOKS}back`);
    // The control: with nothing in between, the page that comes back shows it again.
    await browser.reset();
    await isShown(browser, page, "books", () => page.goto(`${BOOKS}again`));
    await page.goto("http://blog.test/link?u=x");
    await isShown(browser, page, "books", () => page.evaluate(() => void setTimeout(() => history.back())));
    await Promise.all([open.close(), page.close()]);
  },

  "P4 the worker was killed, before and between; time went by": async ({ browser }) => {
    const page = await browser.page();
    await browser.kill();
    await isSilent(browser, page, "books", () => page.goto(rival(BOOKS, "www.awin1.com")));
    await browser.kill();
    await isSilent(browser, page, "books", () => page.goto(`${BOOKS}later`));
    await browser.age("books", 59);
    await isSilent(browser, page, "books", () => page.goto(`${BOOKS}later2`));
    await browser.age("books", 89);
    await browser.kill();
    await isShown(browser, page, "books", () => page.goto(`${BOOKS}after`));
    await browser.reset();
    await isSilent(browser, page, "books", () => page.goto(rival(BOOKS)));
    await browser.age("books", 5_000);
    await isSilent(browser, page, "books", () => page.goto(`${BOOKS}session`));
    await page.close();
  },

  "P5 a page whose request was not seen: silent": async ({ browser }) => {
    const page = await browser.page();
    await isShown(browser, page, "books", () => page.goto(`${BOOKS}p5`));
    await page.goto("http://blog.test/link?u=x");
    await browser.control.evaluate(() => chrome.storage.session.set({ trails: {}, log: [] }));
    await isSilent(browser, page, "books", () => page.evaluate(() => void setTimeout(() => history.back())), "unknown-way");
    // The control: the same page, asked for anew.
    await browser.reset();
    await isShown(browser, page, "books", () => page.reload());
    await page.close();
  },

  "P6 what was granted while it ran is seen; what was taken back, is not": async ({ browser }) => {
    await browser.revoke();
    const page = await browser.page();
    await page.goto(BOOKS);
    await page.evaluate(() => new Promise((done) => setTimeout(done, 300)));
    assert.equal(await browser.card(page), null);
    assert.deepEqual((await browser.session()).log, []);
    assert.deepEqual((await browser.session()).trails, {});
    await browser.grant();
    await both(browser);
    await page.close();
  },

  "P6 a rival, then the grant, then the next page: silent, as nobody saw how it came; a fresh visit when that is over: a reminder": async ({ browser }) => {
    await browser.revoke();
    const page = await browser.page();
    await page.goto(rival(BOOKS, "www.awin1.com"));
    assert.deepEqual((await browser.session()).states, {}, "nothing could be seen");
    await browser.grant();
    await until("the silence", async () => (await browser.session()).states.books?.phase === "standdown");
    await isSilent(browser, page, "books", () => page.goto(`${BOOKS}next-page`));
    await browser.age("books", 91);
    await isShown(browser, page, "books", () => page.goto(`${BOOKS}fresh`));
    await page.close();
  },

  "P4 a page of our own redirect that leads nowhere takes no silence away": async ({ browser }) => {
    const page = await browser.page();
    await isSilent(browser, page, "books", () => page.goto(rival(BOOKS, "www.awin1.com")));
    const { since } = (await browser.session()).states.books;
    await page.goto(`http://${SERVICE}/go/books?s=forged`);
    await until("the silence to be back", async () => (await browser.session()).states.books.phase === "standdown");
    assert.equal((await browser.session()).states.books.since, since);
    await isSilent(browser, page, "books", () => page.goto(`${BOOKS}after`));
    await page.close();
  },

  "P4 a press is looked at again when the link is there: a rival meanwhile, and nothing is opened": async ({ browser, world }) => {
    const [page, other] = [await browser.page(), await browser.page()];
    const from = world.seen.length;
    const opened = () => world.toService(from).filter((one) => one.path.startsWith("/go/")).length;
    const questions = () => world.toService(from).filter((one) => one.path === "/api/v1/extension/activations").length;
    const asks = (before) => until("the question", () => questions() > before);
    for (const meanwhile of [true, false]) {
      await browser.reset();
      await isShown(browser, page, "books", () => page.goto(`${BOOKS}held-${meanwhile}`));
      let release;
      world.hold = new Promise((resolve) => (release = resolve));
      const asked = questions();
      await browser.press(page, "Activate");
      // Whatever fails, those who come after are not held.
      try {
        await asks(asked);
        if (meanwhile) {
          await other.goto(rival(BOOKS));
          await until("the stand-down", async () => (await browser.session()).states.books.phase === "standdown");
        }
      } finally {
        release();
      }
      // The control comes second: the same without a rival opens the store.
      if (meanwhile) await page.evaluate(() => new Promise((done) => setTimeout(done, 1_000)));
      else await until("the way", () => opened() === 1);
      assert.equal(opened(), meanwhile ? 0 : 1);
    }
    await until("its end", async () => (await browser.session()).states.books?.activation?.click);
    await Promise.all([page.close(), other.close()]);
  },
};

export const MORE = {
  "P7 our own landing with afsrc=1 is no stand-down, nor is its reload; a rival after it is": async ({ browser }) => {
    const page = await browser.page();
    await isShown(browser, page, "books", () => page.goto(BOOKS));
    await browser.press(page, "Activate");
    await until("the landing", () => page.url().includes("afsrc=1"));
    await until("that it is told", async () => (await browser.card(page))?.text.includes("tracked at"));
    await isSilent(browser, page, "books", () => page.reload(), "activated");
    await isSilent(browser, page, "books", () => page.goto(rival(`${BOOKS}?cjevent=theirs`)), "lost");
    await page.close();
  },

  "P9 the same answers signed out": async ({ browser, world }) => {
    const { account } = await browser.local();
    assert.ok(account);
    await both(browser);
    await browser.control.evaluate(() => chrome.storage.local.set({ account: null }));
    await both(browser);
    await browser.reset();
    const from = world.seen.length;
    const page = await browser.page();
    await isShown(browser, page, "books", () => page.goto(BOOKS));
    await browser.press(page, "Activate");
    await until("that one has to sign in", async () => (await browser.card(page)).text.includes("Sign in first"));
    assert.equal(world.toService(from).length, 0);
    await browser.control.evaluate((kept) => chrome.storage.local.set({ account: kept }), account);
    await page.close();
  },

  "P10 stores that are not allowed, carts, and how often": async ({ browser }) => {
    const page = await browser.page();
    await page.goto("http://noext.test/");
    await isSilent(browser, page, "norate", () => page.goto("http://norate.test/"), "no-rate");
    await isSilent(browser, page, "amazonish", () => page.goto("http://amazonish.test/"), "never-activate");
    await isSilent(browser, page, "books", () => page.goto(`${BOOKS}cart/1`), "cart");
    await isShown(browser, page, "cartok", () => page.goto("http://cartok.test/cart/1"));
    for (const wanted of ["offer", "offer", "enough"]) assert.equal(await browser.decided("often", () => page.goto("http://often.test/")), wanted);
    assert.equal((await browser.session()).log.some((entry) => entry.slug === "noext"), false);
    // A reminder goes when the page turns into a cart without being loaded anew.
    await isShown(browser, page, "books", () => page.goto(`${BOOKS}spa`));
    await page.evaluate(() => history.pushState(null, "", "/checkout"));
    await until("the reminder to go", async () => (await browser.card(page)) === null);
    await page.close();
  },

  "P12 the three buttons are equally large, in both languages; it takes no focus; Escape; never here": async ({ browser }) => {
    const page = await browser.page();
    for (const language of ["ru", "en"]) {
      await browser.reset();
      await browser.send({ kind: "language", language });
      await isShown(browser, page, "books", () => page.goto(`${BOOKS}${language}`));
      await until("its coming to rest", async () => (await browser.card(page)).box.y === 16);
      const { buttons } = await browser.card(page);
      assert.equal(buttons.length, 3);
      for (const { box } of buttons) {
        assert.ok(Math.abs(box.width - buttons[0].box.width) <= 1 && Math.abs(box.height - buttons[0].box.height) <= 1, JSON.stringify(buttons));
      }
    }
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "BODY");
    await page.click("#field");
    await page.keyboard.press("Escape");
    await until("the reminder to go", async () => (await browser.card(page)) === null);
    await isSilent(browser, page, "books", () => page.goto(BOOKS), "not-now");
    await browser.reset();
    await isShown(browser, page, "books", () => page.goto(BOOKS));
    await browser.press(page, "Never here");
    await browser.control.evaluate(() => chrome.storage.session.set({ states: {} }));
    await isSilent(browser, page, "books", () => page.goto(`${BOOKS}x`), "muted");
    await page.close();
  },

  "P13 links of store and search pages stay as they are; our things carry our name": async ({ browser, world }) => {
    const page = await browser.page();
    const links = () => page.evaluate(() => [...document.links].map((link) => link.outerHTML));
    const card = await isShown(browser, page, "books", () => page.goto(BOOKS));
    assert.deepEqual(await links(), ['<a id="next" href="/next?page=2">next</a>']);
    assert.match(card.text, /^Kopilka/);
    await page.goto(`http://${SEARCH}/search?q=canary`);
    assert.equal(await browser.card(page, ".mark"), null, "marks nobody asked for");
    const plain = await links();
    await browser.send({ kind: "marks-on", on: true });
    const from = world.seen.length;
    await page.goto(`http://${SEARCH}/search?q=canary`);
    const marks = await until("the marks", () => browser.card(page, ".mark"));
    assert.deepEqual(marks.map((mark) => mark.text), ["Kopilka: up to 5% cashback", "Kopilka: ₽300 cashback".replace("₽300", marks[1].text.match(/: (.*) cashback/)[1])]);
    assert.deepEqual(await links(), plain);
    assert.deepEqual(world.toService(from), []);
    await browser.press(page, "up to 5%", ".mark");
    assert.match((await browser.shown(page)).text, /cashback at Books/);
    // A rival in another tab takes the reminder away, and its mark.
    const other = await browser.page();
    await other.goto(rival(BOOKS));
    await until("the reminder to go", async () => (await browser.card(page)) === null);
    assert.equal((await browser.card(page, ".mark")).length, 1);
    await other.close();
    // None in a stand-down.
    await page.goto(rival(BOOKS));
    await page.goto(`http://${SEARCH}/search?q=canary2`);
    await until("one mark", async () => (await browser.card(page, ".mark"))?.length === 1);
    await browser.send({ kind: "marks-on", on: false });
    await page.close();
  },

  "P14 nothing of a page's address reaches the service": async ({ browser, world }) => {
    const page = await browser.page();
    const from = world.seen.length;
    await isShown(browser, page, "books", () => page.goto(`${BOOKS}canary-path?q=canary-query#canary-part`));
    await browser.press(page, "Activate");
    await until("the landing", () => page.url().includes("/landing") || page.url().includes("ours"));
    await browser.send({ kind: "refresh" });
    const told = world.toService(from);
    const { headers } = told.find((one) => one.path === "/api/v1/extension/list");
    assert.deepEqual(Object.keys(headers).sort(), LIST_HEADERS, "what the request for the list says, and nothing more");
    assert.ok(told.length >= 3, "the control: the service was told something");
    for (const one of told) {
      assert.equal(JSON.stringify(one).includes("canary"), false, one.path);
      assert.equal(one.headers.referer, undefined, one.path);
      assert.equal(one.headers.cookie, undefined, one.path);
    }
    assert.equal(JSON.stringify([await browser.session(), await browser.local()]).includes("canary"), false, "kept in storage");
    await page.close();
  },

  "the reminder is shown under a strict policy and sheets that hide everything": async ({ browser }) => {
    const page = await browser.page();
    const card = await isShown(browser, page, "books", () => page.goto(`${BOOKS}strict`));
    assert.ok(card.box.width > 300);
    const { width } = await page.evaluate(() => {
      const host = document.documentElement.lastElementChild;
      return { width: host.getBoundingClientRect().width, ...{ visible: getComputedStyle(host).visibility } };
    });
    assert.ok(width > 300);
    await page.close();
  },

  "what goes wrong is told: a host that is blocked, a store that is paused, a click that is not there": async ({ browser, world, service }) => {
    const page = await browser.page();
    world.dead.add("www.anrdoezrs.net");
    await isShown(browser, page, "books", () => page.goto(BOOKS));
    await browser.press(page, "Activate");
    await until("that the host is named", async () => (await browser.card(page))?.text.includes("www.anrdoezrs.net could not be reached"));
    assert.equal(page.url(), BOOKS);
    world.dead.clear();

    await browser.reset();
    service.paused = true;
    await isShown(browser, page, "books", () => page.goto(`${BOOKS}2`));
    await browser.press(page, "Activate");
    await until("that it is paused", async () => (await browser.card(page))?.text.includes("paused now"));
    service.paused = false;

    await browser.reset();
    service.record = false;
    await isShown(browser, page, "books", () => page.goto(`${BOOKS}3`));
    await browser.press(page, "Activate");
    await until("that it was not confirmed", async () => (await browser.card(page))?.text.includes("has not confirmed the click"), 20_000);
    service.record = true;
    await page.close();
  },

  "a list that goes back or that another key signed is refused, and the old one kept": async ({ browser, service }) => {
    const { key } = service;
    service.version = 5;
    assert.deepEqual(await browser.send({ kind: "refresh" }), { ok: true });
    service.version = 4;
    assert.deepEqual(await browser.send({ kind: "refresh" }), { ok: false, why: "goes-back" });
    const other = new service.constructor();
    service.version = 6;
    service.key = other.key;
    assert.deepEqual(await browser.send({ kind: "refresh" }), { ok: false, why: "bad-signature" });
    assert.equal((await browser.local()).list.version, 5);
    service.key = key;
    assert.deepEqual(await browser.send({ kind: "refresh" }), { ok: true });
    // Fifteen days without a list that could be checked: no reminders.
    const checked = (by) => browser.control.evaluate(async (days) => {
      const { list } = await chrome.storage.local.get("list");
      await chrome.storage.local.set({ list: { ...list, checked_at: list.checked_at - days * 86_400_000 } });
    }, by);
    await checked(15);
    const page = await browser.page();
    await isSilent(browser, page, "books", () => page.goto(BOOKS), "list-old");
    await checked(-15);
    await isShown(browser, page, "books", () => page.goto(`${BOOKS}x`));
    // The same old list again and again is no new one.
    await browser.reset();
    const { issued } = service;
    service.issued = new Date(Date.now() - 15 * 86_400_000).toISOString();
    service.version = 7;
    assert.deepEqual(await browser.send({ kind: "refresh" }), { ok: true });
    await isSilent(browser, page, "books", () => page.goto(BOOKS), "list-old");
    service.issued = issued;
    service.version = 8;
    assert.deepEqual(await browser.send({ kind: "refresh" }), { ok: true });
    await page.close();
  },
};
