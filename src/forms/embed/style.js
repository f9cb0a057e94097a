// How forms look. Sizes are in em of the reader's own text; what the palette decides comes in as variables.

const FONTS = {
  system: "system-ui, sans-serif",
  sans: "Helvetica, Arial, sans-serif",
  serif: "Iowan Old Style, Palatino, Georgia, serif",
  inherit: "inherit",
};

const CSS = `
* { box-sizing: border-box; margin: 0; padding: 0; border: 0; font: inherit; color: inherit; }
:host { display: block !important; }
.root { all: initial; display: block; font: max(16px, 1rem)/1.5 system-ui, sans-serif; color: var(--ink); }
.serif form { font-family: system-ui, sans-serif; }
:focus-visible { outline: 3px solid var(--ring); outline-offset: 2px; }
[hidden] { display: none; }
.apart { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }

.box { position: relative; display: flex; overflow: hidden; background: var(--back); border-radius: var(--radius);
  --inner: calc(var(--radius) * .7); outline: 1px solid transparent; outline-offset: -1px; }
.body { flex: 1; display: flex; flex-direction: column; justify-content: center; min-width: 0; padding: 1.75em; overflow-wrap: break-word; text-wrap: balance; }
.picture { position: relative; background: var(--hair); }
.picture img { position: absolute; width: 100%; height: 100%; object-fit: cover; }
h2 { font-size: 1.375em; line-height: 1.2; font-weight: 680; letter-spacing: -.017em; }
.text, .fine { color: var(--soft); white-space: pre-line; }
.text { margin-top: .5em; }
.fine { margin-top: 1em; font-size: .8125em; line-height: 1.45; }
a { text-decoration: underline; }

form { margin-top: 1.25em; }
.more > * { margin-bottom: .75em; }
.row { display: flex; flex-wrap: wrap; gap: .625em; align-items: flex-start; }
.field { position: relative; flex: 999 13em; min-width: 0; }
.field > label { position: absolute; top: .8em; inset-inline: 1.4em; font-size: .75em; line-height: 1.1; color: var(--soft);
  white-space: nowrap; overflow: hidden; text-overflow: ellipsis; pointer-events: none; }
.control { width: 100%; height: 3.5em; padding: 1.25em 1em 0; border: 1px solid var(--line); border-radius: var(--inner);
  background: var(--field); }
.control::placeholder { color: var(--soft); opacity: 1; }
.select::after, .mark::after { content: ""; position: absolute; top: 1.5em; inset-inline-end: 1.25em; width: .5em; height: .5em;
  border: solid var(--soft); border-width: 0 2px 2px 0; transform: rotate(45deg); pointer-events: none; }
select { appearance: none; }
.control:focus { outline: 2px solid var(--ring); outline-offset: -1px; }
[aria-invalid=true] { border-color: var(--fault); }
.button { position: relative; flex: 1 0 auto; max-width: 100%; min-height: 3.5em; padding: .5em 1.5em; border-radius: var(--inner);
  border: 1px solid var(--edge); background: var(--accent); color: var(--on); font-weight: 600; cursor: pointer; transition: box-shadow .15s; }
.button:hover { box-shadow: 0 0 0 3px var(--hair); }
.busy .button { color: transparent; }
.busy .button::after { content: ""; position: absolute; inset: 0; width: 1.25em; height: 1.25em; margin: auto; border: 2px solid var(--on);
  border-top-color: transparent; border-radius: 50%; animation: turn .8s linear infinite; }
.chips { display: flex; flex-wrap: wrap; gap: .5em; margin-top: .375em; }
.tick { display: flex; gap: .625em; padding: .125em 0; cursor: pointer; }
.tick input { flex: none; width: 1.25em; height: 1.25em; margin-top: .125em; accent-color: var(--accent); }
.chips .tick { padding: .375em .875em; border: 1px solid var(--line); border-radius: 1.5em; }
.fault { margin-top: .4em; font-size: .875em; line-height: 1.4; color: var(--fault); }
.close { position: absolute; top: .75em; inset-inline-end: .75em; width: 2.25em; height: 2.25em; border-radius: 50%;
  background: var(--back); color: var(--soft); cursor: pointer; }
.close:hover { color: var(--ink); background: var(--hair); }
.close::before, .close::after { content: ""; position: absolute; inset: 49% 30%; border-top: 2px solid; transform: rotate(45deg); }
.close::after { transform: rotate(-45deg); }
.done { outline: none; animation: come .4s; }
.mark { position: relative; display: block; width: 3em; height: 3em; margin-bottom: 1em; border-radius: 50%; background: var(--accent); }
.mark::after { top: .75em; inset-inline-end: 1.15em; width: .6em; height: 1.1em; border-color: var(--on); }

.inline .box { flex-wrap: wrap; }
.inline .picture { flex: 1 13em; min-height: 11em; }
.inline .body { flex: 2 20em; padding: clamp(1.5em, 5%, 2.5em); }

.over .box { position: fixed; z-index: 2147483000; max-height: calc(100vh - 2em); overflow: auto; overscroll-behavior: contain;
  animation: come .45s cubic-bezier(.2, .8, .2, 1);
  box-shadow: 0 0 0 1px rgba(0, 0, 0, .07), 0 18px 48px -8px rgba(0, 0, 0, .3); }
.over.dark .box { box-shadow: 0 0 0 1px var(--hair), 0 18px 48px -8px #000; }
.plain h2 { padding-inline-end: 1.25em; }

.slide_in .box { flex-direction: column; width: 25em; bottom: 1.5em; }
.slide_in .body, .slide_in .picture { flex: none; }
.slide_in .picture { height: 11em; }
.slide_in.bottom_right .box, .slide_in.center_right .box { right: 1.5em; }
.slide_in.bottom_left .box, .slide_in.center_left .box { left: 1.5em; }
.slide_in.center_right .box, .slide_in.center_left .box { bottom: auto; top: 50%; transform: translateY(-50%); }

.modal .box { inset: 0; margin: auto; width: 31em; max-width: calc(100vw - 2em); height: fit-content; }
.modal .box::backdrop { background: rgba(0, 0, 0, .6); }
.modal .body { padding: 2.75em 2.5em; }
.modal h2 { font-size: 1.75em; line-height: 1.15; }
.modal.pictured .box { width: 53em; min-height: 27em; }
.modal .picture { flex: 0 0 42%; }

.bar .box { left: 0; right: 0; border-radius: 0; }
.bar.top .box { top: 0; --from: -100%; }
.bar.bottom .box { bottom: 0; --from: 100%; }
.bar .body { flex-flow: row wrap; align-items: center; gap: .75em 2.5em; max-width: 78em; margin: auto; padding: 1em 4.25em; }
.bar .head { flex: 18em; }
.bar h2 { font-size: 1.125em; }
.bar .text { margin-top: .125em; font-size: .9375em; line-height: 1.4; }
.bar form { flex: 25em; margin: 0; max-width: 34em; }
.bar .fine { margin-top: .5em; }
.bar .picture { display: none; }
.bar .close { background: none; }
.bar .done { display: flex; align-items: center; gap: 1em; }
.bar .mark { margin: 0; }

@media (max-width: 40em) {
  .slide_in .box { inset: auto .75em .75em; width: auto; transform: none; }
  .slide_in .picture, .modal .picture { flex: none; height: 9em; }
  .modal .box { flex-direction: column; }
  .modal.pictured .box { width: 31em; }
  .slide_in .body, .modal .body { flex: none; padding: 1.5em; }
  .modal h2 { font-size: 1.5em; }
  .bar .body { padding: 1em 1.25em 1.25em; }
  .bar form { flex-basis: 100%; }
  .bar .field { flex-basis: 9em; }
}
@media (max-height: 34em) { .over .picture { display: none; } }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
@media print { :host { display: none !important; } }
@keyframes come { from { opacity: 0; translate: 0 var(--from, 1.25em); } }
@keyframes turn { to { transform: rotate(1turn); } }
`;

let sheet;

// Constructed sheets are no inline styles, so that a strict policy has nothing against them.
const dress = (shadow) => {
  try {
    sheet = sheet || new CSSStyleSheet();
    sheet.replaceSync(CSS);
    shadow.adoptedStyleSheets = [sheet];
  } catch (old) {
    shadow.append(el("style", {}, CSS));
  }
};
