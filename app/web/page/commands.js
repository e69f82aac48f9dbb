// What keys do, named, ordered and bound as in the viewer (app/tools/commands/); the help lists them.

import { BUFFERS, MOST_LAMPS } from "../engine/view.js";
import {
    VIEWS, addLamp, changeSpeed, lampToOtherSide, moveLamp, removeLamp, showBuffer, stepLight, turnLight, viewFrom, withClip,
    withLamp,
} from "./edits.js";

/** @typedef {import("./state.js").State} State */

/**
 * @typedef {object} CommandContext
 * @property {import("./store.js").Store} store
 * @property {import("../engine/renderer.js").Description} description
 * @property {(text: string) => void} say
 * @property {() => void} goHome the whole avatar from the front
 * @property {() => void} frame the whole avatar; the direction stays
 * @property {() => void} showHelp
 * @property {() => void} closeAll
 * @property {() => void} record
 * @property {() => void} fullScreen
 */

/**
 * @typedef {object} Command
 * @property {string} title
 * @property {string[]} keys as in the viewer: "Shift+LEFT"
 * @property {(context: CommandContext) => void} run
 * @property {string} [help] the line of several commands together
 */

const TURN_DEG = 5;
const NO_LAMP = "There is no lamp: L adds one";
const NO_CLIP = "There is no clip: choose one first";

/** @param {string} title @param {string[]} keys @param {(state: State, context: CommandContext) => State} edit @param {string} [otherwise] said where nothing changes @param {string} [help] @returns {Command} */
function edit(title, keys, edit, otherwise = "", help = undefined) {
    return { title, keys, help, run(context) {
        const before = context.store.state;
        context.store.post((state) => edit(state, context), title);
        context.store.endGesture();
        if (context.store.state === before && otherwise) {
            context.say(otherwise);
        }
    } };
}

/** @param {State} state @param {number} azimuth @param {number} elevation @returns {State} */
function turnedLamp(state, azimuth, elevation) {
    const lamp = state.lamps[state.lamp];
    return lamp ? moveLamp(state, state.lamp, lamp.azimuth + azimuth, lamp.elevation + elevation) : state;
}

/** @param {(state: State, seconds: number, fps: number) => Partial<State["clip"]>} change @returns {(state: State, context: CommandContext) => State} */
function ofClip(change) {
    return (state, { description }) => {
        const clip = description.clips[state.clip.index];
        return clip ? withClip(state, change(state, clip.seconds, clip.fps)) : state;
    };
}

/** @param {number} frames @returns {(state: State, context: CommandContext) => State} */
function stepFrames(frames) {
    return ofClip(({ clip }, seconds, fps) => ({
        time: Math.min(Math.max((Math.round(clip.time * fps) + frames) / fps, 0), seconds), playing: false,
    }));
}

const BUFFERS_LINE = BUFFERS.map((name) => name.replaceAll("_", " ")).join(", ");
const AROUND_LINE = "turn the selected lamp by 5° around the avatar: left, right, up, down";
const STEP_LINE = "a frame of the clip back or on";
const ENDS_LINE = "to the start or the end of the clip";
const SPEED_LINE = "play slower or faster";
const LIGHT_LINE = "the light before or after";
const TURN_LINE = "turn the surrounding light by 5°";

