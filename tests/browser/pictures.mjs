// Takes the pictures of docs/images, of the sample page: `cargo test --test api browser -- --ignored`.

import { mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Reader, api, launch, makeForm, serveSite } from "./support.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const sample = readFileSync(here("../../docs/sample-page.html"), "utf8");
const drawing = readFileSync(here("illustration.svg"));
const image = "https://pictures.example.com/harbour.svg";

const en = {
  title: "A letter from the harbour",
  text: "Every Friday: the stories worth your weekend.",
  email_placeholder: "name@example.com",
  button: "Subscribe",
  consent: "By subscribing you agree to get our letter by email. One click, and you’re out.",
  success_title: "One more click",
  success_text: "We have sent you a message. Please confirm with the link in it.",
};
const trigger = { kind: "immediate" };

const DISPLAYS = {
  inline: { at: "#town", form: { display: "inline", copy: { en }, style: { image } } },
  "slide-in": { at: ".lead", form: { display: "slide_in", copy: { en }, trigger, style: { image } } },
  modal: { at: "header", form: { display: "modal", copy: { en }, trigger, style: { image, font: "serif" } } },
  bar: { at: "header", form: { display: "bar", copy: { en }, trigger } },
};
const DESK = { width: 1120, height: 720 };
const PHONE = { width: 390, height: 760, isMobile: true, hasTouch: true };

const browser = await launch({ env: { ...process.env, FONTCONFIG_FILE: here("fonts.conf") } });
const site = await serveSite(null);
mkdirSync(here("../../docs/images"), { recursive: true });

const answer = (request) => request.url() === image && { contentType: "image/svg+xml", body: drawing };

const take = async (name, key, at, viewport, scheme, act = () => {}) => {
  const reader = await Reader.open(browser, { viewport, features: { "prefers-color-scheme": scheme }, answer });
  const isInline = name.includes("inline");
  const page = sample
    .replace("http://127.0.0.1:8080", api)
    .replace('data-form="newsletter"', isInline ? "" : `data-form="${key}"`)
    .replace('<div data-masthead-form="314">', `<div data-masthead-form="${isInline ? key : "none"}">`);
  // An inline form counts as shown when it is seen.
  await reader.visit(site.publish("/", page));
  await reader.page.evaluate((selector) => {
    const place = document.querySelector(selector);
    if (selector !== "header") place.scrollIntoView({ block: selector === "#town" ? "end" : "start" });
  }, at);
  await reader.hears("show");
  if (isInline) {
    await reader.page.evaluate(() => {
      const edge = document.querySelector("[data-masthead-form]").getBoundingClientRect();
      scrollBy(0, edge.top - (innerHeight - edge.height) / 2);
    });
  }
  await reader.page.waitForNetworkIdle({ idleTime: 100 });
  await act(reader);
  await reader.settle();
  await reader.page.screenshot({ path: here(`../../docs/images/form-${name}.png`) });
  await reader.close();
};

for (const [name, { form, at }] of Object.entries(DISPLAYS)) {
  const { key } = await makeForm(form);
  await take(name, key, at, DESK, "light");
  await take(`${name}-dark`, key, at, DESK, "dark");
  await take(`${name}-phone`, key, at, PHONE, "light");
}
const done = await makeForm(DISPLAYS["slide-in"].form);
await take("slide-in-done", done.key, ".lead", DESK, "light", (reader) => reader.subscribe("reader@example.com"));

await browser.close();
site.close();
