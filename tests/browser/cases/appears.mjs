// When a form shows itself, and when it stays away.

import assert from "node:assert/strict";
import { Reader, article, ask, makeForm, script } from "../support.mjs";

const slideIn = (more) => makeForm({ display: "slide_in", ...more });

export const cases = {
  "a slide-in appears by scrolling, is dismissed, and stays away": async ({ browser, site }) => {
    const form = await slideIn({ trigger: { kind: "scroll", percent: 60 } });
    const reader = await Reader.open(browser);
    const address = site.publish("/scroll", article({ head: script(form) }));
    await reader.visit(address);
    await reader.scrollTo(0.3);
    await reader.settle();
    assert.equal(await reader.isShown(), false, "not before");
    await reader.scrollTo(0.7);
    assert.equal((await reader.hears("show")).form, form.key);
    await reader.click(".close");
    await reader.hears("dismiss");
    assert.equal(await reader.isShown(), false);
    await reader.visit(address);
    await reader.scrollTo(1);
    await reader.settle();
    assert.equal(await reader.isShown(), false, "not again");
    const kinds = reader.sent("/events").map((event) => event.kind);
    assert.deepEqual(kinds, ["load", "show", "dismiss", "load"], "what is counted");
    await reader.close();
  },

  "a slide-in appears after a delay": async ({ browser, site }) => {
    const form = await slideIn({ trigger: { kind: "delay", seconds: 1 } });
    const reader = await Reader.open(browser);
    await reader.visit(site.publish("/delay", article({ head: script(form) })));
    assert.equal(await reader.isShown(), false, "not at once");
    await reader.hears("show");
    await reader.close();
  },

  "a modal appears when the pointer leaves": async ({ browser, site }) => {
    const form = await makeForm({ display: "modal" });
    const reader = await Reader.open(browser);
    await reader.visit(site.publish("/leave", article({ head: script(form) })));
    await reader.page.mouse.move(300, 200);
    await reader.page.mouse.move(300, 2);
    await reader.settle();
    assert.equal(await reader.isShown(), false, "not while it is on the page");
    await reader.page.evaluate(() => {
      const leaving = { bubbles: true, clientX: 300, clientY: -3, relatedTarget: null };
      document.documentElement.dispatchEvent(new MouseEvent("mouseout", leaving));
    });
    await reader.hears("show");
    assert.equal(await reader.inForm((find) => find("dialog").matches(":modal")), true);
    await reader.close();
  },

  "a form appears when an element comes into view": async ({ browser, site }) => {
    const form = await makeForm({ display: "bar", trigger: { kind: "element", selector: "#last" } });
    const reader = await Reader.open(browser);
    await reader.visit(site.publish("/element", article({ head: script(form) })));
    await reader.settle();
    assert.equal(await reader.isShown(), false);
    await reader.page.evaluate(() => document.querySelector("#last").scrollIntoView());
    await reader.hears("show");
    await reader.close();
  },

  "a form appears at the third article": async ({ browser, site }) => {
    const form = await slideIn({ trigger: { kind: "nth_article", count: 3 } });
    const reader = await Reader.open(browser);
    const addresses = ["/one", "/two", "/three"].map((path) => site.publish(path, article({ head: script(form) })));
    for (const address of [addresses[0], addresses[0], addresses[1]]) {
      await reader.visit(address);
      await reader.settle();
      assert.equal(await reader.isShown(), false, address);
    }
    await reader.visit(addresses[2]);
    await reader.hears("show");
    await reader.close();
  },

  "a form appears where it is meant to": async ({ browser, site }) => {
    const targets = {
      "tags_any that the page has": [{ tags_any: ["Town hall"] }, true],
      "tags_any that it has not": [{ tags_any: ["weather"] }, false],
      "tags_none that it has": [{ tags_none: ["town-hall"] }, false],
      "paths_any": [{ paths_any: ["/meant/*"] }, true],
      "paths_any elsewhere": [{ paths_any: ["/meant"] }, false],
      "paths_none": [{ paths_none: ["*/tow*"] }, false],
      "utm": [{ utm: { source: ["letter*"] } }, true],
      "utm of another": [{ utm: { medium: ["poster"] } }, false],
      "a window that is wide enough": [{ min_width: 1000, max_width: 1200 }, true],
      "a window that is too wide": [{ max_width: 1000 }, false],
      "the language": [{ locales: ["en"] }, true],
      "another language": [{ locales: ["fr"] }, false],
      "a time that is over": [{ until: "2020-01-01T00:00:00Z" }, false],
      "a time that is not yet": [{ from: "2100-01-01T00:00:00Z" }, false],
      "a referrer that is none": [{ referrers_any: ["*.example.com"] }, false],
    };
    const forms = [];
    for (const [name, [targeting]] of Object.entries(targets)) {
      forms.push([name, await makeForm({ display: "inline", targeting })]);
    }
    const head = `<meta property="article:tag" content="Town Hall">${script({ key: "" }, 'data-tags="sea"')}`;
    const places = forms.map(([, form]) => `<div data-masthead-form="${form.key}"></div>`).join("");
    const reader = await Reader.open(browser);
    await reader.visit(`${site.publish("/meant/town", article({ head, body: places, lang: "en-GB" }))}?utm_source=letter-7`);
    const meant = forms.filter(([name]) => targets[name][1]);
    await reader.hears("load", meant.length);
    await reader.settle();
    const alive = await reader.page.evaluate(() =>
      [...document.querySelectorAll("[data-masthead-form]")].filter((place) => place.shadowRoot).map((place) => place.dataset.mastheadForm),
    );
    const names = forms.filter(([, form]) => alive.includes(form.key)).map(([name]) => name);
    assert.deepEqual(names, meant.map(([name]) => name));
    await reader.close();
  },

  "a reader sees the same variant again": async ({ browser, site }) => {
    const bar = { key: "b", weight: 1, display: "bar", copy: { en: { title: "Another title" } } };
    const form = await slideIn({ trigger: { kind: "immediate" }, weight: 0, variants: [bar] });
    const reader = await Reader.open(browser);
    const address = site.publish("/variant", article({ head: script(form) }));
    await reader.visit(address, "show");
    assert.equal(await reader.text("h2"), "Another title");
    assert.equal(await reader.inForm((find) => find(".root").classList.contains("bar")), true);
    assert.deepEqual(reader.sent("/events"), [{ kind: "load", variant: "b" }, { kind: "show", variant: "b" }]);
    await ask("PATCH", `/editor/forms/${form.id}`, { weight: 1000 });
    await reader.visit(address, "show");
    assert.equal(await reader.text("h2"), "Another title");
    await reader.close();
  },

  "a form is shown no more often than its rule says": async ({ browser, site }) => {
    const frequency = { hours_after_dismissed: 0, most: 2, per_days: 7 };
    const form = await slideIn({ trigger: { kind: "immediate" }, frequency });
    const reader = await Reader.open(browser);
    const address = site.publish("/often", article({ head: script(form) }));
    for (const isShown of [true, true, false]) {
      await reader.visit(address);
      await reader.settle();
      assert.equal(await reader.isShown(), isShown);
    }
    await reader.close();
  },

  "the place of an imported [mc4wp_form] comes alive": async ({ browser, site }) => {
    const imported = await ask("GET", `/articles/${process.env.MASTHEAD_BROWSER_ARTICLE}`);
    assert.match(imported.body_html, /<div data-masthead-form="314"><\/div>/);
    const form = await makeForm({ key: "314", display: "slide_in", copy: { en: { title: "Letters" } } });
    const reader = await Reader.open(browser);
    const head = script(form);
    await reader.visit(site.publish("/imported", article({ head, body: imported.body_html })), "show");
    assert.equal(await reader.text("h2"), "Letters");
    assert.equal(await reader.inForm((find) => find(".root").classList.contains("inline")), true);
    await reader.subscribe("imported@example.com");
    await reader.close();
  },

  "places that a script brings later come alive, and an inline form stands behind its script": async ({ browser, site }) => {
    const form = await makeForm({ display: "inline" });
    const reader = await Reader.open(browser);
    await reader.visit(site.publish("/behind", article({ body: script(form) })), "show");
    const [first] = await reader.page.$$("script + [data-masthead-form]");
    assert.ok(first);
    await reader.page.evaluate((key) => {
      const place = document.createElement("div");
      place.dataset.mastheadForm = key;
      document.querySelector("h1").after(place);
    }, form.key);
    await reader.hears("show", 2);
    await reader.close();
  },

  "an inline form whose script is not in the text ends the page": async ({ browser, site }) => {
    const form = await makeForm({ display: "inline" });
    const reader = await Reader.open(browser);
    await reader.visit(site.publish("/ends", article({ head: script(form) })), "load");
    await reader.page.waitForSelector("body > [data-masthead-form]:last-child");
    await reader.scrollTo(1);
    await reader.hears("show");
    await reader.close();
  },
};
