"""Drop files on a window as a file manager does: the source of XDND 5, by libX11.

python -m tests.app.drop WINDOW X Y FILE ...
"""

import ctypes
import ctypes.util
import sys
import time
from ctypes import POINTER, Structure, Union, byref, c_char_p, c_int, c_long, c_ubyte, c_ulong, c_void_p
from pathlib import Path

VERSION = 5
PATIENCE_S = 60.0
CLIENT_MESSAGE, SELECTION_REQUEST, SELECTION_NOTIFY = 33, 30, 31


class ClientMessage(Structure):
    _fields_ = [
        ("type", c_int), ("serial", c_ulong), ("send_event", c_int), ("display", c_void_p), ("window", c_ulong),
        ("message_type", c_ulong), ("format", c_int), ("data", c_long * 5),
    ]  # fmt: skip


class SelectionRequest(Structure):
    _fields_ = [
        ("type", c_int), ("serial", c_ulong), ("send_event", c_int), ("display", c_void_p), ("owner", c_ulong),
        ("requestor", c_ulong), ("selection", c_ulong), ("target", c_ulong), ("property", c_ulong), ("time", c_ulong),
    ]  # fmt: skip


class SelectionNotify(Structure):
    _fields_ = [
        ("type", c_int), ("serial", c_ulong), ("send_event", c_int), ("display", c_void_p), ("requestor", c_ulong),
        ("selection", c_ulong), ("target", c_ulong), ("property", c_ulong), ("time", c_ulong),
    ]  # fmt: skip


class Event(Union):
    _fields_ = [
        ("type", c_int), ("message", ClientMessage), ("request", SelectionRequest), ("notify", SelectionNotify),
        ("room", c_long * 24),
    ]  # fmt: skip


class Source:
    """The source of a drag: a program that owns the files."""

    def __init__(self) -> None:
        self._x = x = ctypes.CDLL(ctypes.util.find_library("X11") or "libX11.so.6")
        x.XOpenDisplay.restype, x.XOpenDisplay.argtypes = c_void_p, [c_char_p]
        self._display = c_void_p(x.XOpenDisplay(None))
        x.XDefaultRootWindow.restype = x.XCreateSimpleWindow.restype = x.XInternAtom.restype = c_ulong
        x.XInternAtom.argtypes = [c_void_p, c_char_p, c_int]
        x.XCreateSimpleWindow.argtypes = [c_void_p, c_ulong, *[c_int] * 2, *[ctypes.c_uint] * 3, *[c_ulong] * 2]
        x.XSetSelectionOwner.argtypes = [c_void_p, c_ulong, c_ulong, c_ulong]
        x.XSendEvent.argtypes = [c_void_p, c_ulong, c_int, c_long, POINTER(Event)]
        x.XChangeProperty.argtypes = [c_void_p, c_ulong, c_ulong, c_ulong, c_int, c_int, POINTER(c_ubyte), c_int]
        root = x.XDefaultRootWindow(self._display)
        self._window = x.XCreateSimpleWindow(self._display, root, 0, 0, 1, 1, 0, 0, 0)
        x.XSetSelectionOwner(self._display, self.atom("XdndSelection"), self._window, 0)

    def atom(self, name: str) -> int:
        return self._x.XInternAtom(self._display, name.encode(), 0)

    def drop(self, target: int, x: int, y: int, paths: list[Path]) -> None:
        uris = "".join(path.absolute().as_uri() + "\r\n" for path in paths).encode()
        self._send(target, "XdndEnter", VERSION << 24, self.atom("text/uri-list"), 0, 0)
        self._send(target, "XdndPosition", 0, (x << 16) | y, 0, self.atom("XdndActionCopy"))
        self._answer("XdndStatus", uris)
        self._send(target, "XdndDrop", 0, 0, 0, 0)
        self._answer("XdndFinished", uris)

    def _send(self, target: int, name: str, *values: int) -> None:
        event = Event()
        event.message.type, event.message.window, event.message.format = CLIENT_MESSAGE, target, 32
        event.message.message_type = self.atom(name)
        event.message.data[:] = [self._window, *values]
        self._x.XSendEvent(self._display, target, 0, 0, byref(event))
        self._x.XFlush(self._display)

    def _answer(self, awaited: str, uris: bytes) -> None:
        """Answer the target's requests for the files until its message `awaited` comes."""
        deadline, event = time.monotonic() + PATIENCE_S, Event()
        while time.monotonic() < deadline:
            if not self._x.XPending(self._display):
                time.sleep(0.02)
                continue
            self._x.XNextEvent(self._display, byref(event))
            if event.type == CLIENT_MESSAGE and event.message.message_type == self.atom(awaited):
                return
            if event.type == SELECTION_REQUEST:
                self._send_files(event.request, uris)
        raise TimeoutError(f"no {awaited} in {PATIENCE_S:.0f} s")

    def _send_files(self, request: SelectionRequest, uris: bytes) -> None:
        content = (c_ubyte * len(uris)).from_buffer_copy(uris)
        self._x.XChangeProperty(
            self._display, request.requestor, request.property, request.target, 8, 0, content, len(uris)
        )
        reply = Event()
        reply.notify.type, reply.notify.requestor = SELECTION_NOTIFY, request.requestor
        reply.notify.selection, reply.notify.target = request.selection, request.target
        reply.notify.property, reply.notify.time = request.property, request.time
        self._x.XSendEvent(self._display, request.requestor, 0, 0, byref(reply))
        self._x.XFlush(self._display)


if __name__ == "__main__":
    window, left, top, *files = sys.argv[1:]
    Source().drop(int(window, 0), int(left), int(top), [Path(file) for file in files])
