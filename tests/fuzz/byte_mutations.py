"""Mutations of plain bytes and of text, and the values that break readers; everything is drawn from a seeded Random."""

import re
import struct
from random import Random

INTEGERS = (
    0, -1, 1, 2, 3, 7, 24, 127, 128, 255, 256, 32767, 65535, 65536, 2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53,
    2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**31), -(2**63), -(2**63) - 1, 10**400,
)  # fmt: skip
FLOATS = (0.0, -0.0, 1e-308, 5e-324, 1e-7, 0.5, 1.5, -1.5, 65504.0, 65536.0, 3e38, 1e39, 1e308, -1e308,
          float("nan"), float("inf"), float("-inf"))  # fmt: skip
TEXTS = (
    "", " ", "\0", "a", "²", "١", "é", "\ud800", "\n\n", "\r\n", "\x1b[31mred", "../../../etc/passwd", "/dev/zero", "/",
    ".", "..", "~", "C:\\x", "a" * 300, "b" * 5000, "NaN", "1e999", "%s%n", "{", "[[", "None", "true", "\u202e",
)  # fmt: skip
NUMBER_WORDS = (
    "0", "-1", "1", "2", "1e999", "-1e999", "1e308", "1e-400", "nan", "NaN", "inf", "-inf", "99999999999999999999",
    "9" * 400, "9" * 5000, "0x10", "1_000", "²", "١", "1.2.3", "--5", "+", "", "2147483648", "4294967296", "0.001",
    "1e6",
)  # fmt: skip
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
MOST_BYTES = 300_000  # of a mutant: what small files do is what is looked for


def mutated_bytes(rng: Random, content: bytes) -> bytes:
    """One change of a file as plain bytes."""
    return rng.choice(_BYTE_CHANGES)(rng, content)[:MOST_BYTES]


def mutated_text(rng: Random, content: bytes, words: tuple[str, ...]) -> bytes:
    """One change of a text file: of a number, a word, a line or a run of characters; `words` are the format's own."""
    if rng.random() < 0.1:
        return mutated_bytes(rng, content)
    text = content.decode("utf-8", "surrogateescape")
    changed = rng.choice(_TEXT_CHANGES)(rng, text, words)[:MOST_BYTES]
    return changed.encode("utf-8", "surrogatepass" if rng.random() < 0.5 else "replace")[:MOST_BYTES]


def place(rng: Random, content: bytes | str) -> tuple[int, int]:
    """Start and end of a short piece."""
    start = rng.randrange(len(content) + 1)
    return start, min(len(content), start + rng.choice((0, 1, 1, 2, 4, 8, 30, 200)))


def _flip(rng: Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 8, 40))):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _number(rng: Random, content: bytes) -> bytes:
    size = rng.choice((1, 2, 4, 8))
    value = rng.choice(INTEGERS) % 2 ** (8 * size)
    start = rng.randrange(max(1, len(content) - size))
    return content[:start] + value.to_bytes(size, rng.choice(("little", "big"))) + content[start + size :]


def _real(rng: Random, content: bytes) -> bytes:
    code = rng.choice(("<e", "<f", "<d"))
    value = rng.choice(FLOATS)
    try:
        packed = struct.pack(code, value)
    except OverflowError:
        packed = struct.pack(code, float("inf"))
    start = rng.randrange(max(1, len(content) - len(packed)))
    start -= start % len(packed)
    return content[:start] + packed + content[start + len(packed) :]


def _cut(rng: Random, content: bytes) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def _delete(rng: Random, content: bytes) -> bytes:
    start, end = place(rng, content)
    return content[:start] + content[end:]


def _repeat(rng: Random, content: bytes) -> bytes:
    start, end = place(rng, content)
    return content[:end] + content[start:end] * rng.choice((1, 2, 10, 1000)) + content[end:]


def _insert(rng: Random, content: bytes) -> bytes:
    start, _ = place(rng, content)
    return content[:start] + rng.randbytes(rng.choice((1, 2, 4, 16, 500))) + content[start:]