/** @type {{title: string, commands: Command[]}[]} */
export const GROUPS = [
    { title: "Picture", commands: [
        ...BUFFERS.map((name, at) => edit(`Show ${name}`, [String(at + 1)], (state) => showBuffer(state, at), "", BUFFERS_LINE)),
        { title: "frame the whole avatar; the direction stays", keys: ["F"], run: (context) => context.frame() },
        { title: "record a video", keys: ["R"], run: (context) => context.record() },
        { title: "undo", keys: ["Ctrl+Z", "Z"], run: ({ store, say }) => store.undo() || say("There is nothing to undo") },
        { title: "redo", keys: ["Ctrl+Y", "Ctrl+Shift+Z", "Y"], run: ({ store, say }) => store.redo() || say("There is nothing to redo") },
        { title: "these keys", keys: ["?", "F1"], run: (context) => context.showHelp() },
        { title: "close what is open", keys: ["ESCAPE"], run: (context) => context.closeAll() },
    ] },
    { title: "Clip", commands: [
        edit("play or pause the clip", ["SPACE"], ofClip(({ clip }) => ({ playing: !clip.playing })), NO_CLIP),
        edit("A frame back", [","], stepFrames(-1), NO_CLIP, STEP_LINE),
        edit("A frame on", ["."], stepFrames(1), NO_CLIP, STEP_LINE),
        edit("To the start", ["HOME"], ofClip(() => ({ time: 0 })), NO_CLIP, ENDS_LINE),
        edit("To the end", ["END"], ofClip((_, seconds) => ({ time: seconds })), NO_CLIP, ENDS_LINE),
        edit("Play slower", ["["], (state) => changeSpeed(state, -1), "", SPEED_LINE),
        edit("Play faster", ["]"], (state) => changeSpeed(state, 1), "", SPEED_LINE),
    ] },
    { title: "Light", commands: [
        edit("add a lamp", ["L"], addLamp, `There are ${MOST_LAMPS} lamps already: Delete removes one`),
        edit("remove the selected lamp", ["DELETE", "BACKSPACE"], (state) => (
            state.lamps.length ? removeLamp(state, state.lamp) : state
        ), NO_LAMP),
        edit("Lamp: to the left", ["Ctrl+LEFT"], (state) => turnedLamp(state, -TURN_DEG, 0), NO_LAMP, AROUND_LINE),
        edit("Lamp: to the right", ["Ctrl+RIGHT"], (state) => turnedLamp(state, TURN_DEG, 0), NO_LAMP, AROUND_LINE),
        edit("Lamp: up", ["Ctrl+UP"], (state) => turnedLamp(state, 0, TURN_DEG), NO_LAMP, AROUND_LINE),
        edit("Lamp: down", ["Ctrl+DOWN"], (state) => turnedLamp(state, 0, -TURN_DEG), NO_LAMP, AROUND_LINE),
        edit("bring the lamp behind the avatar, or before it again", ["Ctrl+B"], lampToOtherSide, NO_LAMP),
        edit("select the next lamp", ["Shift+N"], (state) => (
            state.lamps.length > 1 ? { ...state, lamp: (state.lamp + 1) % state.lamps.length } : state
        ), "There is no other lamp: L adds one"),
        edit("switch the lamp off or on", ["Ctrl+Shift+L"], (state) => (
            state.lamps.length ? withLamp(state, state.lamp, { on: !state.lamps[state.lamp].on }) : state
        ), NO_LAMP),
        edit("Light before", ["LEFT"], (state, { description }) => stepLight(state, -1, description.environments.length), "", LIGHT_LINE),
        edit("Light after", ["RIGHT"], (state, { description }) => stepLight(state, 1, description.environments.length), "", LIGHT_LINE),
        edit("Turn light back", ["Shift+LEFT"], (state) => turnLight(state, -TURN_DEG), "", TURN_LINE),
        edit("Turn light on", ["Shift+RIGHT"], (state) => turnLight(state, TURN_DEG), "", TURN_LINE),
        edit("a floor that catches shadow and reflection", ["G"], (state) => (
            { ...state, floor: { ...state.floor, on: !state.floor.on } }
        )),
    ] },
    { title: "Camera", commands: [
        ...Object.keys(VIEWS).map((name, at) => (
            edit(`View: ${name}`, [`Alt+${at + 1}`], (state) => viewFrom(state, name), "", Object.keys(VIEWS).join(", "))
        )),
        { title: "the whole avatar from the front", keys: ["Ctrl+F"], run: (context) => context.goHome() },
    ] },
];

/** Mouse and fingers, for the help. @type {[string, string][]} */
export const GESTURES = [
    ["drag", "orbit; a double click frames what is there"],
    ["Shift+drag, right drag", "pan"],
    ["wheel", "zoom to the pointer"],
    ["drag a lamp", "move it around the avatar; past the rim of its circle it goes behind"],
    ["Ctrl+drag, Alt+drag", "turn the surrounding light"],
    ["drop a picture", ".hdr, .png or .jpg: a light"],
    ["one finger", "orbit"],
    ["two fingers", "pinch to zoom, move to pan, twist to turn the light"],
];

/** @type {Map<string, Command>} by chord */
const BY_CHORD = new Map(GROUPS.flatMap(({ commands }) => commands).flatMap((command) => (
    command.keys.map((key) => /** @type {[string, Command]} */ ([key, command]))
)));
/** @type {Record<string, string>} */
const NAMES = {
    ArrowLeft: "LEFT", ArrowRight: "RIGHT", ArrowUp: "UP", ArrowDown: "DOWN", " ": "SPACE", Escape: "ESCAPE",
    Delete: "DELETE", Backspace: "BACKSPACE", Home: "HOME", End: "END",
};
const PRINTED = ["?", "[", "]", ",", "."]; // Shift or Alt may be needed to type them

/** The command of a key; undefined where it is none, or belongs to the control that has the focus. @param {KeyboardEvent} event @returns {Command | undefined} */
export function commandOf(event) {
    if (event.isComposing || event.defaultPrevented || isTaken(event)) {
        return undefined;
    }
    const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
    const name = PRINTED.includes(event.key) ? event.key : digit ?? NAMES[event.key] ?? event.key.toUpperCase();
    const isPrinted = PRINTED.includes(name);
    const control = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
    return BY_CHORD.get(`${control}${event.shiftKey && !isPrinted ? "Shift+" : ""}${event.altKey && !isPrinted ? "Alt+" : ""}${name}`);
}

/** Whether the focused control uses the key itself. @param {KeyboardEvent} event @returns {boolean} */
function isTaken(event) {
    const { target, key } = event;
    if (document.querySelector("dialog[open]")) {
        return true;
    }
    if (!(target instanceof HTMLElement) || key === "Escape" || key === "F1") {
        return false;
    }
    const isButton = target.matches("button, summary, a, input[type=checkbox], input[type=radio]");
    if (isButton) {
        return key === " " || key === "Enter";
    }
    if (target.matches("input[type=range]")) {
        return /^(Arrow|Page|Home|End)/.test(key);
    }
    return target.matches("input, select, textarea");
}
