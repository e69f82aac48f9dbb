"""Sixteen rays from one point at once through the tree of bvh.py: a box or a triangle is tested for all in one go.

Rays of neighboring directions meet the same boxes, so that a packet costs little more than a single ray. The tests are
written for LLVM's vectors, as vector_tiles.py's are; their arithmetic is that of the scalar ones in triangle.py.
"""

# pyright: reportCallIssue=false
# numba hands the typing context to an intrinsic itself.

from dataclasses import dataclass

import numpy as np
from llvmlite import ir
from numba import float32, uint32
from numba.core import types
from numba.extending import intrinsic

from phynes_core.kernels.cpu.compiler import serial

LANES = 16  # rays of a packet; half a word of bits
_STACK_SIZE = 128  # nodes; the tree of 14k triangles is about 30 deep
_TINY = float32(1e-30)
_FLOAT, _INT = ir.FloatType(), ir.IntType(32)
_FLOATS = ir.VectorType(_FLOAT, LANES)


def _number(value: float) -> ir.Constant:
    return ir.Constant(_FLOATS, [value] * LANES)


class _Code:
    """Emits vector code; attributes of arguments are arrays of float32 that lie side by side."""

    def __init__(self, context, builder, signature, arguments) -> None:
        self._context, self._builder, self._signature, self._arguments = context, builder, signature, arguments

    def start(self, number):
        """Where row `arguments[number + 1]` of the two-dimensional array `arguments[number]` begins."""
        array = self._context.make_array(self._signature.args[number])(
            self._context, self._builder, self._arguments[number]
        )
        columns = self._builder.extract_value(array.shape, 1)
        return self._builder.gep(array.data, [self._builder.mul(self._arguments[number + 1], columns)])

    def spread(self, base, index):
        """One number of a row in every lane."""
        return self.all_lanes(self._builder.load(self._builder.gep(base, [_INT(index)])))

    def all_lanes(self, number):
        """A number in every lane."""
        one = self._builder.insert_element(_number(0.0), number, _INT(0))
        return self._builder.shuffle_vector(one, _number(0.0), ir.Constant(ir.VectorType(_INT, LANES), [0] * LANES))

    def vector(self, base, index):
        """LANES numbers of a row."""
        place = self._builder.gep(base, [_INT(index * LANES)])
        return self._builder.load(self._builder.bitcast(place, _FLOATS.as_pointer()), align=4)

    def product(self, a, b):
        return self._builder.fmul(a, b, flags=("contract",))

    def sum(self, a, b):
        return self._builder.fadd(a, b, flags=("contract",))

    def difference(self, a, b):
        return self._builder.fsub(a, b, flags=("contract",))

    def dot(self, a, b):
        """a . b, three vectors or numbers each."""
        first, second, third = (self.product(x, y) for x, y in zip(a, b, strict=True))
        return self.sum(self.sum(first, second), third)

    def cross(self, a, b):
        return [
            self.difference(self.product(a[i], b[j]), self.product(a[j], b[i])) for i, j in ((1, 2), (2, 0), (0, 1))
        ]

    def least(self, a, b):
        return self._builder.select(self._builder.fcmp_ordered("<", a, b), a, b)

    def most(self, a, b):
        return self._builder.select(self._builder.fcmp_ordered(">", a, b), a, b)

    def holds(self, relation, a, b):
        return self._builder.fcmp_ordered(relation, a, b)

    def mask(self, *conditions):
        """A bit for each lane where all conditions hold."""
        both = conditions[0]
        for condition in conditions[1:]:
            both = self._builder.and_(both, condition)
        return self._builder.zext(self._builder.bitcast(both, ir.IntType(LANES)), _INT)


@intrinsic
def lanes_before(typing, directions, packet, x, y, z):
    """Which directions of a packet lie before the surface with the normal (x, y, z)."""
    signature = types.uint32(directions, types.intp, types.float32, types.float32, types.float32)

    def generate(context, builder, signature, arguments):
        code = _Code(context, builder, signature, arguments)
        row = code.start(0)
        normal = [code.all_lanes(number) for number in arguments[2:5]]
        return code.mask(code.holds(">", code.dot(normal, [code.vector(row, axis) for axis in range(3)]), _number(0.0)))

    return signature, generate


@intrinsic
def lanes_in_box(typing, boxes, node, inverses, packet, x, y, z):
    """Which rays of a packet from (x, y, z) meet the box of a node."""
    signature = types.uint32(
        boxes, types.intp, inverses, types.intp, types.float32, types.float32, types.float32
    )  # fmt: skip

    def generate(context, builder, signature, arguments):
        code = _Code(context, builder, signature, arguments)
        box, inverse = code.start(0), code.start(2)
        enter, leave = _number(0.0), None
        for axis, number in enumerate(arguments[4:7]):
            along, origin = code.vector(inverse, axis), code.all_lanes(number)
            first = code.product(code.difference(code.spread(box, axis), origin), along)
            second = code.product(code.difference(code.spread(box, 3 + axis), origin), along)
            enter, last = code.most(enter, code.least(first, second)), code.most(first, second)
            leave = last if leave is None else code.least(leave, last)
        return code.mask(code.holds("<=", enter, leave))

    return signature, generate


