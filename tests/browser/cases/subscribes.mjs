// What happens when a form is sent.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Reader, api, article, ask, makeForm, script } from "../support.mjs";

const shown = (more) => makeForm({ display: "slide_in", trigger: { kind: "immediate" }, ...more });

export const cases = {
  "a reader subscribes, with a proof of work, and is never asked again": async ({ browser, site }) => {
    const form = await shown({ fields: [{ name: "name", kind: "name" }] });
    const reader = await Reader.open(browser);
    const address = site.publish("/subscribe", article({ head: script(form) }));
    await reader.visit(`${address}?secret=1#part`, "show");
    await reader.type("#name", "Robin");
    const sent = await reader.subscribe(" Reader@Example.com ");
    assert.deepEqual(reader.answers.filter((answer) => answer.endsWith("/subscriptions")), ["202 /api/v1/subscriptions"]);
    const { challenge, nonce, ...rest } = sent;
    assert.deepEqual(rest, {
      email: "Reader@Example.com",
      name: "Robin",
      form_id: form.id,
      variant: "a",
      wording_version: 1,
      source_url: address,
      locale: "en",
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      website: "",
      attributes: {},
    });
    const hash = createHash("sha256").update(`${challenge}:reader@example.com:${nonce}`).digest();
    assert.ok(Math.clz32(hash.readUInt32BE(0)) >= 8, "the proof holds");
    assert.equal(await reader.text("h2"), form.copy.en.success_title);
    assert.equal(await reader.text("[role=status]"), `${form.copy.en.success_title} ${form.copy.en.success_text}`);
    assert.equal(await reader.focus(), "done");
    await reader.click(".close");
    await reader.hears("close");
    await reader.visit(address);
    await reader.settle();
    assert.equal(await reader.isShown(), false, "not again");
    assert.ok(!reader.heard.some((event) => event.type === "dismiss"));
    const { cookies } = await (await reader.page.createCDPSession()).send("Storage.getCookies");
    assert.equal(cookies.filter((cookie) => cookie.domain === "127.0.0.1").length, 0, "no cookie");
    await reader.close();
  },

  "fields, topics and their faults": async ({ browser, site }) => {
    const slug = `topic-${Date.now()}`;
    const topic = await ask("POST", "/editor/tags", { name: "Sea & weather", slug });
    const fields = [
      { name: "topics", kind: "topics", required: true },
      { name: "city", kind: "text" },
      { name: "role", kind: "select", options: ["teacher", "other"], required: true },
      { name: "terms", kind: "checkbox", required: true },
    ];
    const copy = { en: { fields: { role: { label: "You are", options: { teacher: "A teacher" } }, terms: { label: "I am over 16: https://example.com/age." } } } };
    const form = await makeForm({ display: "modal", trigger: { kind: "immediate" }, topics: [topic.id], fields, copy });
    const reader = await Reader.open(browser);
    await reader.visit(site.publish("/fields", article({ head: script(form) })), "show");
    await reader.click(".button");
    const faults = () => reader.inForm((find) => [...find("form").querySelectorAll(".fault")].map((fault) => fault.hidden ? "" : fault.textContent));
    const missing = "Please fill this in.";
    assert.deepEqual(await faults(), [missing, "", missing, missing, missing, ""]);
    const tied = await reader.inForm((find) => {
      const select = find("select");
      return select.getRootNode().getElementById(select.getAttribute("aria-describedby")).textContent + select.getAttribute("aria-invalid");
    });
    assert.equal(tied, `${missing}true`, "a fault is tied to its field");
    await reader.click(".chips .tick");
    await reader.inForm((find) => {
      find("select").value = "teacher";
      find("select").dispatchEvent(new Event("input", { bubbles: true }));
    });
    assert.equal(await reader.inForm((find) => find("a").getAttribute("href")), "https://example.com/age", "an address is a link");
    await reader.inForm((find) => find("#terms-fault").parentElement.querySelector("input").click());
    await reader.type("#email", "nobody");
    await reader.page.keyboard.press("Enter");
    assert.deepEqual(await faults(), ["", "", "", "", "Please enter your whole email address.", ""]);
    assert.equal(await reader.focus(), "email");
    await reader.inForm((find) => (find("#email").value = ""));
    await reader.type("#city", "Port");
    const sent = await reader.subscribe("ü@exämple.com");
    assert.deepEqual(sent.topics, [topic.id]);
    assert.deepEqual(sent.attributes, { city: "Port", role: "teacher", terms: true });
    await reader.close();
  },

  "what the server refuses is shown at its field": async ({ browser, site }) => {
    const form = await shown();
    const reader = await Reader.open(browser);
    await reader.visit(site.publish("/refused", article({ head: script(form) })), "show");
    await reader.type("#email", "some..body@example..com");
    await reader.page.keyboard.press("Enter");
    await reader.hears("error");
    assert.equal(await reader.text("#email-fault"), "Please enter your whole email address.");
    assert.equal(await reader.focus(), "email");
    await reader.close();
  },

  "too many attempts and a lost connection are told kindly, and nothing entered is gone": async ({ browser, site }) => {
    const form = await shown();
    const busy = { status: 429, contentType: "application/problem+json", body: "{}", headers: { "access-control-allow-origin": "*" } };
    const answer = (request) => request.method() === "POST" && request.url().endsWith("/subscriptions") && busy;
    const reader = await Reader.open(browser, { answer });
    await reader.visit(site.publish("/busy", article({ head: script(form) })), "show");
    await reader.type("#email", "reader@example.com");
    await reader.page.keyboard.press("Enter");
    await reader.hears("error");
    assert.equal(await reader.text("[role=alert]"), "Too many attempts. Please try again in a few minutes.");
    await reader.page.setOfflineMode(true);
    await reader.page.keyboard.press("Enter");
    await reader.hears("error", 2);
    assert.match(await reader.text("[role=alert]"), /^The connection failed/);
    assert.equal(await reader.inForm((find) => find("#email").value), "reader@example.com");
    await reader.page.setOfflineMode(false);
    await reader.close();
  },

  "a spent challenge is replaced without a word": async ({ browser, site }) => {
    const form = await shown();
    let kept;
    const answer = (request) => kept && request.url().includes("/challenge") && { body: kept, contentType: "application/json", headers: { "access-control-allow-origin": "*" } };
    const reader = await Reader.open(browser, { answer });
    const address = site.publish("/spent", article({ head: script(form) }));
    const response = reader.page.waitForResponse((one) => one.url().includes("/challenge"));
    await reader.visit(address, "show");
    await reader.type("#email", "first");
    const challenge = await (await response).text();
    await reader.subscribe("@example.com");
    await reader.page.evaluate(() => localStorage.clear());
    kept = challenge;
    await reader.visit(address, "show");
    await reader.type("#email", "second@example.com");
    const again = reader.page.waitForResponse((one) => one.url().endsWith("/subscriptions") && one.status() === 422);
    await reader.page.keyboard.press("Enter");
    kept = undefined;
    await again;
    await reader.hears("success");
    await reader.close();
  },

  "a redirect leads on": async ({ browser, site }) => {
    const form = await shown({ success: { kind: "redirect", url: "https://news.example.com/thanks" } });
    const thanks = (request) => request.url() === "https://news.example.com/thanks" && { body: "Thanks" };
    const reader = await Reader.open(browser, { answer: thanks });
    await reader.visit(site.publish("/redirect", article({ head: script(form) })), "show");
    await Promise.all([reader.page.waitForNavigation(), reader.subscribe("redirect@example.com")]);
    assert.equal(reader.page.url(), "https://news.example.com/thanks");
    await reader.close();
  },

  "where no script runs, the page of the form stands in": async ({ browser }) => {
    const form = await makeForm({ display: "inline" });
    const reader = await Reader.open(browser);
    await reader.page.setJavaScriptEnabled(false);
    await reader.page.goto(`${api}/forms/${form.key}`);
    await reader.page.type("input[type=email]", "plain@example.com");
    await Promise.all([reader.page.waitForNavigation(), reader.page.keyboard.press("Enter")]);
    assert.ok(reader.answers.some((answer) => /^[23]0\d \/forms\//.test(answer)), reader.answers.join());
    await reader.close();
  },
};
