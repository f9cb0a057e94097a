// Builds what a reader sees. All copy goes in as text; addresses in it become links.

const el = (tag, attributes, ...children) => {
  const node = document.createElement(tag);
  for (const name in attributes) {
    const value = attributes[name];
    if (value || value === "") node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter(Boolean));
  return node;
};

const linked = (text) =>
  text.split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)])/).map((part, at) =>
    at % 2 ? el("a", { href: part, target: "_blank", rel: "noopener" }, part) : part,
  );

const paragraph = (part, text) => text && el("p", { class: part, part }, ...linked(text));

const makeField = (form, copy, { name, kind, required, options }) => {
  const own = (copy.fields || {})[name] || {};
  const label = (own.label || copy[`${kind}_label`] || name) + (required && (kind !== "email" || form.fields[0]) ? " *" : "");
  const placeholder = own.placeholder || copy[`${kind}_placeholder`];
  const fault = el("p", { class: "fault", id: `${name}-fault`, hidden: true });
  const tick = (text, value) =>
    el("label", { class: "tick" }, el("input", { type: "checkbox", value, "aria-describedby": `${name}-fault` }), el("span", {}, ...linked(text)));
  const line = { id: name, class: "control", part: "input", placeholder, maxlength: 500, autocomplete: /email|name/.test(kind) && kind, "aria-describedby": `${name}-fault` };
  const choice = (value) => el("option", { value }, (value ? (own.options || {})[value] : placeholder) || value);
  const isLine = !/topics|checkbox/.test(kind);
  const node = el(kind === "topics" ? "fieldset" : "div", { class: isLine && `field ${kind}` },
    kind === "topics" && el("legend", {}, label),
    kind === "topics" && el("div", { class: "chips" }, ...form.topics.map((topic) => tick(topic.name, topic.id))),
    kind === "checkbox" && tick(label),
    isLine && el("label", { for: name }, label),
    kind === "select" && el("select", line, ...["", ...options].map(choice)),
    isLine && kind !== "select" && el("input", { ...line, type: kind }),
    fault,
  );
  const inputs = [...node.querySelectorAll("input, select")];
  const values = () => inputs.filter((input) => input.checked).map((input) => input.value);
  const value = () => (kind === "topics" ? values() : kind === "checkbox" ? inputs[0].checked : inputs[0].value.trim());
  if (required && kind !== "topics") inputs[0].required = true;
  return { name, kind, required, node, fault, inputs, value };
};

// Gives the root of all, and the parts that are needed later.
const build = (form) => {
  const { display, style } = form;
  const locale = chooseLocale(form);
  const copy = form.copy[locale];
  const words = WORDS[locale.split("-")[0]] || WORDS.en;
  const isOver = display !== "inline";
  const email = makeField(form, copy, { name: "email", kind: "email", required: true });
  const others = form.fields.filter(({ kind }) => kind !== "topics" || form.topics[0]).map((one) => makeField(form, copy, one));
  const decoy = el("input", { name: "website", tabindex: "-1", autocomplete: "off" });
  const problem = el("p", { class: "fault", role: "alert", hidden: true });
  const entry = el("form", { novalidate: true },
    el("div", { class: "more" }, ...others.map(({ node }) => node)),
    el("div", { class: "row" }, email.node, el("button", { class: "button", part: "button" }, copy.button)),
    problem,
    paragraph("fine", copy.consent),
    el("div", { class: "apart", "aria-hidden": "true" }, decoy),
  );
  const status = el("p", { class: "apart", role: "status" });
  const head = el("div", { class: "head" }, el("h2", { id: "the-title", part: "title" }, copy.title), paragraph("text", copy.text));
  const body = el("div", { class: "body" }, head, entry, status);
  const image = style.image && el("img", { alt: "", src: style.image });
  const picture = image && el("div", { class: "picture", part: "picture" }, image);
  const close = isOver && el("button", { class: "close", part: "close", "aria-label": copy.dismiss });
  const role = { slide_in: "dialog", bar: "region" }[display];
  const box = el({ modal: "dialog", inline: "section" }[display] || "div",
    { class: "box", part: "box", role, "aria-labelledby": "the-title", tabindex: isOver && "-1" }, picture, body, close);
  const root = el("div", { lang: locale, dir: isRightToLeft(locale) ? "rtl" : "ltr" }, box);
  const paint = () => {
    const palette = paletteOf(style, display);
    const look = picture && picture.isConnected ? "pictured" : "plain";
    root.className = ["root", display, form.position, isOver ? "over" : "", style.font, look, palette.scheme].join(" ");
    root.style.colorScheme = palette.scheme;
    for (const name in palette) root.style.setProperty(`--${name}`, palette[name]);
  };
  if (image) image.onerror = () => [picture.remove(), paint()];
  root.style.setProperty("--radius", `${style.radius}px`);
  root.style.fontFamily = FONTS[style.font];
  if (prefersDark.addEventListener) prefersDark.addEventListener("change", paint);
  return { root, box, body, entry, decoy, close, problem, status, fields: [...others, email], copy, words, locale, paint };
};

// What stands in the place of the form once it was sent.
const thank = ({ body, status, copy }) => {
  const said = el("div", {}, el("h2", { id: "the-title" }, copy.success_title), paragraph("text", copy.success_text));
  const done = el("div", { class: "done", tabindex: "-1" }, el("span", { class: "mark" }), said);
  body.replaceChildren(done, status);
  status.textContent = `${copy.success_title} ${copy.success_text}`;
  return done;
};
