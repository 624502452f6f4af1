// A small world on this machine: stores, a blog, rival networks and a search engine, told apart by the host that is
// asked for. What is not one of them is the service, which may be `service` (a function) or a real one (`upstream`).
import { createServer, request as forward } from "node:http";

const html = (body, head = "") => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>page</title>${head}</head><body>${body}</body></html>`;
const safe = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

export const SERVICE = "kopilka.test";
export const SEARCH = "www.google.ru";

export class World {
  /** Every request that was made: host, path with query, headers, body. */
  seen = [];
  /** Hosts that do not answer. */
  dead = new Set();
  /** What the service's answer to a press waits for. */
  hold = Promise.resolve();
  service = null;
  upstream = null;

  static async start() {
    const world = new World();
    world.server = createServer((request, response) => world.answer(request, response));
    await new Promise((resolve) => world.server.listen(0, "127.0.0.1", resolve));
    world.port = world.server.address().port;
    return world;
  }

  async end() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async answer(request, response) {
    const host = (request.headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
    const url = new URL(request.url, `http://${host}`);
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    this.seen.push({ host, path: request.url, method: request.method, headers: request.headers, body: body.toString("utf8") });
    if (this.dead.has(host)) return request.socket.destroy();
    if (url.pathname === "/api/v1/extension/activations") await this.hold;
    if (host === SERVICE || host === "127.0.0.1") return this.serve(request, response, url, body);
    const to = url.searchParams.get("u");
    const send = (page, headers = {}) => response.writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "max-age=60", ...headers }).end(page);
    const redirect = () => response.writeHead(302, { location: to, "cache-control": "no-store" }).end();
    if (url.pathname === "/favicon.ico") return response.writeHead(404).end();
    if (host === SEARCH) {
      const results = ["books.test", "lamps.test", "noserp.test", "else.test"]
        .map((one) => `<li><h2><a href="http://${one}/from-search">${one}</a></h2><p>text</p></li>`).join("");
      return send(html(`<ul>${results}<li class="b_ad"><h2><a href="http://lamps.test/ad">ad</a></h2></li></ul>`));
    }
    if (host.endsWith(".test") && to === null) {
      // A store that allows as little as a page can: no scripts but its own, trusted types, and sheets that hide everything.
      const strict = url.pathname.startsWith("/strict")
        ? { "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; require-trusted-types-for 'script'" } : {};
      const hostile = url.pathname.startsWith("/hostile")
        ? `<style>div{display:none!important;opacity:0!important}</style><script>window.caught=[];const a=Element.prototype.attachShadow;
           Element.prototype.attachShadow=function(o){const r=a.call(this,o);window.caught.push(r);return r};</script>` : "";
      const css = url.pathname.startsWith("/strict") ? "<style>html>div{display:none!important;visibility:hidden!important}</style>" : "";
      return send(html(`<h1>${host}</h1><a id="next" href="/next?page=2">next</a> <input id="field">`, hostile + css), strict);
    }
    if (host === "blog.test") {
      const link = safe(to);
      if (url.pathname === "/js") return send(html("<p>going</p>", `<script>location.href = ${JSON.stringify(to)}</script>`));
      if (url.pathname === "/meta") return send(html("<p>going</p>", `<meta http-equiv="refresh" content="0;url=${link}">`));
      return send(html(`<a id="link" href="${link}">link</a> <a id="tab" target="_blank" href="${link}">tab</a>`));
    }
    // Whoever else is asked passes on by a redirect, or by a page with a script.
    if (url.pathname === "/js") return send(html("", `<script>location.href = ${JSON.stringify(to)}</script>`));
    if (url.pathname === "/meta") return send(html("", `<meta http-equiv="refresh" content="0;url=${safe(to)}">`));
    return redirect();
  }

  serve(request, response, url, body) {
    if (this.upstream === null) return this.service(request, response, url, body);
    const { hostname, port } = new URL(this.upstream);
    const onward = forward({ hostname, port, path: request.url, method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.writeHead(502).end());
    onward.end(body);
  }

  /** What the service was told since `from`. */
  toService(from = 0) {
    return this.seen.slice(from).filter((one) => one.host === SERVICE);
  }
}
