// Follows an avatar that changes: each new page loads out of sight, takes over the view, and is shown once it has drawn.

const PAGE = "avatar.html";
const LONGEST_START_S = 60;
const NOTE_S = 4;
const RECORDING_MS = 300; // until it is looked again whether a video is finished
const line = /** @type {HTMLElement} */ (document.getElementById("status"));

/** @type {HTMLIFrameElement | null} */
let shown = null;
/** @type {HTMLIFrameElement | null} */
let coming = null;
let newest = -1;
let quietAfter = 0;

/** @param {string} text @param {boolean} stays */
function say(text, stays) {
    line.textContent = text;
    line.classList.remove("quiet");
    clearTimeout(quietAfter);
    if (!stays) quietAfter = setTimeout(() => line.classList.add("quiet"), NOTE_S * 1000);
}

/** The part of a page's address that holds its view. @param {HTMLIFrameElement | null} frame */
function viewOf(frame) {
    return frame?.contentWindow?.location.hash ?? location.hash;
}

/** What the page in a frame shows and can do; it has none where it could not begin. @param {HTMLIFrameElement | null} frame */
function pageIn(frame) {
    return /** @type {any} */ (frame?.contentWindow)?.phynes;
}

/** Resolves when the page in a frame has drawn, or has said why it cannot. @param {HTMLIFrameElement} frame */
function drawn(frame) {
    return new Promise((resolve) => {
        setTimeout(resolve, LONGEST_START_S * 1000);
        frame.addEventListener("load", () => {
            const root = frame.contentDocument?.documentElement;
            if (!root) return resolve(undefined);
            const look = () => root.dataset.state && root.dataset.state !== "starting" && resolve(undefined);
            new MutationObserver(look).observe(root, { attributes: true, attributeFilter: ["data-state"] });
            look();
        }, { once: true });
    });
}

/** Shows the newest page. @param {number} version */
async function follow(version) {
    coming?.remove();
    const frame = document.createElement("iframe");
    frame.title = "Avatar";
    frame.allow = "fullscreen; clipboard-write";
    frame.className = "coming";
    frame.src = PAGE + viewOf(shown);
    coming = frame;
    const ready = drawn(frame);
    document.body.append(frame);
    await ready;
    if (coming !== frame) return; // a newer one came meanwhile
    while (pageIn(shown)?.saving.recording) await new Promise((later) => setTimeout(later, RECORDING_MS)); // a video is made
    await pageIn(frame)?.takeOver(pageIn(shown)); // as it was turned meanwhile, and the lights that were dropped
    if (coming !== frame) return;
    coming = null;
    frame.className = "";
    shown?.remove();
    shown = frame;
    frame.contentWindow?.focus();
    document.title = frame.contentDocument?.title ?? document.title;
    if (version > 1) say(`Avatar ${version}, ${new Date().toLocaleTimeString()}`, false);
    else line.classList.add("quiet");
}

const changes = new EventSource("changes");
changes.addEventListener("message", (event) => {
    const version = Number(event.data);
    if (version === newest) return say("Connected again.", false);
    newest = version;
    if (version > 0) follow(version);
    else say("Waiting for the first avatar.", true);
});
changes.addEventListener("error", () => say("The program that serves this page is gone, or the connection to it.", true));

export {};
