// The real service in a folder of its own, with one store, one shopper and a sandbox bank.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./chromium.mjs";

export const EMAIL = "anna@example.org";
export const PASSWORD = "a long way from click to card";

const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

const settings = (folder, port, bank) => `
listen = "127.0.0.1:${port}"
public_url = "http://kopilka.test"
[database]
url = "sqlite:${join(folder, "kopilka.db")}"
[mail]
outbox = "${join(folder, "outbox")}"
[limits]
sign_in_per_minute = 600
links_per_minute = 600
payouts_per_hour = 600
[outgoing]
allow_private = true
[sandbox]
url = "http://127.0.0.1:${bank}"
key = "bank-key"
webhook_secret = "bank-webhook"
[payouts]
cool_off_hours = 0
[[payouts.limits]]
kind = "card"
currency = "RUB"
minimum = "10.00"
maximum = "15000.00"
daily = "30000.00"
fee_fixed = "1.00"
`;

// The network passes on to what \`u\` says, as networks do.
const STORE = `slug,partner,name,home_url,domains,landing_url,categories,rate,hold_days,attribution_days,ext,serp,max_prompts,network,cart_paths
books,network,Books,http://books.test/,books.test,http://www.anrdoezrs.net/t?subid4={click}&u=http%3A%2F%2Fbooks.test%2Flanding%3Fafsrc%3D1%26cjevent%3Dours,books,5%,0,30,yes,yes,1,cj,/cart
lamps,network,Lamps,http://lamps.test/,lamps.test,http://lamps.test/landing?subid4={click},light,300 RUB,0,30,no,no,1,,
`;

export class Real {
  static async start(program) {
    const real = new Real();
    real.folder = mkdtempSync(join(tmpdir(), "kopilka-real-"));
    mkdirSync(join(real.folder, "outbox"));
    const [port, bank] = [await freePort(), await freePort()];
    real.origin = `http://127.0.0.1:${port}`;
    real.bank = `http://127.0.0.1:${bank}`;
    writeFileSync(join(real.folder, "kopilka.toml"), settings(real.folder, port, bank));
    writeFileSync(join(real.folder, "stores.csv"), STORE);
    const command = (...words) => execFileSync(program, words, { cwd: real.folder, encoding: "utf8" });
    real.partner = JSON.parse(command("partner", "add", "network", "--adapter", "admitad", "--currency", "RUB", "--json"));
    command("store", "import", "stores.csv");
    real.log = [];
    real.programs = [["serve"], ["sandbox", "--listen", `127.0.0.1:${bank}`, "--webhook-url", `${real.origin}/webhooks/sandbox`]].map((words) => {
      const child = spawn(program, words, { cwd: real.folder });
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => real.log.push(String(data)));
      return child;
    });
    // Whatever ends the tests ends them too.
    process.once("exit", () => real.programs.forEach((child) => child.kill("SIGINT")));
    await until("the service", () => fetch(`${real.origin}/health/ready`).then((answer) => answer.ok || answer.status === 404, () => false), 60_000);
    await real.signUp();
    return real;
  }

  async call(path, body) {
    const answer = await fetch(this.origin + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }

  async signUp() {
    await this.call("/api/v1/shopper/sign-up", { email: EMAIL, password: PASSWORD, language: "en" });
    const outbox = join(this.folder, "outbox");
    const files = () => readdirSync(outbox, { recursive: true, withFileTypes: true }).filter((one) => one.isFile() && !(one.parentPath ?? one.path).endsWith("tmp"));
    const letter = await until("the letter", () => files().map((one) => readFileSync(join(one.parentPath ?? one.path, one.name), "utf8"))[0], 60_000);
    const text = Buffer.from(letter.split(/\r?\n\r?\n/)[1], "base64").toString("utf8");
    const code = text.match(/code=([A-Za-z0-9_-]+)/)[1];
    await this.call("/api/v1/shopper/confirm-email", { code, password: PASSWORD });
  }

  /** What the network tells of an order of the click. */
  async report(click, status) {
    const told = new URLSearchParams({
      admitad_id: "7001", subid4: click, payment_status: status, order_sum: "1000.00", payment_sum: "100.00", currency: "RUB",
      order_id: "ORDER-1", time: String(Math.floor(Date.now() / 1000)), action_id: "1", type: "sale", reward_ready: "0",
    });
    const answer = await fetch(`${this.origin}/postback/network/${this.partner.secret}?${told}`);
    if (answer.status !== 200) throw new Error(`the postback was answered ${answer.status}: ${await answer.text()}`);
  }

  async end() {
    for (const child of this.programs) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGINT");
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
