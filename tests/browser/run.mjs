// Runs all cases, one after another, and says how each went. A word as argument chooses those whose names hold it.

import { launch, serveSite } from "./support.mjs";
import * as accessible from "./cases/accessible.mjs";
import * as appears from "./cases/appears.mjs";
import * as cost from "./cases/cost.mjs";
import * as hostile from "./cases/hostile.mjs";
import * as subscribes from "./cases/subscribes.mjs";

const wanted = process.argv[2] || "";
const cases = [appears, subscribes, accessible, hostile, cost].flatMap((file) => Object.entries(file.cases));
const browser = await launch();
const site = await serveSite();
let failed = 0;
for (const [name, run] of cases.filter(([name]) => name.includes(wanted))) {
  const began = Date.now();
  try {
    await run({ browser, site });
    console.log(`ok    ${name} (${Date.now() - began} ms)`);
  } catch (fault) {
    failed += 1;
    console.log(`FAILS ${name} (${Date.now() - began} ms)\n      ${String(fault.stack).replaceAll("\n", "\n      ")}`);
  }
}
await browser.close();
site.close();
process.exitCode = failed ? 1 : 0;
