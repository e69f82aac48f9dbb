"""A machine for the opcodes of pickles that hold arrays; it never imports, calls or constructs what a pickle names.

The standard library's table of opcodes (pickletools) reads the arguments; what a program can do here is to make texts,
numbers, lists, dictionaries and the inert objects of pickled_objects.py. Steps, depth, memo, numbers, keys and bytes
have limits, because some bytes of a program can otherwise ask for any amount of time and memory.
"""

import codecs
import io
import pickletools
from collections.abc import Callable

from phynes_core.io.pickled_objects import Array, DType, ForbiddenName, Foreign, Name, checked_key, named

MOST_STEPS = 500_000  # annots.npy of 1,470 frames and 23 cameras takes 150,000
MOST_DEPTH = 16  # annots.npy nests dictionaries and lists four deep
MOST_PARTS = 1_000_000  # of the result, shared ones counted as often as they are met
LARGEST_NUMBER = 1 << 64
LEAST_BUDGET = 256 << 20  # bytes; larger files may make eight times their own
_OPCODES = {opcode.code: opcode for opcode in pickletools.opcodes}
_PUSHED = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_ARGUMENTS = {
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "BINSTRING",
    "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES",
    "BINBYTES8", "BYTEARRAY8",
}  # fmt: skip


def unpickled(content: bytes) -> object:
    """The value: dictionaries, lists (tuples and sets too), texts, bytes, numbers, arrays, and Foreign objects.

    ForbiddenName for a name that arrays do not need, any other error for a damaged or greedy pickle.
    """
    return _Finish(Machine(content)).value


class Machine:
    """Runs one program; `result` is what it leaves, with inert objects in it."""

    def __init__(self, content: bytes) -> None:
        self._stack: list = []
        self._below: list[list] = []  # the stacks under the open marks
        self._memo: dict[int, object] = {}
        self._left = max(8 * len(content), LEAST_BUDGET)
        self._makers: dict[str, Callable[[], object]] = {
            "EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_TUPLE": tuple, "EMPTY_SET": list,
            "LIST": self._marked, "TUPLE": lambda: tuple(self._marked()), "FROZENSET": self._marked,
            "DICT": lambda: self._with_items({}, self._marked()), "TUPLE1": lambda: tuple(self._last(1)),
            "TUPLE2": lambda: tuple(self._last(2)), "TUPLE3": lambda: tuple(self._last(3)),
            "DUP": lambda: self._stack[-1], "STACK_GLOBAL": lambda: named(*self._last(2)), "REDUCE": self._called,
            "NEWOBJ": self._created,
        }  # fmt: skip
        self._actions: dict[str, Callable[[], object]] = {
            "MARK": self._mark, "POP": self._pop, "POP_MARK": self._marked,
            "APPEND": lambda: self._append(self._last(1)), "APPENDS": lambda: self._append(self._marked()),
            "ADDITEMS": lambda: self._append(self._marked()),
            "SETITEM": lambda: self._set(self._last(2)), "SETITEMS": lambda: self._set(self._marked()),
            "BUILD": self._build, "MEMOIZE": lambda: self._remember(len(self._memo)),
        }  # fmt: skip
        self.result = self._run(io.BytesIO(content))

    def spend(self, num_bytes: int) -> None:
        """Count bytes that the result will need."""
        self._left -= num_bytes
        if self._left < 0:
            raise ValueError("asks for more memory than its size can mean")

    def _run(self, file: io.BytesIO) -> object:
        for _ in range(MOST_STEPS):
            code = file.read(1).decode("latin1")
            opcode = _OPCODES.get(code)
            if opcode is None:
                raise ValueError("ends early" if not code else f"unknown opcode {code!r}")
            name = opcode.name
            if (make := self._makers.get(name)) is not None:
                made = make()  # may replace the stack
                self._stack.append(made)
            elif (act := self._actions.get(name)) is not None:
                act()
            elif name == "STOP":
                return self._stack.pop()
            else:
                argument = _text(file) if name == "STRING" else opcode.arg.reader(file) if opcode.arg else None
                self._take(name, argument)
        raise ValueError(f"more than {MOST_STEPS} steps")

    def _take(self, name: str, argument: object) -> None:
        """Opcodes with an argument, and constants."""
        if name in _ARGUMENTS or name == "STRING":
            if isinstance(argument, int) and abs(argument) > LARGEST_NUMBER:
                raise ValueError(f"a number of {argument.bit_length()} bits")
            self._stack.append(bytes(argument) if isinstance(argument, bytearray) else argument)
        elif name in _PUSHED:
            self._stack.append(_PUSHED[name])
        elif name in ("BINGET", "LONG_BINGET", "GET"):
            self._stack.append(self._memo[argument])  # type: ignore[index]
        elif name in ("BINPUT", "LONG_BINPUT", "PUT"):
            self._remember(argument)
        elif name == "GLOBAL":
            module, _, attribute = str(argument).partition(" ")
            self._stack.append(named(module, attribute))
        elif name not in ("PROTO", "FRAME"):
            raise ForbiddenName(f"{name.lower().replace('_', ' ')}, an operation that arrays do not need")
        elif name == "PROTO" and not 0 <= argument <= 5:  # type: ignore[operator]
            raise ValueError(f"protocol {argument}")

    def _last(self, count: int) -> list:
        if len(self._stack) < count:
            raise ValueError("takes more than it made")
        taken = self._stack[-count:]
        del self._stack[-count:]
        return taken

    def _mark(self) -> None:
        self._below.append(self._stack)
        self._stack = []

    def _marked(self) -> list:
        taken, self._stack = self._stack, self._below.pop()
        return taken

    def _pop(self) -> None:
        if self._stack:
            self._stack.pop()
        else:
            self._marked()

    def _remember(self, key: object) -> None:
        self._memo[key] = self._stack[-1]  # type: ignore[index]

    def _append(self, items: list) -> None:
        if not isinstance(self._stack[-1], list):
            raise ValueError("appends to what is no list")
        self._stack[-1].extend(items)

    def _set(self, items: list) -> None:
        if not isinstance(self._stack[-1], dict):
            raise ValueError("sets an entry of what is no dictionary")
        self._with_items(self._stack[-1], items)

    def _with_items(self, target: dict, items: list) -> dict:
        if len(items) % 2:
            raise ValueError("sets a key without a value")
        for index in range(0, len(items), 2):
            target[checked_key(items[index])] = items[index + 1]
        return target

    def _called(self) -> object:
        function, arguments = self._last(2)
        if not isinstance(function, Name) or function.call is None or not isinstance(arguments, tuple):
            raise ForbiddenName("a call of what is no function")
        made = function.call(*arguments)
        if isinstance(made, bytes):
            self.spend(len(made))
        return made

    def _created(self) -> object:
        kind, arguments = self._last(2)
        if not isinstance(kind, Name) or kind.create is None or not isinstance(arguments, tuple):
            raise ForbiddenName(f"an instance of {kind.full if isinstance(kind, Name) else 'no class'}")
        return kind.create(*arguments)

    def _build(self) -> None:
        (state,) = self._last(1)
        target = self._stack[-1]
        if not isinstance(target, DType | Array | Foreign):
            raise ForbiddenName(f"a state of {target.full if isinstance(target, Name) else type(target).__name__}")
        target.build(state)
        if isinstance(target, Array) and isinstance(target.content, bytes):
            self.spend(len(target.content))


