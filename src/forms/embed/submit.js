// Checks what was entered, sends it, and says kindly what became of it.

const say = ({ fault, inputs }, words) => {
  fault.textContent = words;
  fault.hidden = !words;
  for (const input of inputs) input.setAttribute("aria-invalid", Boolean(words));
};

// Says at each field what `faultIn` finds there, leads to the first, and tells whether there is one.
const sayAll = (view, faultIn) => {
  const faulty = view.fields.filter((field) => {
    const words = faultIn(field) || "";
    say(field, words);
    return words;
  });
  if (faulty[0]) faulty[0].inputs[0].focus();
  return faulty[0];
};

const isEmpty = (value) => value !== true && !value.length;

// Asks for the challenge as soon as somebody turns to the form: it must be a second old when it is answered.
const prepare = (form, view) => {
  if (!form.proof_of_work || Date.now() - view.asked < 20 * 60e3) return;
  view.asked = Date.now();
  view.challenge = fetch(`${form.base}api/v1/subscriptions/challenge?form=${form.id}`).then(read);
  view.challenge.catch(() => (view.asked = 0));
};

const prove = async (form, view, email) => {
  prepare(form, view);
  if (!form.proof_of_work) return {};
  const challenge = await view.challenge;
  const nonce = await solve(challenge, email);
  await new Promise((resume) => setTimeout(resume, view.asked + 1200 - Date.now()));
  return { challenge: challenge.challenge, nonce };
};

// Gives the topics that somebody subscribed to; or shows what is wrong, and gives nothing.
const send = async (form, view, isSecond) => {
  const { fields, words } = view;
  const body = {
    form_id: form.id,
    variant: form.variant,
    wording_version: form.wording_version,
    // Without its query, which may tell of the reader. A file has none.
    source_url: /^http/.test(location) ? location.origin + location.pathname : undefined,
    locale: view.locale,
    // The old way takes a phone a twentieth of a second.
    time_zone: window.Temporal ? Temporal.Now.timeZoneId() : Intl.DateTimeFormat().resolvedOptions().timeZone,
    website: view.decoy.value,
    attributes: {},
  };
  for (const { name, kind, value } of fields) {
    const isCommon = /^(email|name|topics)$/.test(kind);
    if (!isEmpty(value())) (isCommon ? body : body.attributes)[isCommon ? kind : name] = value();
  }
  const response = await fetch(`${form.base}api/v1/subscriptions`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...body, ...(await prove(form, view, body.email)) }),
    signal: AbortSignal.timeout && AbortSignal.timeout(20e3),
  });
  if (response.ok) return body.topics || form.topics.map((topic) => topic.id);
  // The next try needs a new challenge. One that was spent, old or hasty is no fault of the reader: that try is ours.
  view.asked = 0;
  const problem = await response.text();
  if (/"#\/(challenge|nonce)|proof_|too_early/.test(problem) && !isSecond) return send(form, view, true);
  const isAt = ({ kind, name }) => [`"#/${kind}`, `"#/attributes/${name}"`].some((pointer) => problem.includes(pointer));
  const found = sayAll(view, (field) => isAt(field) && (field.kind === "email" ? words.address : words.failed));
  if (!found) view.problem.textContent = response.status === 429 ? words.often : words.failed;
};

const whenSubmitted = (form, view, then) => {
  const { entry, box, problem, words, fields } = view;
  entry.addEventListener("focusin", () => prepare(form, view));
  entry.oninput = ({ target }) => fields.forEach((field) => field.inputs.includes(target) && say(field, ""));
  entry.onsubmit = async (event) => {
    event.preventDefault();
    const faultIn = ({ kind, required, value }) =>
      isEmpty(value()) ? required && words.missing : kind === "email" && !/^\S+@\S+\.\S+$/.test(value()) && words.address;
    if (box.classList.contains("busy") || sayAll(view, faultIn)) return;
    box.classList.add("busy");
    problem.hidden = true;
    problem.textContent = "";
    tell("submit", form);
    const topics = await send(form, view).catch(({ status }) => {
      problem.textContent = status === 429 ? words.often : words.lost;
    });
    box.classList.remove("busy");
    problem.hidden = !problem.textContent;
    if (topics) then(topics);
    else tell("error", form);
  };
};
