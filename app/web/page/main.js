// Opens the page: reads what the file holds, opens the GPU, or says why there is no picture.

import { NoWebGpu } from "../engine/device.js";
import { embeddedPacket, readPacket } from "../engine/packet.js";
import { Renderer } from "../engine/renderer.js";
import { Page, showFallback } from "./page.js";
import { byId } from "./rows.js";

async function open() {
    try {
        const packet = await embeddedPacket(document) ?? await packetBeside();
        /** @type {Page | undefined} */
        let page = undefined;
        const canvas = /** @type {HTMLCanvasElement} */ (byId("picture"));
        const renderer = await Renderer.create(canvas, packet, { onLost: (reason) => void page?.lost(reason) });
        page = new Page(renderer, packet);
        Object.assign(globalThis, { phynes: page }); // for consoles and tests
    } catch (error) {
        showFallback(error instanceof NoWebGpu ? "without-webgpu" : "failed", error instanceof Error ? error.message : String(error));
    }
}

/** The numbers of a page that was exported as a folder. @returns {Promise<import("../engine/packet.js").Packet>} */
async function packetBeside() {
    const answer = await fetch("avatar.bin");
    if (!answer.ok) {
        throw new Error("The file avatar.bin is missing beside this page.");
    }
    return readPacket(new Uint8Array(await answer.arrayBuffer()));
}

void open();
