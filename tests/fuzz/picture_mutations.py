"""Mutations of pictures by their own structure: chunks of PNG, segments of JPEG, attributes of EXR, lines of HDR."""

import struct
import zlib
from functools import cache
from random import Random

from tests.fuzz.byte_mutations import INTEGERS, MOST_BYTES, mutated_bytes, place

SIZES = (0, 1, 2, 16, 17, 8192, 16384, 16385, 65535, 65536, 10**6, 2**31 - 1, 2**31, 2**32 - 1)
PNG_HEAD, EXR_HEAD = b"\x89PNG\r\n\x1a\n", b"\x76\x2f\x31\x01"
Chunks = list[tuple[bytes, bytes]]


def mutated_png(rng: Random, content: bytes) -> bytes:
    """One chunk changed, dropped, repeated, moved or inserted; its checksum is right, so that decoders go on."""
    chunks = _png_chunks(content)
    if len(chunks) < 2 or rng.random() < 0.15:
        return mutated_bytes(rng, content)
    index = rng.randrange(len(chunks))
    name, body = chunks[index]
    kind = rng.randrange(10)
    if kind <= 2:
        chunks[0] = chunks[0][0], _png_header(rng, chunks[0][1])
    elif kind == 3:
        chunks[index] = name, mutated_bytes(rng, body)
    elif kind == 4:
        del chunks[index]
    elif kind == 5:
        chunks.insert(rng.randrange(len(chunks) + 1), (name, body))
    elif kind == 6:
        chunks[index] = rng.choice((b"IDAT", b"PLTE", b"tRNS", b"abcd", b"\0\0\0\0")), body
    elif kind == 7 and name == b"IDAT":
        chunks[index] = name, _other_stream(rng, body)
    else:
        chunks.insert(rng.randrange(len(chunks) + 1), _png_extra(rng))
    return _png(rng, chunks)


def _png_chunks(content: bytes) -> Chunks:
    chunks, position = [], len(PNG_HEAD)
    while position + 12 <= len(content):
        length = int.from_bytes(content[position : position + 4], "big")
        chunks.append((content[position + 4 : position + 8], content[position + 8 : position + 8 + length]))
        position += 12 + length
    return chunks


def _png(rng: Random, chunks: Chunks) -> bytes:
    written = [PNG_HEAD]
    for name, body in chunks:
        length, checksum = len(body), zlib.crc32(name + body)
        if rng.random() < 0.02:
            length = rng.choice((0, length + 1, 2**31, 2**32 - 1))
        if rng.random() < 0.02:
            checksum ^= 1
        written += [struct.pack(">I", length), name, body, struct.pack(">I", checksum)]
    return b"".join(written)[:MOST_BYTES]


def _png_header(rng: Random, header: bytes) -> bytes:
    try:
        fields = list(struct.unpack(">IIBBBBB", header))
    except struct.error:
        return header
    index = rng.randrange(7)
    fields[index] = rng.choice(SIZES) if index < 2 else rng.choice((0, 1, 2, 3, 4, 6, 8, 16, 32, 255))
    if rng.random() < 0.3:
        fields[1 - index % 2] = rng.choice(SIZES)
    return struct.pack(">IIBBBBB", *fields)


def _other_stream(rng: Random, body: bytes) -> bytes:
    try:
        plain = zlib.decompress(body)
    except zlib.error:
        return b""
    return rng.choice(
        (zlib.compress(mutated_bytes(rng, plain)), zlib.compress(plain * 50), body[:-4], zlib.compress(b""))
    )


