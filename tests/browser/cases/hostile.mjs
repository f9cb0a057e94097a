// Pages that make it hard, copy that tries to be more than text, and the small API for scripts of the page.

import assert from "node:assert/strict";
import { Reader, api, article, makeForm, script } from "../support.mjs";

export const cases = {
  "where storage is blocked, it works, and forgets": async ({ browser, site }) => {
    const form = await makeForm({ display: "slide_in", trigger: { kind: "immediate" } });
    const block = () =>
      Object.defineProperty(window, "localStorage", {
        get() {
          throw new DOMException("blocked", "SecurityError");
        },
      });
    const reader = await Reader.open(browser, { before: block });
    const address = site.publish("/blocked", article({ head: script(form) }));
    await reader.visit(address, "show");
    await reader.subscribe("blocked@example.com");
    await reader.visit(address, "show");
    await reader.close();
  },

  "junk in storage is no hindrance": async ({ browser, site }) => {
    const form = await makeForm({ display: "slide_in", trigger: { kind: "immediate" } });
    const address = site.publish("/junk", article({ head: script(form) }));
    const reader = await Reader.open(browser);
    await reader.visit(address, "show");
    for (const junk of ["", "5", "null", "[1]", '"text"', "{", `{"${form.id}":9}`, `{"${form.id}":{"shown":"x"}}`]) {
      await reader.page.evaluate((text) => localStorage.setItem("masthead", text), junk);
      await reader.visit(address, "show");
    }
    await reader.close();
  },

  "a second inclusion does no harm, and several forms live on one page": async ({ browser, site }) => {
    const [one, other] = [await makeForm({ display: "inline" }), await makeForm({ display: "inline" })];
    const reader = await Reader.open(browser);
    const body = `${script(one)}${script(one)}${script(other)}<div data-masthead-form="${one.key}"></div><div data-masthead-form="${one.key}"></div>`;
    await reader.visit(site.publish("/twice", article({ body })), null);
    await reader.hears("show", 3);
    await reader.settle();
    const shown = reader.heard.filter((event) => event.type === "show").map((event) => event.form);
    assert.deepEqual(shown.sort(), [one.key, one.key, other.key].sort());
    assert.equal(reader.heard.filter((event) => event.type === "load").length, 2);
    await reader.close();
  },

  "two never stand over the page at once": async ({ browser, site }) => {
    const trigger = { kind: "immediate" };
    const [one, other] = [await makeForm({ display: "slide_in", trigger }), await makeForm({ display: "bar", trigger })];
    const reader = await Reader.open(browser);
    await reader.visit(site.publish("/both", article({ head: script(one) + script(other) })), null);
    await reader.hears("load", 2);
    await reader.settle();
    assert.equal((await reader.page.$$("[data-masthead-shown]")).length, 1);
    await reader.close();
  },

  "copy is text, whatever it looks like": async ({ browser, site }) => {
    const evil = `<img src=x onerror="heard({type:'evil'})">{{7*7}}`;
    const copy = { en: { title: evil, text: evil, button: evil, consent: `javascript:alert(1) ${evil}`, email_label: evil, dismiss: evil } };
    const form = await makeForm({ display: "slide_in", trigger: { kind: "immediate" }, copy });
    const reader = await Reader.open(browser);
    await reader.visit(site.publish("/evil", article({ head: script(form) })), "show");
    assert.equal(await reader.text("h2"), evil);
    assert.equal(await reader.inForm((find) => find("img, a")), null);
    assert.ok(!reader.heard.some((event) => event.type === "evil"));
    await reader.close();
  },

  "colours that nobody could read are mended": async ({ browser, site }) => {
    const style = { accent: "#fff27a", background: "#fffbe0", text: "#fff7b0", radius: 0 };
    const form = await makeForm({ display: "slide_in", trigger: { kind: "immediate" }, style });
    const reader = await Reader.open(browser);
    await reader.visit(site.publish("/pale", article({ head: script(form) })), "show");
    const colours = await reader.inForm((find) => [getComputedStyle(find("h2")).color, getComputedStyle(find(".button")).color]);
    assert.deepEqual(colours, ["rgb(20, 22, 26)", "rgb(0, 0, 0)"]);
    await reader.close();
  },

  "a picture that can't be loaded leaves no hole": async ({ browser, site }) => {
    const style = { image: "https://pictures.example.com/gone.jpg" };
    const form = await makeForm({ display: "modal", trigger: { kind: "immediate" }, style });
    const gone = (request) => request.url() === style.image && { status: 404, body: "" };
    const reader = await Reader.open(browser, { answer: gone });
    await reader.visit(site.publish("/gone", article({ head: script(form) })), "show");
    await reader.page.waitForNetworkIdle({ idleTime: 50 });
    await reader.settle();
    assert.deepEqual(await reader.inForm((find) => [find(".picture"), find(".plain") !== null]), [null, true]);
    await reader.close();
  },

  "an unknown form leaves the page as it was, and is told in the console": async ({ browser, site }) => {
    const reader = await Reader.open(browser);
    const body = `<div data-masthead-form="nobody"></div>${script({ key: "nothing" })}`;
    const told = new Promise((resolve) => reader.page.on("console", () => reader.faults.length === 2 && resolve()));
    await reader.visit(site.publish("/unknown", article({ body })), null);
    await told;
    await reader.settle();
    assert.equal(await reader.isShown(), false);
    const faults = reader.faults.splice(0).sort();
    assert.deepEqual(faults, ["masthead: no active form “nobody”", "masthead: no active form “nothing”"]);
    await reader.close();
  },

  "nothing outside its own box moves": async ({ browser, site }) => {
    const trigger = { kind: "immediate" };
    const form = await makeForm({ display: "bar", position: "top", trigger });
    const reader = await Reader.open(browser);
    await reader.page.evaluateOnNewDocument(() => {
      window.shifts = [];
      new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map((entry) => entry.value))).observe({ type: "layout-shift", buffered: true });
    });
    await reader.visit(site.publish("/shift", article({ head: script(form) })), "show");
    await reader.settle();
    assert.deepEqual(await reader.page.evaluate(() => window.shifts), []);
    await reader.close();
  },

  "scripts of the page open, close and listen": async ({ browser, site }) => {
    const form = await makeForm({ display: "bar", trigger: { kind: "manual" }, targeting: { paths_any: ["/never"] } });
    const reader = await Reader.open(browser);
    const response = reader.page.waitForResponse((one) => one.url() === `${api}/api/v1/forms/${form.key}`);
    await reader.visit(site.publish("/script", article({ head: script(form) })), null);
    await response;
    await reader.page.evaluate((key) => {
      window.stop = window.masthead.on("show", ({ type, form }) => window.heard({ type: `own ${type}`, form }));
      return window.masthead.open(key);
    }, form.key);
    assert.equal((await reader.hears("own show")).form, form.key);
    await reader.page.evaluate((key) => window.masthead.close(key), form.key);
    await reader.hears("close");
    assert.equal(await reader.isShown(), false);
    assert.ok(!reader.heard.some((event) => event.type === "dismiss"), "that is no dismissal");
    await reader.page.evaluate((key) => (window.stop(), window.masthead.open(key)), form.key);
    await reader.hears("show", 2);
    await reader.settle();
    assert.equal(reader.heard.filter((event) => event.type === "own show").length, 1);
    await reader.close();
  },
};
