// The way of somebody who acts for a partner through the site: node partner.mjs CHROMIUM SITE EMAIL PASSWORD [SHOTS]
// Begun by scripts/test-browser, which starts the demonstration that it walks through.
import { mkdirSync } from "node:fs";
import { Visitor, open } from "./browser.mjs";

const [program, base, email, password, shots] = process.argv.slice(2);
const wrong = [];
const words = {
  en: { home: "Integration", call: "The call as it came", good: "It is yours", shared: "A report of a partner’s test bench",
    once: "It is shown only now", line: "changes an order", known: "says what is known", done: "The file was carried out",
    statement: "Owed after", claim: "The order is theirs", refused: "Write 1 to 2000 characters", out: "You are signed out" },
  ru: { home: "Подключение", call: "Вызов, каким он пришёл", good: "Вызов ваш", shared: "Отчёт со стенда партнёра",
    once: "Он виден только сейчас", line: "меняет заказ", known: "повторяет уже известное", done: "Файл выполнен",
    statement: "Долг на конец", claim: "Заказ действительно его", refused: "Нужно от 1 до 2000 знаков", out: "Вы вышли" },
};
let taken = 0;

async function picture(visitor, name) {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  const dark = visitor.dark ? "-dark" : "";
  await visitor.page.screenshot({ path: `${shots}/${name}-${visitor.language}-${visitor.screen}${dark}.png`, fullPage: true });
}

async function enter(visitor) {
  await visitor.go(`/partner/sign-in?lang=${visitor.language}`);
  await picture(visitor, "sign-in");
  await visitor.page.fill("[name=email]", email);
  await visitor.page.fill("[name=password]", password);
  await visitor.press("main button[type=submit]");
  await visitor.shows(words[visitor.language].home);
  await picture(visitor, "home");
}

// Calls, one of them, and the same on the test bench, with a link that a stranger follows.
async function calls(visitor, stranger) {
  const said = words[visitor.language];
  await visitor.go("/partner/calls?verdict=applied");
  await picture(visitor, "calls");
  // The oldest of the page: the newest may be a change by hand, which no network sends.
  await visitor.press(".lines li:last-child a");
  await visitor.shows(said.call);
  await picture(visitor, "call");
  await visitor.press("a[href*='/partner/bench?call=']");
  await visitor.press("#paste button:not([name])");
  await visitor.shows(said.good);
  await picture(visitor, "bench");
  await visitor.press("#paste button[name=share]");
  const link = (await visitor.page.textContent("#link pre")).trim();
  await stranger.go(new URL(link).pathname);
  await stranger.shows(said.shared);
  await picture(stranger, "shared");
  await visitor.go("/partner/bench");
  await visitor.press("form[action$=build] button");
  await picture(visitor, "build");
}

async function settings(visitor) {
  await visitor.go("/partner/settings");
  await picture(visitor, "settings");
  await visitor.page.fill("[name=token_name]", "walk");
  await visitor.press("#tokens form[action$=tokens] button");
  await visitor.shows(words[visitor.language].once);
  await picture(visitor, "once");
  await visitor.press("main a.button");
  await visitor.press("#tokens form[action*='tokens/'] button");
}

// A confirmed order is changed by a file: first shown, then carried out, then the same again.
async function change(visitor) {
  const { page } = visitor;
  const said = words[visitor.language];
  await visitor.go("/partner/orders?state=confirmed");
  await picture(visitor, "orders");
  await visitor.press(".lines li:last-child a");
  await picture(visitor, "order");
  const key = (await page.textContent(".parts code")).trim();
  taken += 1;
  const table = `order,action,amount,commission,reason\n${key},change,,${taken}.50,one item came back\nNO-SUCH,confirm,,,\n`;
  for (const told of [said.line, said.known]) {
    await visitor.go("/partner/changes");
    await page.setInputFiles("[name=file]", { name: "changes.csv", mimeType: "text/csv", buffer: Buffer.from(table) });
    await visitor.press("main form button");
    await visitor.shows(told);
    await picture(visitor, told === said.line ? "change" : "change-again");
    if (told === said.line) {
      await visitor.press("main form button");
      await visitor.shows(said.done);
      await picture(visitor, "change-done");
    }
  }
  await picture(visitor, "changes");
}

async function look(visitor) {
  const said = words[visitor.language];
  await visitor.go("/partner/statement");
  await visitor.shows(said.statement);
  await picture(visitor, "statement");
  await visitor.go("/partner/clicks");
  await picture(visitor, "clicks");
  await visitor.go("/partner/claims");
  await picture(visitor, "claims");
  await visitor.press(".lines a");
  await visitor.shows(said.claim);
  await visitor.press("#decline button");
  await visitor.shows(said.refused);
  await picture(visitor, "claim");
  await visitor.go("/partner/account");
  await visitor.press("header form button");
  await visitor.shows(said.out);
  await visitor.go("/partner/apply");
  await picture(visitor, "apply");
  await visitor.go("/partner/forgot");
}

const browser = await open(program);
const visitors = [
  { language: "ru", screen: "phone", dark: true },
  { language: "en", screen: "desktop" },
];
let steps = 0;
for (const settingsOf of visitors) {
  const visitor = Object.assign(await Visitor.of(browser, { base, ...settingsOf }, wrong), { dark: settingsOf.dark });
  const stranger = await Visitor.of(browser, { base, ...settingsOf }, wrong);
  for (const walk of [enter, calls, settings, change, look]) {
    try {
      await walk(visitor, stranger);
      steps += 1;
    } catch (error) {
      visitor.told(`${walk.name} at ${visitor.page.url()}: ${error.message.split("\n")[0]}`);
    }
  }
  await visitor.context.close();
  await stranger.context.close();
}
await browser.close();
for (const line of wrong) console.error(line);
console.log(`partner: ${steps} of ${visitors.length * 5} walks as they should be, ${wrong.length} things wrong`);
process.exit(wrong.length === 0 ? 0 : 1);