def _text(file: io.BytesIO) -> str:
    """The quoted text of protocol 0, which Python 2 wrote for bytes."""
    line = file.readline()
    quoted = line[:-1].strip()
    if not line.endswith(b"\n") or len(quoted) < 2 or quoted[:1] not in b"\"'" or quoted[-1:] != quoted[:1]:
        raise ValueError("expected a quoted text")
    return codecs.escape_decode(quoted[1:-1])[0].decode("latin1")  # type: ignore[attr-defined]


class _Finish:
    """Turns inert objects into arrays and lists; shared parts are converted once and counted each time."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._done: dict[int, tuple[object, object, int]] = {}  # id -> the object, which keeps the id, value, parts
        self.value, _ = self._converted(machine.result, 0)

    def _converted(self, item: object, depth: int) -> tuple[object, int]:
        if item is None or isinstance(item, str | bytes | int | float):
            return item, 1
        if depth > MOST_DEPTH:
            raise ValueError(f"nested more than {MOST_DEPTH} deep")
        if id(item) not in self._done:
            value, parts = self._made(item, depth)
            if parts > MOST_PARTS:
                raise ValueError(f"more than {MOST_PARTS} parts")
            self._done[id(item)] = item, value, parts
        _, value, parts = self._done[id(item)]
        return value, parts

    def _made(self, item: object, depth: int) -> tuple[object, int]:
        if isinstance(item, list | tuple):
            return self._all(item, depth)
        if isinstance(item, dict):
            values, parts = self._all(list(item.values()), depth)
            return dict(zip(item, values, strict=True)), parts
        if isinstance(item, Array) and isinstance(item.content, list):
            return self._converted(item.objects(), depth + 1)
        if isinstance(item, Array):
            self._machine.spend(len(item.content))
            return item.values(), 1
        if isinstance(item, Foreign):
            state, parts = self._converted(item.state, depth + 1)
            assert isinstance(state, dict)
            return Foreign(item.kind, state), parts
        raise ForbiddenName(item.full if isinstance(item, Name) else f"an object of type {type(item).__name__}")

    def _all(self, items: list | tuple, depth: int) -> tuple[list, int]:
        values, total = [], 1
        for item in items:
            value, parts = self._converted(item, depth + 1)
            values.append(value)
            total += parts
        return values, total
