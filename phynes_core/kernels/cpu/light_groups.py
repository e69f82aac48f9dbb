"""Which lights a triangle can see, held side by side for all of its pixels.

Lights come in groups of sixteen; a group without a set bit at any corner is left out. Where neighboring lights share a
group (render/probes.py), about a third of the groups are left out.
"""

# pyright: reportCallIssue=false
# numba hands the typing context to an intrinsic itself.

import numpy as np
from llvmlite import ir
from numba import uint32
from numba.core import types
from numba.extending import intrinsic

from phynes_core.conventions import PROBE_PATCH
from phynes_core.kernels.cpu.compiler import serial

GROUP = PROBE_PATCH  # lights: half a word of bits; one or more registers
HELD_ROWS = 9  # of what `hold_open_lights` writes: direction, power, one for each corner's bits
_FLOATS, _INTS = ir.VectorType(ir.FloatType(), GROUP), ir.VectorType(ir.IntType(32), GROUP)


def _group_pointer(context, builder, kind, array, start):
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [start]), _FLOATS.as_pointer())


@intrinsic
def _copy_group(typing, source, source_at, target, target_at):
    """target[target_at :] = source[source_at :], one group, both counted from the first item of a whole array."""

    def generate(context, builder, signature, arguments):
        values = builder.load(_group_pointer(context, builder, signature.args[0], *arguments[:2]), align=4)
        builder.store(values, _group_pointer(context, builder, signature.args[2], *arguments[2:]), align=4)
        return context.get_dummy_value()

    return types.void(source, types.intp, target, types.intp), generate


@intrinsic
def _spread_bits(typing, word, target, target_at):
    """target[target_at + i] = 1.0 where bit i of the word is set, else 0.0, for one group."""

    def generate(context, builder, signature, arguments):
        zeros = ir.Constant(_INTS, [0] * GROUP)
        lowest = builder.insert_element(zeros, arguments[0], ir.IntType(32)(0))
        masks = ir.Constant(_INTS, [1 << lane for lane in range(GROUP)])
        is_set = builder.icmp_unsigned("!=", builder.and_(builder.shuffle_vector(lowest, zeros, zeros), masks), zeros)
        ones, nothing = (ir.Constant(_FLOATS, [value] * GROUP) for value in (1.0, 0.0))
        pointer = _group_pointer(context, builder, signature.args[1], *arguments[1:])
        builder.store(builder.select(is_set, ones, nothing), pointer, align=4)
        return context.get_dummy_value()

    return types.void(types.uint32, target, types.intp), generate


@serial
def hold_open_lights(bits_a, bits_b, bits_c, lights, held):
    """Copy the groups of lights [6, 32 W] that any corner's words [W] let through into held [9, 32 W].

    Returns how many lights are held.
    """
    count, capacity = 0, lights.shape[1]
    for word in range(bits_a.shape[0]):
        a, b, c = bits_a[word], bits_b[word], bits_c[word]
        for half in range(2):
            shift = uint32(GROUP * half)
            if ((a | b | c) >> shift) & uint32(0xFFFF) != uint32(0):
                start = GROUP * (2 * word + half)
                for row in range(6):
                    _copy_group(lights, row * capacity + start, held, row * capacity + count)
                _spread_bits(a >> shift, held, 6 * capacity + count)
                _spread_bits(b >> shift, held, 7 * capacity + count)
                _spread_bits(c >> shift, held, 8 * capacity + count)
                count += GROUP
    return count


@serial
def order_by_triangle(corners, num_rows, order):
    """Fill order [P] with the indices of the rows of corners [P, 3], equal rows next to one another."""
    first = np.zeros(num_rows + 1, np.int32)  # index in `order` where the rows with this first corner begin
    for i in range(corners.shape[0]):
        first[corners[i, 0] + 1] += 1
    for row in range(num_rows):
        first[row + 1] += first[row]
    end = first.copy()
    for i in range(corners.shape[0]):
        a, b, c = corners[i, 0], corners[i, 1], corners[i, 2]
        slot = end[a]
        while slot > first[a]:  # a corner has about six triangles
            b_before, c_before = corners[order[slot - 1], 1], corners[order[slot - 1], 2]
            if b_before < b or (b_before == b and c_before <= c):
                break
            order[slot] = order[slot - 1]
            slot -= 1
        order[slot] = i
        end[a] += 1
