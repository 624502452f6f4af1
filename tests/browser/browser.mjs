// A browser that notes what pages do wrong: errors on the console, requests to other hosts, pages wider than the screen,
// texts that are missing, and what axe finds.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SCREENS = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };
const QUIET = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

export async function open(program) {
  const args = process.getuid?.() === 0 ? [...QUIET, "--no-sandbox"] : QUIET;
  return chromium.launch({ executablePath: program, args });
}

// One visitor with cookies of its own. `wrong` collects what pages do wrong.
export class Visitor {
  static async of(browser, { base, language, screen, scripts = true, dark = false, others = [] }, wrong) {
    const context = await browser.newContext({
      viewport: SCREENS[screen],
      locale: language === "ru" ? "ru-RU" : "en-GB",
      timezoneId: "Europe/Moscow",
      colorScheme: dark ? "dark" : "light",
      javaScriptEnabled: scripts,
      // A browser without a window says so, and is promised no cashback.
      userAgent: `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${browser.version()} Safari/537.36`,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const told = (what) => wrong.push(`${language} ${screen}${scripts ? "" : " without scripts"}: ${what}`);
    page.on("console", (line) => {
      // A form that comes back with a problem has a status that says so, and so has a page that is not there.
      const expected = ["status of 422", "status of 404"].some((words) => line.text().includes(words));
      if (line.type() === "error" && !expected) told(`${page.url()}: ${line.text()}`);
    });
    page.on("pageerror", (error) => told(`${page.url()}: ${error}`));
    page.on("request", (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol !== "data:" && ![base, ...others].includes(origin)) told(`asks ${origin}`);
    });
    return Object.assign(new Visitor(), { context, page, base, language, screen, scripts, told });
  }

  async go(path) {
    await this.page.goto(this.base + path);
    await this.look();
  }

  // Presses what has this selector, and looks at the page that comes.
  async press(selector) {
    await Promise.all([this.page.waitForEvent("load"), this.page.click(selector)]);
    await this.look();
  }

  async signIn(email, password) {
    await this.go(`/sign-in?lang=${this.language}`);
    await this.page.fill("[name=email]", email);
    await this.page.fill("[name=password]", password);
    await this.press("main button[type=submit]");
  }

  async look() {
    const path = new URL(this.page.url()).pathname;
    const text = await this.page.textContent("body");
    if (text.includes("⟦")) this.told(`${path} misses ${text.match(/⟦.*?⟧/)[0]}`);
    if (!this.scripts) return;
    const wide = await this.page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    if (wide) this.told(`${path} is wider than the screen`);
    for (const found of await this.axe()) this.told(`${path}: ${found}`);
  }

  // By the debugger's own way, since pages allow no script of others.
  async axe() {
    const session = await this.context.newCDPSession(this.page);
    await session.send("Runtime.evaluate", { expression: axe });
    const run = `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"] }).then((all) =>
      JSON.stringify(all.violations.filter((one) => ["serious", "critical"].includes(one.impact))
        .map((one) => one.id + " at " + one.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", "))))`;
    const answer = await session.send("Runtime.evaluate", { expression: run, awaitPromise: true, returnByValue: true });
    await session.detach();
    return JSON.parse(answer.result.value);
  }

  async shows(words) {
    const text = await this.page.textContent("main");
    if (!text.replaceAll("\u00a0", " ").includes(words)) {
      this.told(`${this.page.url()} does not show "${words}": ${text.replace(/\s+/g, " ").slice(0, 300)}`);
    }
  }
}