def _png_extra(rng: Random) -> tuple[bytes, bytes]:
    keyed = b"key\0\0" + rng.choice((zlib.compress(b"text"), _zeros(), b"", b"\xff" * 9))
    return rng.choice((
        (b"zTXt", keyed), (b"iCCP", keyed), (b"iTXt", b"key\0\1\0\0\0" + _zeros()), (b"tEXt", b"key\0value\n\n"),
        (b"eXIf", b"II*\0\xff\xff\xff\xff"), (b"eXIf", b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"),
        (b"acTL", struct.pack(">II", 2**31 - 1, 0)),
        (b"fcTL", struct.pack(">IIIIIHHBB", 0, 2**31, 2**31, 0, 0, 1, 0, 0, 0)),
        (b"fdAT", b"\0\0\0\1" + rng.randbytes(9)), (b"PLTE", rng.randbytes(rng.choice((0, 3, 4, 768, 900)))),
        (b"tRNS", rng.randbytes(rng.choice((0, 1, 6, 300)))), (b"gAMA", struct.pack(">I", rng.choice(SIZES))),
        (b"pHYs", b"\0" * rng.choice((0, 8, 9))), (b"cHRM", b"\xff" * rng.choice((3, 32))), (b"sRGB", b""),
        (b"IEND", b""),
    ))  # fmt: skip


@cache
def _zeros() -> bytes:
    """20 MB in 20 kB."""
    return zlib.compress(bytes(20_000_000), 9)


def mutated_jpeg(rng: Random, content: bytes) -> bytes:
    """One segment changed, dropped, repeated or inserted, or the coded pixels damaged."""
    segments, scan = _jpeg_segments(content)
    if not segments or rng.random() < 0.2:
        return mutated_bytes(rng, content)
    index = rng.randrange(len(segments))
    marker, body = segments[index]
    frames = [at for at, (code, _) in enumerate(segments) if code in (0xC0, 0xC1, 0xC2)]
    kind = rng.randrange(9)
    if kind <= 2 and frames:
        frame = segments[frames[0]][1]
        size = struct.pack(">HH", rng.choice(SIZES) % 65536, rng.choice(SIZES) % 65536)
        changed = frame[:1] + size + frame[5:] if rng.random() < 0.6 else mutated_bytes(rng, frame)
        segments[frames[0]] = rng.choice((0xC0, 0xC1, 0xC2, 0xC3, 0xC9)), changed
    elif kind == 3:
        segments[index] = marker, mutated_bytes(rng, body)
    elif kind == 4:
        del segments[index]
    elif kind == 5:
        segments.insert(index, (marker, body))
    elif kind == 6:
        scan = mutated_bytes(rng, scan)
    else:
        extra = (
            (0xE1, b"Exif\0\0II*\0\x08\0\0\0\xff\xff"),
            (0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x09\0\0"),
            (0xE2, b"ICC_PROFILE\0\1\2" + b"x" * 50), (0xEE, b"Adobe\0\x64\0\0\0\0\2"), (0xFE, b"comment\n\x1b[0m"),
            (0xDD, b"\0\1"),
            (0xE2, b"MPF\0II*\0\x08\0\0\0" + b"\xff" * 20),
            (0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\xff\xff\xff\xff"), (0xDC, b"\0\0"),
        )  # fmt: skip
        segments.insert(index, rng.choice(extra))
    written = [b"\xff\xd8"]
    for marker, body in segments:
        length = len(body) + 2 if rng.random() < 0.97 else rng.choice((0, 1, 2, 65535))
        written.append(b"\xff" + bytes((marker,)) + struct.pack(">H", length % 65536) + body)
    return b"".join((*written, scan))[:MOST_BYTES]


def _jpeg_segments(content: bytes) -> tuple[Chunks, bytes]:
    segments, position = [], 2
    while position + 4 <= len(content) and content[position] == 0xFF:
        length = int.from_bytes(content[position + 2 : position + 4], "big")
        segments.append((content[position + 1], content[position + 4 : position + 2 + length]))
        position += 2 + length
        if segments[-1][0] == 0xDA:
            break
    return segments, content[position:]


def mutated_exr(rng: Random, content: bytes) -> bytes:
    """One attribute changed, dropped, repeated or renamed; the flags; the table of offsets; or the pixels' blocks."""
    attributes, body = _exr_attributes(content)
    if not attributes or rng.random() < 0.1:
        return mutated_bytes(rng, content)
    flags = content[4:8]
    names = [name for name, _, _ in attributes]
    index = rng.randrange(len(attributes))
    name, form, value = attributes[index]
    kind = rng.randrange(12)
    if kind <= 3 and b"dataWindow" in names:
        wanted = rng.choice(([b"dataWindow"], [b"dataWindow", b"displayWindow"]))
        corners = struct.pack("<iiii", *_window(rng))
        attributes = [(n, f, corners if n in wanted else v) for n, f, v in attributes]
    elif kind == 4 and b"channels" in names:
        attributes = [(n, f, _channels(rng, v) if n == b"channels" else v) for n, f, v in attributes]
    elif kind == 5:
        attributes[index] = name, form, mutated_bytes(rng, value)
    elif kind == 6:
        del attributes[index]
    elif kind == 7:
        new = rng.choice((b"tiles", b"chunkCount", b"type", b"preview", b"multiView", b"version", b"x" * 300, name))
        forms = (b"tiledesc", b"int", b"string", b"preview", b"stringvector", b"float", b"unknown", form)
        attributes.append(
            (new, rng.choice(forms), rng.choice((b"", b"\xff" * 9, struct.pack("<IIB", 2**31, 1, 0), value)))
        )
    elif kind == 8:
        flags = bytes((rng.choice((1, 2, 3)), rng.choice((0, 2, 4, 8, 16, 18, 255)), 0, 0))
    elif kind == 9:
        attributes[index] = (
            rng.choice((name, b"compression", b"lineOrder")),
            form,
            bytes((rng.randrange(14),)) + value[1:],
        )
    else:
        body = mutated_bytes(rng, body)
    written = [EXR_HEAD, flags]
    for name, form, value in attributes:
        length = len(value) if rng.random() < 0.98 else rng.choice((0, -1, 2**31 - 1, 10**9))
        written += [name, b"\0", form, b"\0", struct.pack("<i", length), value]
    return b"".join((*written, b"\0", body))[:MOST_BYTES]


def _window(rng: Random) -> tuple[int, int, int, int]:
    size = rng.choice((0, 15, 16, 31, 8191, 8192, 19_999, 99_999, 2**30, 2**31 - 1, -1, -(2**31)))
    other = rng.choice((0, 7, 15, size, size // 2, 4095, 2**31 - 1, -5))
    return rng.choice(((0, 0, size, other), (0, 0, size, 7), (-size // 2, 0, size // 2, other), (size, other, 0, 0)))


def _channels(rng: Random, value: bytes) -> bytes:
    """Other names, pixel types and samplings; many channels."""
    name = rng.choice((b"R", b"G", b"A", b"Z", b"Y", b"layer.R", b"", b"x" * 300, b"\xff\xfe"))
    entry = (
        name
        + b"\0"
        + struct.pack("<iB3xii", rng.choice((0, 1, 2, 3, -1)), 0, rng.choice((1, 2, 0, -1)), rng.choice((1, 2, 0)))
    )
    if rng.random() < 0.2:
        entry = b"".join(b"c%d\0" % number + entry[len(name) + 1 :] for number in range(2000))
    return rng.choice((entry + value, value[:-1] + entry + b"\0", entry + b"\0", b"\0", mutated_bytes(rng, value)))


def _exr_attributes(content: bytes) -> tuple[list[tuple[bytes, bytes, bytes]], bytes]:
    attributes, position = [], 8
    while position < len(content) and content[position]:
        name_end = content.find(b"\0", position)
        form_end = content.find(b"\0", name_end + 1)
        if name_end < 0 or form_end < 0 or form_end + 5 > len(content):
            break
        length = int.from_bytes(content[form_end + 1 : form_end + 5], "little", signed=True)
        start = form_end + 5
        attributes.append(
            (content[position:name_end], content[name_end + 1 : form_end], content[start : start + max(0, length)])
        )
        position = start + max(0, length)
    return attributes, content[position + 1 :]


def mutated_hdr(rng: Random, content: bytes) -> bytes:
    """One line of the header or the size changed, or the coded pixels."""
    start = content.find(b"\n\n")
    end = content.find(b"\n", start + 2)
    if start < 0 or end < 0 or rng.random() < 0.15:
        return mutated_bytes(rng, content)
    lines, size, body = content[:start].split(b"\n"), content[start + 2 : end], content[end + 1 :]
    kind = rng.randrange(8)
    if kind <= 2:
        rows, columns = (str(rng.choice((*SIZES, *INTEGERS, 8, 16, 32))).encode() for _ in range(2))
        size = rng.choice((b"-Y %s +X %s", b"-Y %s +X %s", b"+Y %s +X %s", b"-Y %s  +X  %s ", b"-Y %s")).replace(
            b"%s", b"{}"
        )
        size = size.replace(b"{}", rows, 1).replace(b"{}", columns, 1)
    elif kind == 3:
        value = rng.choice(
            (b"0", b"nan", b"1e999", b"-1", b"text", b"", b"1e-400", b"1=2", b"9" * 5000, b"\xb2", b"1e30")
        )
        lines += [b"EXPOSURE=" + value] * rng.choice((1, 1, 2, 500))
    elif kind == 4:
        lines.insert(
            rng.randrange(len(lines) + 1), rng.choice((b"FORMAT=32-bit_rle_xyze", b"FORMAT=", b"\x1b[31m", b"=" * 9000))
        )
    elif kind == 5:
        body = mutated_bytes(rng, body)
    elif kind == 6:
        at, to = place(rng, body)
        body = (
            body[:at]
            + rng.choice((b"\1\1\1\xff" * rng.choice((1, 3, 9)), b"\2\2\x7f\xff", b"\2\2\0\x10", b"\xff\0", b"\0"))
            + body[to:]
        )
    else:
        body = body[: rng.randrange(len(body) + 1)]
    return (b"\n".join(lines) + b"\n\n" + size + b"\n" + body)[:MOST_BYTES]
