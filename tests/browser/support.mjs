// What the cases stand on: a browser, a website of another origin with a strict policy, and the API as an editor uses it.

import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { delimiter, join } from "node:path";
import puppeteer from "puppeteer-core";

// `cargo test --test api browser` says where the API is.
export const api = process.env.MASTHEAD_BROWSER_API;
const token = process.env.MASTHEAD_BROWSER_TOKEN;

const onPath = (name) => (process.env.PATH || "").split(delimiter).map((folder) => join(folder, name));

const BROWSERS = [
  process.env.CHROMIUM,
  ...onPath("chromium"),
  ...onPath("chromium-browser"),
  ...onPath("google-chrome"),
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

// No inline script, no inline style, no evaluation, nobody else's anything.
export const STRICT = [
  "default-src 'none'",
  `script-src ${api}`,
  `connect-src ${api}`,
  "style-src 'none'",
  "img-src https:",
  "require-trusted-types-for 'script'",
].join("; ");

// Ends with 3 where there is no browser: `tests/api/browser.rs` judges whether that is a failure.
export const launch = (options = {}) => {
  const executablePath = BROWSERS.find((path) => path && existsSync(path));
  if (!executablePath) {
    console.error("no Chromium is installed");
    process.exit(3);
  }
  return puppeteer.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage", "--lang=en"], ...options });
};

// Pages by path; an unknown one is not found.
export const serveSite = async (policy = STRICT) => {
  const pages = new Map();
  const server = createServer((request, response) => {
    const page = pages.get(new URL(request.url, "http://site").pathname);
    response.writeHead(page ? 200 : 404, {
      "content-type": "text/html; charset=utf-8",
      ...(policy && { "content-security-policy": policy }),
    });
    response.end(page);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://localhost:${server.address().port}`;
  return {
    publish: (path, html) => {
      pages.set(path, html);
      return origin + path;
    },
    close: () => server.close(),
  };
};

export const ask = async (method, path, body) => {
  const response = await fetch(`${api}/api/v1${path}`, {
    method,
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text && JSON.parse(text);
};

let made = 0;

// Makes a form, with a key of its own unless one is given.
export const makeForm = (form) => ask("POST", "/editor/forms", { key: `f${++made}`, name: "A test", ...form });

export const script = (form, attributes = "") =>
  `<script src="${api}/embed.js" data-form="${form.key}" ${attributes} async></script>`;

// A page with enough of an article to scroll through. Many themes have an element called `masthead`.
export const article = ({ head = "", body = "", lang = "en", dir = "ltr" }) => `<!doctype html>
<html lang="${lang}" dir="${dir}"><head><meta charset="utf-8"><title>An article</title>
<meta name="viewport" content="width=device-width, initial-scale=1">${head}</head>
<body><header id="masthead"><a id="home" href="/">Home</a></header><main><h1>An article</h1>${body}
${"<p>A paragraph, as there are many.</p>\n".repeat(120)}<p><a id="last" href="#">The end</a></p></main></body></html>`;

// A browser's window as a reader sees it, with what happened there. Storage is its own.
export class Reader {
  static async open(browser, options = {}) {
    const reader = new Reader();
    reader.context = await browser.createBrowserContext();
    reader.page = await reader.context.newPage();
    await reader.prepare(options);
    return reader;
  }

  async prepare({ features = {}, viewport = { width: 1100, height: 800 }, before, answer }) {
    const { page } = this;
    Object.assign(this, { heard: [], waiting: [], faults: [], requests: [], answers: [] });
    const media = { "prefers-reduced-motion": "reduce", "prefers-color-scheme": "light", ...features };
    await page.setViewport(viewport);
    await page.emulateMediaFeatures(Object.entries(media).map(([name, value]) => ({ name, value })));
    page.on("pageerror", (fault) => this.faults.push(fault.message));
    page.on("console", (message) => {
      // That a request was answered with an error is for the case to judge.
      const isFault = message.type() === "error" || message.type() === "warn";
      if (isFault && !message.text().startsWith("Failed to load resource")) this.faults.push(message.text());
    });
    page.on("request", (request) => this.requests.push(request));
    page.on("response", (response) => {
      if (response.request().method() === "POST") this.answers.push(`${response.status()} ${new URL(response.url()).pathname}`);
    });
    if (answer) {
      await page.setRequestInterception(true);
      page.on("request", (request) => {
        const own = answer(request);
        if (own) request.respond(own);
        else request.continue();
      });
    }
    await page.exposeFunction("heard", (detail) => {
      this.heard.push(detail);
      this.waiting.forEach((look) => look());
    });
    await page.evaluateOnNewDocument(() => {
      document.addEventListener("masthead", ({ detail }) => window.heard(detail));
    });
    if (before) await page.evaluateOnNewDocument(before);
  }

  // Opens a page and waits for what the script has to say first.
  async visit(address, type = "load") {
    this.heard.length = 0;
    await this.page.goto(address);
    if (type) await this.hears(type);
  }

  // Resolves when an event of a type has come since the page was opened.
  hears(type, times = 1) {
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => {
        const before = JSON.stringify(this.heard.map((event) => event.type));
        reject(new Error(`no "${type}" within ten seconds, but ${before}; faults: ${this.faults.join(" | ")}`));
      }, 10_000);
      const look = () => {
        const all = this.heard.filter((event) => event.type === type);
        if (all.length < times) return;
        clearTimeout(limit);
        this.waiting = this.waiting.filter((other) => other !== look);
        resolve(all[times - 1]);
      };
      this.waiting.push(look);
      look();
    });
  }

  // Lets the page run until it has nothing to show any more: two frames and what they set off.
  settle() {
    return this.page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)))),
    );
  }

  scrollTo(share) {
    return this.page.evaluate((part) => scrollTo(0, document.documentElement.scrollHeight * part), share);
  }

  // Asks something of the form: `find(selector)` looks into the shadow trees.
  inForm(look, ...values) {
    const source = `((...values) => {
      const roots = [...document.querySelectorAll("[data-masthead-shown], [data-masthead-form]")].map((host) => host.shadowRoot).filter(Boolean);
      const find = (selector) => roots.map((root) => root.querySelector(selector)).find(Boolean) || null;
      return (${look})(find, ...values);
    })(...${JSON.stringify(values)})`;
    return this.page.evaluate(source);
  }

  isShown() {
    return this.inForm((find) => Boolean(find(".box")));
  }

  text(selector) {
    return this.inForm((find, wanted) => find(wanted) && find(wanted).textContent, selector);
  }

  // What has the focus, through the shadow trees.
  focus() {
    return this.page.evaluate(() => {
      let at = document.activeElement;
      while (at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement;
      return at.id || at.className || at.tagName.toLowerCase();
    });
  }

  // Clicks with a real pointer, in the middle of it.
  async click(selector) {
    const [x, y] = await this.inForm((find, wanted) => {
      const edge = find(wanted).getBoundingClientRect();
      return [edge.x + edge.width / 2, edge.y + edge.height / 2];
    }, selector);
    await this.page.mouse.click(x, y);
  }

  async type(selector, text) {
    await this.inForm((find, wanted) => find(wanted).focus(), selector);
    await this.page.keyboard.type(text);
  }

  // Signs up with an address, and gives what was sent.
  async subscribe(address) {
    await this.type("#email", address);
    await this.page.keyboard.press("Enter");
    await this.hears("success");
    const sent = this.sent("/subscriptions");
    return sent[sent.length - 1];
  }

  sent(ending) {
    const posts = this.requests.filter((request) => request.method() === "POST" && request.url().endsWith(ending));
    return posts.map((request) => JSON.parse(request.postData()));
  }

  async close() {
    await this.context.close();
    if (this.faults.length) throw new Error(`the console holds: ${this.faults.join(" | ")}`);
  }
}
