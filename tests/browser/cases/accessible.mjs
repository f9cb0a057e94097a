// Whoever can't see, point, or bear motion.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Reader, article, ask, makeForm, script } from "../support.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const DISPLAYS = ["inline", "slide_in", "modal", "bar"];

// What axe-core finds in a page as it is.
const violations = async (reader) => {
  await reader.page.evaluate(axe);
  const found = await reader.page.evaluate(() => window.axe.run(document, { preload: false, resultTypes: ["violations"] }));
  return found.violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.target.join(" ") + " " + node.failureSummary).join(", ")}`);
};

const everything = async (display, more) => {
  const slug = `culture-${Math.random().toString(36).slice(2)}`;
  const topic = await ask("POST", "/editor/tags", { name: "Culture", slug });
  const fields = [
    { name: "name", kind: "name" },
    { name: "topics", kind: "topics" },
    { name: "role", kind: "select", options: ["teacher"] },
    { name: "terms", kind: "checkbox", required: true },
  ];
  const copy = { en: { text: "About https://example.com/us.", consent: "As https://example.com/privacy says." } };
  return makeForm({ display, trigger: { kind: "immediate" }, topics: [topic.id], fields, copy, ...more });
};

const examine = (display, scheme) => async ({ browser, site }) => {
  const style = { accent: scheme === "dark" ? "#ffd23f" : "#0b6e4f" };
  const form = await everything(display, { style });
  const reader = await Reader.open(browser, { features: { "prefers-color-scheme": scheme } });
  await reader.visit(site.publish(`/axe-${display}`, article({ body: script(form) })), "show");
  assert.deepEqual(await violations(reader), [], "as it comes");
  await reader.click(".button");
  assert.deepEqual(await violations(reader), [], "with faults");
  await reader.inForm((find) => find("#terms-fault").parentElement.querySelector("input").click());
  await reader.subscribe(`${display}-${scheme}@example.com`);
  assert.deepEqual(await violations(reader), [], "when it is done");
  await reader.close();
};

const examinations = DISPLAYS.flatMap((display) =>
  ["light", "dark"].map((scheme) => [`axe-core finds nothing: ${display}, ${scheme}`, examine(display, scheme)]),
);

export const cases = {
  ...Object.fromEntries(examinations),

  "by keyboard alone: a modal holds the focus, and gives it back": async ({ browser, site }) => {
    const form = await makeForm({ display: "modal", trigger: { kind: "manual" }, fields: [{ name: "name", kind: "name" }] });
    const reader = await Reader.open(browser);
    const opener = `<button id="opener" data-masthead-open="${form.key}">Newsletter</button>`;
    await reader.visit(site.publish("/keys", article({ head: script(form), body: opener })));
    await reader.page.focus("#opener");
    await reader.page.keyboard.press("Enter");
    await reader.hears("show");
    const order = [await reader.focus()];
    for (const key of ["Tab", "Tab", "Tab", "Tab"]) {
      await reader.page.keyboard.press(key);
      order.push(await reader.focus());
    }
    assert.deepEqual(order, ["name", "email", "button", "close", "name"]);
    await reader.page.keyboard.down("Shift");
    await reader.page.keyboard.press("Tab");
    await reader.page.keyboard.up("Shift");
    assert.equal(await reader.focus(), "close", "and backwards");
    await reader.page.keyboard.press("Escape");
    await reader.hears("dismiss");
    assert.equal(await reader.isShown(), false);
    assert.equal(await reader.focus(), "opener");
    await reader.page.keyboard.press("Enter");
    await reader.hears("show", 2);
    await reader.type("#email", "keys@example.com");
    await reader.page.keyboard.press("Tab");
    await reader.page.keyboard.press("Space");
    await reader.hears("success");
    await reader.page.keyboard.press("Escape");
    await reader.hears("close", 2);
    assert.equal(await reader.focus(), "opener");
    await reader.close();
  },

  "by keyboard alone: a slide-in takes no focus, can be reached, and goes by Escape": async ({ browser, site }) => {
    const form = await makeForm({ display: "slide_in" });
    const reader = await Reader.open(browser);
    await reader.visit(site.publish("/slide-keys", article({ head: script(form) })));
    await reader.page.focus("#last");
    await reader.scrollTo(1);
    await reader.hears("show");
    assert.equal(await reader.focus(), "last");
    assert.equal(await reader.text("[role=status]"), form.copy.en.title, "but is told");
    await reader.page.keyboard.press("Tab");
    assert.equal(await reader.focus(), "email");
    await reader.page.keyboard.press("Escape");
    await reader.hears("dismiss");
    assert.equal(await reader.focus(), "last");
    await reader.close();
  },

  "the trap for programs is no trap for people": async ({ browser, site }) => {
    const form = await makeForm({ display: "inline" });
    const reader = await Reader.open(browser);
    await reader.visit(site.publish("/decoy", article({ body: script(form) })), "show");
    const decoy = await reader.inForm((find) => {
      const { width, height } = find("[name=website]").parentElement.getBoundingClientRect();
      const { tabIndex, autocomplete } = find("[name=website]");
      return { width, height, tabIndex, autocomplete, hidden: find("[name=website]").closest("[aria-hidden=true]") !== null };
    });
    assert.deepEqual(decoy, { width: 1, height: 1, tabIndex: -1, autocomplete: "off", hidden: true });
    await reader.close();
  },

  "it reads from right to left, in the page's language": async ({ browser, site }) => {
    const words = { title: "رسالتنا", button: "اشترك", email_label: "البريد", consent: "موافق", success_title: "شكرا", success_text: "تم", dismiss: "لا" };
    const form = await makeForm({ display: "slide_in", trigger: { kind: "immediate" }, copy: { en: {}, ar: words }, default_locale: "en" });
    const reader = await Reader.open(browser);
    await reader.visit(site.publish("/rtl", article({ head: script(form), lang: "ar-EG", dir: "rtl" })), "show");
    assert.equal(await reader.text("h2"), words.title);
    const place = await reader.inForm((find) => {
      const [box, close] = [find(".box"), find(".close")].map((one) => one.getBoundingClientRect());
      const root = find(".root");
      return [root.dir, root.lang, getComputedStyle(find("h2")).direction, close.left - box.left < 30];
    });
    assert.deepEqual(place, ["rtl", "ar", "rtl", true]);
    const { locale } = await reader.subscribe("rtl@example.com");
    assert.equal(locale, "ar");
    await reader.close();
  },

  "nothing moves for whom motion hurts": async ({ browser, site }) => {
    const form = await makeForm({ display: "slide_in", trigger: { kind: "immediate" } });
    const address = site.publish("/motion", article({ head: script(form) }));
    for (const [wish, moves] of [["no-preference", true], ["reduce", false]]) {
      const reader = await Reader.open(browser, { features: { "prefers-reduced-motion": wish } });
      await reader.visit(address, "show");
      assert.equal(await reader.inForm((find) => getComputedStyle(find(".box")).animationName !== "none"), moves, wish);
      await reader.close();
    }
  },

  "every target is large enough for a thumb, and all fits on a phone": async ({ browser, site }) => {
    for (const display of DISPLAYS) {
      const form = await everything(display);
      const reader = await Reader.open(browser, { viewport: { width: 320, height: 640, isMobile: true, hasTouch: true } });
      await reader.visit(site.publish(`/thumb-${display}`, article({ body: script(form) })), "show");
      const small = await reader.inForm((find) =>
        [...find(".box").querySelectorAll("button, .control, .tick")]
          .filter((target) => Math.min(target.getBoundingClientRect().width, target.getBoundingClientRect().height) < 24)
          .map((target) => target.className),
      );
      assert.deepEqual(small, [], display);
      const [over, wide] = await reader.inForm((find) => [find(".box").scrollWidth - find(".box").clientWidth, document.documentElement.scrollWidth]);
      assert.ok(over <= 0 && wide <= 320, `${display}: ${over}, ${wide}`);
      await reader.close();
    }
  },
};
