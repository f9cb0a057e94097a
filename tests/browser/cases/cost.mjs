// What the script costs a page. Printed, and recorded in docs/forms.md; machines differ too much to judge by it.

import assert from "node:assert/strict";
import { Reader, api, article, makeForm, script } from "../support.mjs";

// On the main thread, the page having no other script.
const OURS = new Set(["EvaluateScript", "v8.compile", "v8.compileModule", "FunctionCall", "RunMicrotasks", "TimerFire", "v8.run"]);

const measure = async (reader, act) => {
  await reader.page.tracing.start({ categories: ["devtools.timeline", "v8", "disabled-by-default-v8.compile"] });
  await act();
  const { traceEvents } = JSON.parse(new TextDecoder().decode(await reader.page.tracing.stop()));
  const ours = traceEvents.filter((event) => event.ph === "X" && OURS.has(event.name) && isOurs(event)).sort((a, b) => a.ts - b.ts);
  let [sum, longest, end] = [0, 0, 0];
  for (const event of ours) {
    const stops = event.ts + event.dur;
    if (stops <= end) continue;
    sum += stops - Math.max(event.ts, end);
    longest = Math.max(longest, event.dur);
    end = stops;
  }
  return { sum: sum / 1000, longest: longest / 1000 };
};

// What puppeteer itself evaluates has no address.
const isOurs = ({ name, args }) => {
  const data = args.data || {};
  return name === "RunMicrotasks" || name === "TimerFire" || (data.url || args.fileName || "").includes("/embed.js");
};

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const shown = (value) => value.toFixed(1);

export const cases = {
  "the script weighs less than 12 KB": async () => {
    for (const coding of ["br", "gzip"]) {
      const reader = (await fetch(`${api}/embed.js`, { headers: { "accept-encoding": coding }, method: "HEAD" })).headers;
      const size = Number(reader.get("content-length"));
      console.log(`      ${coding}: ${size} bytes (${reader.get("content-encoding")})`);
      assert.ok(size < 12_000, `${coding}: ${size}`);
    }
  },

  "loading takes little of the main thread": async ({ browser, site }) => {
    const form = await makeForm({ display: "slide_in" });
    const address = site.publish("/cost", article({ head: script(form) }));
    const [loads, shows] = [[], []];
    for (let round = 0; round < 5; round++) {
      const reader = await Reader.open(browser);
      await reader.page.emulateCPUThrottling(4);
      loads.push((await measure(reader, () => reader.visit(address))).sum);
      shows.push(
        (await measure(reader, async () => {
          await reader.scrollTo(0.7);
          await reader.hears("show");
        })).sum,
      );
      await reader.close();
    }
    console.log(`      at a quarter of this machine's speed: ${shown(median(loads))} ms to load and wait, ${shown(median(shows))} ms to show`);
  },

  "a proof never holds the page up": async ({ browser, site }) => {
    const form = await makeForm({ display: "slide_in", trigger: { kind: "immediate" } });
    const reader = await Reader.open(browser);
    await reader.visit(site.publish("/proof", article({ head: script(form) })), "show");
    await reader.page.emulateCPUThrottling(4);
    await reader.type("#email", "proof@example.com");
    const { sum, longest } = await measure(reader, async () => {
      await reader.page.keyboard.press("Enter");
      await reader.hears("success");
    });
    console.log(`      at a quarter of this machine's speed: ${shown(sum)} ms in all, ${shown(longest)} ms at most at once`);
    await reader.close();
  },
};