def _swap(rng: Random, content: bytes) -> bytes:
    (first, second), (third, fourth) = sorted((place(rng, content), place(rng, content)))
    third = max(second, third)
    fourth = max(third, fourth)
    return content[:first] + content[third:fourth] + content[second:third] + content[first:second] + content[fourth:]


def _fill(rng: Random, content: bytes) -> bytes:
    start, end = place(rng, content)
    return content[:start] + rng.choice((b"\0", b"\xff", b"\x80", b" ")) * (end - start) + content[end:]


def _other_kind(rng: Random, content: bytes) -> bytes:
    heads = (
        b"", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"\x76\x2f\x31\x01", b"#?RADIANCE\n",
        b"%!PS-Adobe-3.0",
        b"\x80\x04", b"\x93NUMPY\x01\0", b"{", b"GIF89a", b"II*\0", b"RIFF\0\0\0\0WEBP", b"\x1f\x8b", b"\xef\xbb\xbf",
        b"\xff\xfe", b"BLP2", b"DDS ", b"SIMPLE  =", b"P6\n9999 9999\n255\n", b"8BPS", b"\0\0\0 ftypavif",
    )  # fmt: skip
    return rng.choice(heads) + rng.choice((content, content[8:], rng.randbytes(40), b""))


_BYTE_CHANGES = (
    _flip, _flip, _number, _number, _number, _real, _cut, _delete, _repeat, _insert, _swap, _fill, _other_kind,
)  # fmt: skip


def _change_number(rng: Random, text: str, words: tuple[str, ...]) -> str:
    found = list(_NUMBER.finditer(text))
    if not found:
        return text + rng.choice(NUMBER_WORDS)
    match = rng.choice(found[:40] if rng.random() < 0.5 else found)  # headers stand first
    return text[: match.start()] + rng.choice(NUMBER_WORDS) + text[match.end() :]


def _change_word(rng: Random, text: str, words: tuple[str, ...]) -> str:
    found = list(re.finditer(r"\S+", text))
    if not found:
        return rng.choice(words)
    match = rng.choice(found[:60] if rng.random() < 0.5 else found)
    new = rng.choice((*words, *words, *TEXTS, "", match[0] + match[0], match[0] + " " + match[0]))
    return text[: match.start()] + new + text[match.end() :]


def _change_lines(rng: Random, text: str, words: tuple[str, ...]) -> str:
    lines = text.split("\n")
    index, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    kind = rng.randrange(6)
    if kind == 0:
        del lines[index]
    elif kind == 1:
        lines.insert(index, lines[other])
    elif kind == 2:
        lines[index], lines[other] = lines[other], lines[index]
    elif kind == 3:
        count = rng.choice((2, 50, 5000))
        lines[index:index] = [lines[index]] * min(count, MOST_BYTES // (len(lines[index]) + 1))
    elif kind == 4:
        lines.insert(index, " ".join(rng.choice((*words, *NUMBER_WORDS)) for _ in range(rng.choice((1, 2, 4, 9)))))
    else:
        lines[index : index + 2] = [" ".join(lines[index : index + 2])]
    return "\n".join(lines)


def _nest(rng: Random, text: str, words: tuple[str, ...]) -> str:
    start, _ = place(rng, text)
    opened, closed = rng.choice(("{}", "[]", "()", '""', "- ", "\n\t"))
    count = rng.choice((1, 1, 2, 100, 3000, 100_000))
    return text[:start] + opened * count + closed * rng.choice((0, count, 1)) + text[start:]


def _insert_text(rng: Random, text: str, words: tuple[str, ...]) -> str:
    start, end = place(rng, text)
    return text[:start] + rng.choice((*TEXTS, *words)) + text[rng.choice((start, end)) :]


_TEXT_CHANGES = (_change_number, _change_number, _change_word, _change_word, _change_lines, _change_lines, _nest,
                 _insert_text)  # fmt: skip
