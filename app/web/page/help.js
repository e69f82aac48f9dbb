// The list of keys and gestures, made of the table of commands.

import { GESTURES, GROUPS } from "./commands.js";
import { byId, element } from "./rows.js";

/** Fills the dialog. */
export function buildHelp() {
    const rows = GROUPS.map(({ title, commands }) => {
        /** @type {Map<string, string[]>} what it does -> keys */
        const lines = new Map();
        commands.forEach(({ title, help, keys }) => lines.set(help ?? title, [...(lines.get(help ?? title) ?? []), ...keys]));
        return /** @type {[string, [string, string][]]} */ ([title, [...lines].map(([text, keys]) => [shown(keys), text])]);
    });
    const groups = /** @type {[string, [string, string][]][]} */ ([["Mouse and fingers", GESTURES], ...rows]);
    byId("help-body").replaceChildren(...groups.flatMap(([title, lines]) => [
        element("h3", {}, title),
        element("dl", {}, ...lines.flatMap(([keys, text]) => [
            element("dt", {}, ...keys.split(" / ").flatMap((key, at) => [at ? " " : "", element("kbd", {}, key)])), element("dd", {}, text),
        ])),
    ]));
}

/** @param {string[]} keys @returns {string} */
function shown(keys) {
    const names = keys.map((key) => key.replace(/\b[A-Z]{2,}\b/g, (name) => (
        { LEFT: "←", RIGHT: "→", UP: "↑", DOWN: "↓", SPACE: "Space", ESCAPE: "Esc", DELETE: "Delete", BACKSPACE: "Backspace", HOME: "Home", END: "End" }[name] ?? name
    )));
    return names.length > 4 ? `${names[0]} … ${names[names.length - 1]}` : names.join(" / ");
}
