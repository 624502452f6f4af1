// Chromium with the built extension, as playwright-core starts it, and what the tests want to know of it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const ARGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--enable-unsafe-extension-debugging"];

const version = (program) => execFileSync(program, ["--version"], { encoding: "utf8" }).match(/[\d.]+/)[0];

export const MINUTES = 60_000;

/** Asks until the answer is true enough, for at most `patience` milliseconds. */
export async function until(what, ask, patience = 20_000) {
  const end = Date.now() + patience;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

export class Browser {
  static async start(program, extension, port, { language = "en", dark = false } = {}) {
    const browser = new Browser();
    browser.extension = extension;
    browser.folder = mkdtempSync(join(tmpdir(), "kopilka-extension-"));
    browser.context = await chromium.launchPersistentContext(browser.folder, {
      executablePath: program,
      headless: true,
      colorScheme: dark ? "dark" : "light",
      viewport: { width: 1280, height: 800 },
      // A browser without a window says so, and is promised no cashback.
      userAgent: `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version(program)} Safari/537.36`,
      // The one lets extensions in, the other brings pages back whole, as they come in a browser that nobody automates.
      ignoreDefaultArgs: ["--disable-extensions", "--disable-back-forward-cache"],
      args: [...ARGS, ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), `--lang=${language}`,
        `--disable-extensions-except=${extension}`, `--load-extension=${extension}`,
        `--host-resolver-rules=MAP * 127.0.0.1:${port}, EXCLUDE localhost, EXCLUDE 127.0.0.1`],
    });
    browser.context.setDefaultTimeout(30_000);
    const worker = browser.context.serviceWorkers()[0] ?? (await browser.context.waitForEvent("serviceworker"));
    browser.id = new URL(worker.url()).host;
    // A page of the extension's own, from which its storage is looked at whether the worker sleeps or not.
    browser.control = await browser.page();
    await browser.control.goto(browser.own("options.html"));
    return browser;
  }

  own = (page) => `chrome-extension://${this.id}/${page}`;
  page = () => this.context.newPage();

  async end() {
    await this.context.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  session = () => this.control.evaluate(() => chrome.storage.session.get(null));
  local = () => this.control.evaluate(() => chrome.storage.local.get(null));
  send = (message) => this.control.evaluate((one) => chrome.runtime.sendMessage(one), message);

  /** The list is there, whatever the extension did by itself. */
  async listed() {
    await until("the list", async () => (await this.local()).list);
  }

  /** As after a start: nothing known of any store or tab. */
  async reset() {
    await this.control.evaluate(async () => {
      await chrome.storage.session.set({ states: {}, trails: {}, cards: {}, told: [], log: [] });
      await chrome.storage.local.set({ floor: {}, kept: {} });
      const { settings } = await chrome.storage.local.get("settings");
      if (settings) await chrome.storage.local.set({ settings: { ...settings, muted: {} } });
    });
  }

  /** Makes as if this much time had passed for a store. */
  async age(slug, minutes) {
    await this.control.evaluate(async ([name, by]) => {
      const { states } = await chrome.storage.session.get("states");
      states[name].since -= by;
      states[name].seen -= by;
      await chrome.storage.session.set({ states });
    }, [slug, minutes * MINUTES]);
  }

  /** Grants all sites by a real click on the page's button. The browser's own question cannot be seen without a window. */
  async grant() {
    await this.allow("*://*/*");
    const welcome = await this.page();
    await welcome.goto(this.own("welcome.html"));
    await welcome.click("#reminders-on");
    await welcome.waitForFunction(() => document.querySelector("#answer").textContent !== "");
    await welcome.close();
    if ((await this.local()).list) await this.scripted();
  }

  async allow(pattern) {
    const settings = await this.page();
    await settings.goto("chrome://extensions", { waitUntil: "commit" });
    await settings.evaluate(([id, hosts]) => new Promise((done) => chrome.developerPrivate.addHostPermission(id, hosts, () => done(chrome.runtime.lastError))), [this.id, pattern]);
    await settings.close();
  }

  /** Loads it anew as one that a person lets into private windows. One whose manifest shuts them out stays outside. */
  async letIntoPrivateWindows() {
    const session = await this.context.browser().newBrowserCDPSession();
    const { id } = await session.send("Extensions.loadUnpacked", { path: this.extension, enableInIncognito: true });
    if (id !== this.id) throw new Error(`another extension: ${id}`);
    await session.detach();
    // Its pages are gone.
    this.control = await this.page();
    await until("the extension's page", () => this.control.goto(this.own("options.html")).then(() => true, () => false));
  }

  async scripted() {
    await until("the registered scripts", () => this.control.evaluate(async () =>
      (await chrome.scripting.getRegisteredContentScripts()).some((one) => one.id === "stores")));
  }

  async revoke() {
    await this.control.evaluate(() => chrome.permissions.remove({ origins: ["*://*/*"] }));
    // Having been granted by hand once, Chromium now takes the service's own host along, which nobody asked it to.
    await this.allow("http://kopilka.test/*");
    await until("the scripts to be gone", () => this.control.evaluate(async () =>
      !(await chrome.scripting.getRegisteredContentScripts()).some((one) => one.id === "stores")));
  }

  /** Ends the worker, as the browser does whenever it likes. */
  async kill() {
    const session = await this.context.newCDPSession(this.control);
    const { targetInfos } = await session.send("Target.getTargets");
    for (const target of targetInfos) {
      if (target.type === "service_worker" && target.url.includes(this.id)) await session.send("Target.closeTarget", { targetId: target.targetId });
    }
    await session.detach();
  }

  /** Runs `go` and waits until the background has decided about a page of the store: the reason that it noted. */
  async decided(slug, go) {
    const from = Date.now();
    await go();
    return until(`a decision about ${slug}`, async () => (await this.session()).log?.find((entry) => entry.slug === slug && entry.at >= from)?.reason);
  }

  /** What is in closed shadow roots of the page: texts, and boxes of buttons by their words. Null where there is none. */
  async card(page, selector = ".card") {
    const session = await this.context.newCDPSession(page);
    try {
      const { root } = await session.send("DOM.getDocument", { depth: -1, pierce: true });
      const found = [];
      const walk = (node, inside) => {
        const attributes = Object.fromEntries((node.attributes ?? []).map((value, at, all) => (at % 2 === 0 ? [value, all[at + 1]] : null)).filter(Boolean));
        if (inside && ` ${attributes.class ?? ""} `.includes(` ${selector.slice(1)} `)) found.push(node);
        for (const child of node.children ?? []) walk(child, inside);
        for (const child of node.shadowRoots ?? []) walk(child, inside || child.shadowRootType === "closed");
      };
      walk(root, false);
      if (found.length === 0) return null;
      const cards = [];
      for (const node of found) cards.push(await this.read(session, node));
      return selector === ".card" ? cards[0] : cards;
    } finally {
      await session.detach().catch(() => undefined);
    }
  }

  async read(session, node) {
    const text = (one) => (one.nodeType === 3 ? one.nodeValue : (one.children ?? []).map(text).join(" "));
    const buttons = [];
    const box = async (one) => {
      const { model } = await session.send("DOM.getBoxModel", { nodeId: one.nodeId }).catch(() => ({ model: null }));
      if (model === null) return null;
      const [x, y] = model.border;
      return { x, y, width: model.width, height: model.height };
    };
    const walk = async (one) => {
      if (one.nodeName === "BUTTON") buttons.push({ text: text(one).trim(), box: await box(one) });
      for (const child of one.children ?? []) await walk(child);
    };
    await walk(node);
    return { text: text(node).replace(/\s+/g, " ").trim(), box: await box(node), buttons };
  }

  shown = (page) => until("the reminder", () => this.card(page));

  /** A real press of a button in a closed root. */
  async press(page, words, selector = ".card") {
    const find = () => until(`the button ${words}`, async () => {
      const cards = [await this.card(page, selector)].flat().filter(Boolean);
      return cards.flatMap((card) => card.buttons).find((button) => button.text.includes(words) && button.box);
    });
    await find();
    // A tab that nobody sees is not pressed.
    await page.bringToFront();
    // What is pressed sooner was meant for what lay there before.
    await page.evaluate(() => new Promise((done) => setTimeout(done, 800)));
    const found = await find();
    await page.mouse.click(found.box.x + found.box.width / 2, found.box.y + found.box.height / 2);
  }
}