@intrinsic
def lanes_on_triangle(typing, corners_and_edges, slot, directions, packet, x, y, z):
    """Which rays of a packet from (x, y, z) hit a triangle, from either side (Moller and Trumbore)."""
    signature = types.uint32(
        corners_and_edges, types.intp, directions, types.intp, types.float32, types.float32, types.float32
    )

    def generate(context, builder, signature, arguments):
        code = _Code(context, builder, signature, arguments)
        row, packet = code.start(0), code.start(2)
        numbers = [code.spread(row, index) for index in range(9)]
        corner, along, across = numbers[:3], numbers[3:6], numbers[6:9]
        direction = [code.vector(packet, axis) for axis in range(3)]
        p = code.cross(direction, across)
        scale = builder.fdiv(_number(1.0), code.dot(along, p))
        to_origin = [code.difference(code.all_lanes(n), c) for n, c in zip(arguments[4:7], corner, strict=True)]
        weight_b = code.product(code.dot(to_origin, p), scale)
        q = code.cross(to_origin, along)
        weight_c = code.product(code.dot(direction, q), scale)
        distance = code.product(code.dot(across, q), scale)
        zero, one = _number(0.0), _number(1.0)
        return code.mask(
            code.holds(">=", weight_b, zero), code.holds(">=", weight_c, zero),
            code.holds("<=", code.sum(weight_b, weight_c), one), code.holds(">", distance, zero),
        )  # fmt: skip

    return signature, generate


@dataclass(frozen=True)
class Packets:
    """Directions in packets, a packet a row: x of all lanes, then y, then z."""

    directions: np.ndarray  # [ceil(L / 16), 48] float32; the last packet is filled up with its last direction
    inverses: np.ndarray  # [ceil(L / 16), 48] float32, 1 / direction, finite
    count: int  # L

    @staticmethod
    def of(directions: np.ndarray) -> "Packets":  # [L, 3], at least one
        """Sixteen after sixteen, in their order."""
        count = -(-len(directions) // LANES)
        filled = np.concatenate([directions, np.repeat(directions[-1:], count * LANES - len(directions), 0)])
        packed = filled.reshape(count, LANES, 3).transpose(0, 2, 1).reshape(count, -1)
        packed = np.ascontiguousarray(packed, np.float32)
        inverses = np.float32(1) / np.where(np.abs(packed) > _TINY, packed, _TINY)
        return Packets(packed, inverses, len(directions))


@serial
def open_bits(
    boxes,  # [B, 6] float32
    children,  # [B, 2] int32
    corners_and_edges,  # [F, 9] float32
    points,  # [P, 3] float32
    normals,  # [P, 3] float32
    offsets,  # [P] float32, rays start this far along the normal
    packets,  # of Packets
    inverses,
    num_directions,
    bits,  # [P, ceil(L / 32)] uint32, zeros, written: 1 = open
    blocked,  # [P] int64, written: the points of which every ray is blocked, those without any left out
):
    """Rays from every point toward the directions before its surface; returns how many points are in `blocked`."""
    stack, num_blocked = np.empty(_STACK_SIZE, np.int32), 0
    for point in range(len(points)):
        n_x, n_y, n_z = normals[point, 0], normals[point, 1], normals[point, 2]
        x = points[point, 0] + n_x * offsets[point]
        y = points[point, 1] + n_y * offsets[point]
        z = points[point, 2] + n_z * offsets[point]
        any_ray, any_open = uint32(0), uint32(0)
        for packet in range(len(packets)):
            wanted = lanes_before(packets, packet, n_x, n_y, n_z)
            rest = num_directions - packet * LANES
            if rest < LANES:
                wanted &= (uint32(1) << uint32(rest)) - uint32(1)
            left = wanted  # the rays that have met nothing yet
            stack[0], depth = 0, 1
            while depth > 0 and left != 0:
                depth -= 1
                node = stack[depth]
                if lanes_in_box(boxes, node, inverses, packet, x, y, z) & left == 0:
                    continue
                first, second = children[node, 0], children[node, 1]
                if first >= 0:
                    stack[depth] = first
                    stack[depth + 1] = second
                    depth += 2
                    continue
                for slot in range(-first - 1, -first - 1 + second):
                    left &= ~lanes_on_triangle(corners_and_edges, slot, packets, packet, x, y, z)
            bits[point, packet // 2] |= left << uint32(LANES * (packet % 2))
            any_ray |= wanted
            any_open |= left
        if any_open == 0 and any_ray != 0:
            blocked[num_blocked] = point
            num_blocked += 1
    return num_blocked
