// Rows of a panel: a label, a control and its value. A row shows the state and posts edits; it holds nothing itself.

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./store.js").Edit} Edit */
/** @typedef {(edit: Edit, label: string) => void} Post */
/** @typedef {(state: State) => void} Sync shows the state */

let made = 0;

/** @template {keyof HTMLElementTagNameMap} Tag @param {Tag} tag @param {Record<string, any>} [attributes] @param {...(Node | string)} children @returns {HTMLElementTagNameMap[Tag]} */
export function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        made.setAttribute(name, String(value));
    }
    made.append(...children);
    return made;
}

/** The element of an id. @template {HTMLElement} [Kind=HTMLElement] @param {string} id @returns {Kind} */
export function byId(id) {
    return /** @type {Kind} */ (document.getElementById(id));
}

/** @param {string} parent id @param {string} label @param {HTMLElement} control @param {HTMLElement} [value] @returns {HTMLElement} */
function row(parent, label, control, value) {
    made += 1;
    control.id = `control-${made}`;
    const line = element("div", { class: "row" }, element("label", { for: control.id }, label), control);
    if (value) {
        value.setAttribute("for", control.id);
        line.append(value);
    }
    byId(parent).append(line);
    return line;
}

/**
 * @param {string} parent id @param {string} label
 * @param {object} declared
 * @param {number[]} declared.range
 * @param {number} declared.step
 * @param {string} [declared.unit]
 * @param {(state: State) => number | null} declared.of null: the row is hidden
 * @param {(state: State, value: number) => State} declared.edit
 * @param {Post} post @returns {Sync}
 */
export function slider(parent, label, { range, step, unit = "", of, edit }, post) {
    const input = element("input", { type: "range", min: range[0], max: range[1], step });
    const output = element("output");
    const line = row(parent, label, input, output);
    const digits = Math.max(0, -Math.floor(Math.log10(step)));
    input.addEventListener("input", () => post((state) => edit(state, Number(input.value)), label));
    return (state) => {
        const value = of(state);
        line.hidden = value === null;
        if (value !== null) {
            const text = `${value.toFixed(digits)}${unit}`;
            if (document.activeElement !== input || Number(input.value) !== value) {
                input.value = String(value);
            }
            input.setAttribute("aria-valuetext", text);
            output.value = text;
        }
    };
}

/**
 * @param {string} parent @param {string} label @param {readonly (readonly [string, string])[]} choices value and text
 * @param {(state: State) => string | null} of @param {(state: State, value: string) => State} edit @param {Post} post @returns {Sync}
 */
export function choice(parent, label, choices, of, edit, post) {
    const select = element("select", {}, ...choices.map(([value, text]) => element("option", { value }, text)));
    const line = row(parent, label, select);
    select.addEventListener("change", () => post((state) => edit(state, select.value), label));
    return (state) => {
        const value = of(state);
        line.hidden = value === null;
        select.value = value ?? "";
    };
}

/** @param {string} parent @param {string} label @param {(state: State) => boolean | null} of @param {(state: State, on: boolean) => State} edit @param {Post} post @returns {Sync} */
export function check(parent, label, of, edit, post) {
    const input = element("input", { type: "checkbox" });
    const line = row(parent, label, input);
    input.addEventListener("change", () => post((state) => edit(state, input.checked), label));
    return (state) => {
        const value = of(state);
        line.hidden = value === null;
        input.checked = value ?? false;
    };
}

/** @param {string} parent @param {string} label @param {(state: State) => string | null} of "#rrggbb" @param {(state: State, hex: string) => State} edit @param {Post} post @returns {Sync} */
export function color(parent, label, of, edit, post) {
    const input = element("input", { type: "color" });
    const line = row(parent, label, input);
    input.addEventListener("input", () => post((state) => edit(state, input.value), label));
    return (state) => {
        const value = of(state);
        line.hidden = value === null;
        input.value = value ?? "#000000";
    };
}

/** A setting that is no part of the view. @param {string} parent @param {string} label @param {readonly (readonly [string, string])[]} choices @param {string} first @returns {() => string} */
export function setting(parent, label, choices, first) {
    const select = element("select", {}, ...choices.map(([value, text]) => element("option", { value }, text)));
    row(parent, label, select);
    select.value = first;
    return () => select.value;
}

/** A switch that is no part of the view. @param {string} parent @param {string} label @returns {() => boolean} */
export function option(parent, label) {
    const input = element("input", { type: "checkbox" });
    row(parent, label, input);
    return () => input.checked;
}

/** Buttons of which one is pressed. @param {string} parent @param {readonly string[]} names @param {readonly string[]} titles @param {(index: number) => void} choose @returns {(pressed: number) => void} */
export function buttons(parent, names, titles, choose) {
    const made = names.map((name, index) => {
        const button = element("button", { type: "button", "aria-pressed": "false", title: titles[index] ?? name }, name);
        button.addEventListener("click", () => choose(index));
        return button;
    });
    byId(parent).replaceChildren(...made);
    return (pressed) => made.forEach((button, index) => button.setAttribute("aria-pressed", String(index === pressed)));
}
