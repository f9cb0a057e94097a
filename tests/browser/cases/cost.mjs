// What the script costs a page. Printed, and recorded in docs/forms.md; machines differ too much to be judged by it.

import assert from "node:assert/strict";
import { Reader, api, article, launch, makeForm, script } from "../support.mjs";

const KINDS = new Set(["EvaluateScript", "v8.compile", "FunctionCall", "RunMicrotasks", "TimerFire"]);

// Times of the page's main thread, in milliseconds, for all that the script does and sets off.
const measure = async (reader, act) => {
  await reader.page.tracing.start({ categories: ["devtools.timeline"] });
  await act();
  const { traceEvents } = JSON.parse(new TextDecoder().decode(await reader.page.tracing.stop()));
  const isNamed = ({ args }) => JSON.stringify(args).includes("/embed.js");
  const known = traceEvents.find((event) => KINDS.has(event.name) && isNamed(event)) || {};
  const ours = traceEvents.filter((event) => event.ph === "X" && KINDS.has(event.name) && event.pid === known.pid && event.tid === known.tid);
  // The page has no other script, and what the test itself evaluates has no address. Microtasks and timers have none either.
  const counted = ours.filter((event) => isNamed(event) || /RunMicrotasks|TimerFire/.test(event.name)).sort((a, b) => a.ts - b.ts);
  let [sum, longest, end] = [0, 0, 0];
  for (const { ts, dur, tdur } of counted) {
    if (ts < end) continue;
    end = ts + dur;
    sum += tdur / 1000;
    longest = Math.max(longest, tdur / 1000);
  }
  return { sum, longest };
};

const ROUNDS = 5;

// A round whose trace came without names says nothing.
const shown = (values) => {
  const sorted = values.filter(Boolean).sort((a, b) => a - b);
  if (!sorted.length) return "an unknown time";
  return `${sorted[Math.floor(sorted.length / 2)].toFixed(1)} ms (${sorted[0].toFixed(1)} at best)`;
};

// Without what watches the network for the tests: it would make the browser read the whole script again.
const unwatched = async (run) => {
  const browser = await launch({ networkEnabled: false });
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const reader = await Reader.open(browser);
      await reader.page.emulateCPUThrottling(4);
      await run(reader);
      await reader.close();
    }
  } finally {
    await browser.close();
  }
};

export const cases = {
  "the script weighs less than 12 KB": async () => {
    for (const coding of ["br", "gzip", "zstd"]) {
      const { headers } = await fetch(`${api}/embed.js`, { headers: { "accept-encoding": coding }, method: "HEAD" });
      const size = Number(headers.get("content-length"));
      console.log(`      ${coding}: ${size} bytes`);
      assert.equal(headers.get("content-encoding"), coding);
      assert.ok(size > 1_000 && size < 12_000, `${coding}: ${size}`);
    }
  },

  "loading takes little of the main thread": async ({ site }) => {
    const form = await makeForm({ display: "slide_in" });
    const address = site.publish("/cost", article({ head: script(form) }));
    const [loads, shows] = [[], []];
    await unwatched(async (reader) => {
      const load = await measure(reader, () => reader.visit(address));
      loads.push(load.sum);
      const show = await measure(reader, async () => {
        await reader.scrollTo(0.7);
        await reader.hears("show");
      });
      shows.push(show.sum);
    });
    console.log(`      at a quarter of this machine's speed: to load and wait ${shown(loads)}, to show ${shown(shows)}`);
  },

  "a proof never holds the page up": async ({ site }) => {
    const form = await makeForm({ display: "slide_in", trigger: { kind: "immediate" } });
    const address = site.publish("/proof", article({ head: script(form) }));
    const [sums, longest] = [[], []];
    await unwatched(async (reader) => {
      await reader.visit(address, "show");
      await reader.type("#email", `proof-${sums.length}@example.com`);
      const sent = await measure(reader, async () => {
        await reader.page.keyboard.press("Enter");
        await reader.hears("success");
      });
      sums.push(sent.sum);
      longest.push(sent.longest);
    });
    console.log(`      at a quarter of this machine's speed: a proof ${shown(sums)}, at most at once ${shown(longest)}`);
  },
};
