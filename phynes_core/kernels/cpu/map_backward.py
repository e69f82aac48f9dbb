"""The way back through a neural map: the gradients of its layers, of the first biases and of the hash grid.

Gradients of weights are sums over points of products of two rows, written for LLVM's vectors as those of
vector_tiles.py. All else is what map_training.py says of its arrays.
"""

# pyright: reportCallIssue=false
# numba hands the typing context to an intrinsic itself.

import numpy as np
from llvmlite import ir
from numba import float32, int32
from numba.core import cgutils, types
from numba.extending import intrinsic

from phynes_core.kernels.cpu.compiler import exact_inner, exact_parallel, inner, parallel, prange  # first
from phynes_core.kernels.cpu.neural_map import dense_corners, hashed_corners, place_panel
from phynes_core.kernels.cpu.vector_tiles import LANES, PANEL, ROWS, VECTORS, linear_tile, softplus_gradient_panel

CHUNK = 8  # panels that a thread takes at once
OUTPUTS = 4  # of a tile: rows of the gradient by a layer's outputs
INPUTS = 4 if LANES == 16 else 2  # of a tile: rows of the layer's inputs; AVX-512 has registers for 16 sums
_FLOAT, _INT = ir.FloatType(), ir.IntType(32)
_FLOATS = ir.VectorType(_FLOAT, LANES)


def _sum_of_lanes(builder, value):  # by halves, so that every machine of this width rounds alike
    lanes = LANES
    while lanes > 1:
        lanes //= 2
        undefined = ir.Constant(value.type, ir.Undefined)
        masks = [
            ir.Constant(ir.VectorType(_INT, lanes), list(range(first, first + lanes))) for first in (0, lanes)
        ]  # fmt: skip
        value = builder.fadd(*(builder.shuffle_vector(value, undefined, mask) for mask in masks))
    return builder.extract_element(value, _INT(0))


@intrinsic
def weight_tile(typing, gradient, gradient_at, gradient_step, source, source_at, source_step, panels, target, at, step):
    """target[at + o step + i] = sum over points of gradient[o, point] source[i, point], OUTPUTS x INPUTS of them.

    Rows are PANEL apart, the next panel of the same row is so many floats further as the steps say.
    """
    arguments = [gradient, types.intp, types.intp, source, types.intp, types.intp, types.intp, target, types.intp]
    return types.void(*arguments, types.intp), _weight_code


def _weight_code(context, builder, signature, arguments):
    def start(number, offset):
        array = context.make_array(signature.args[number])(context, builder, arguments[number])
        return builder.gep(array.data, [offset])

    def vector(base, index):
        return builder.load(builder.bitcast(builder.gep(base, [index]), _FLOATS.as_pointer()), align=4)

    gradient, source = start(0, arguments[1]), start(3, arguments[4])
    target, step, size = start(7, arguments[8]), arguments[9], arguments[9].type
    zero = ir.Constant(_FLOATS, [0.0] * LANES)
    sums = [cgutils.alloca_once_value(builder, zero) for _ in range(OUTPUTS * INPUTS)]  # LLVM keeps them in registers
    multiply_add = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(_FLOATS, [_FLOATS] * 3), f"llvm.fma.v{LANES}f32"
    )
    for total in sums:
        builder.store(zero, total)
    with cgutils.for_range(builder, arguments[6]) as loop:
        ours, theirs = builder.mul(loop.index, arguments[2]), builder.mul(loop.index, arguments[5])
        for v in range(VECTORS):
            inputs = [vector(source, builder.add(theirs, size(i * PANEL + v * LANES))) for i in range(INPUTS)]
            for o in range(OUTPUTS):
                output = vector(gradient, builder.add(ours, size(o * PANEL + v * LANES)))
                for total, values in zip(sums[o * INPUTS : (o + 1) * INPUTS], inputs, strict=True):
                    builder.store(builder.call(multiply_add, [output, values, builder.load(total)]), total)
    for o in range(OUTPUTS):
        for i in range(INPUTS):
            place = builder.add(builder.mul(step, size(o)), size(i))
            value = _sum_of_lanes(builder, builder.load(sums[o * INPUTS + i]))
            builder.store(value, builder.gep(target, [place]))
    return context.get_dummy_value()


@exact_inner
def weight_gradient(
    gradient, gradient_at, gradient_step, outputs, source, source_at, source_step, inputs, panels, target, target_at
):
    """target [outputs, inputs] from `panels` panels of either; numbers of rows are multiples of OUTPUTS and INPUTS."""
    for o in range(0, outputs, OUTPUTS):
        for i in range(0, inputs, INPUTS):
            weight_tile(
                gradient, gradient_at + o * PANEL, gradient_step, source, source_at + i * PANEL, source_step, panels,
                target, target_at + o * inputs + i, inputs,
            )  # fmt: skip


@exact_parallel
def map_backward(
    gradient, outputs, index, encoded, hidden, transposed, is_relu, constants, has_residual_output, has_sigmoid, added,
    added_biases, added_first, grad_encoded,
):  # fmt: skip
    """From the gradient by the outputs: by weights, biases and first biases, a row for each chunk, and by features."""
    num_panels = encoded.shape[0]
    for chunk in prange((num_panels + CHUNK - 1) // CHUNK):
        begin, end = chunk * CHUNK, min(num_panels, (chunk + 1) * CHUNK)
        _backward_chunk(
            gradient, outputs, index, encoded, hidden, transposed, is_relu, constants, has_residual_output,
            has_sigmoid, begin, end, added[chunk], added_biases[chunk], added_first[chunk], grad_encoded,
        )  # fmt: skip


@exact_inner
def _backward_chunk(
    gradient, outputs, index, encoded, hidden, transposed, is_relu, constants, has_residual_output, has_sigmoid, begin,
    end, added, added_biases, added_first, grad_encoded,
):  # fmt: skip
    inputs, (num_hidden, width) = encoded.shape[1], hidden.shape[1:3]
    head_rows, panels = added_biases.shape[0] - (num_hidden - 1) * width, end - begin
    size, step = width * PANEL, num_hidden * width * PANEL
    activations, features = hidden.reshape(-1), encoded.reshape(-1)
    at, feature_at, flat = begin * step, begin * inputs * PANEL, grad_encoded.reshape(-1)
    nothing = np.zeros(max(width, inputs), np.float32)
    head = np.empty(panels * head_rows * PANEL, np.float32)
    _head_gradient(gradient, outputs, has_sigmoid, begin, head_rows, head)
    last = np.empty(panels * size, np.float32)
    weight_at = (num_hidden - 1) * width * width + width * inputs  # of the head, in both orders
    bias_at = (num_hidden - 1) * width
    if len(added) > 0:
        for panel in range(panels):
            start = at + panel * step
            last_activation(
                activations, start, start + (num_hidden - 1) * size, has_residual_output,
                last[panel * size : (panel + 1) * size],
            )  # fmt: skip
        weight_gradient(
            head, 0, head_rows * PANEL, head_rows, last, 0, size, width, panels, added, weight_at,
        )  # fmt: skip
        _add_rows(head, head_rows, panels, added_biases, bias_at)
    now, below, kept = last, np.empty(panels * size, np.float32), np.empty(0, np.float32)
    _through(head, head_rows, transposed, weight_at, nothing, now, width, panels)
    if has_residual_output:
        kept = now.copy()
    for back in range(num_hidden):
        layer = num_hidden - 1 - back
        if layer == 0 and has_residual_output:
            for i in range(len(now)):
                now[i] += kept[i]
        for panel in range(panels):
            _activation_gradient(
                activations, at + panel * step + layer * size, now, panel * size, width, is_relu, constants
            )
        if layer == 0:
            break
        weight_at -= width * width
        bias_at -= width
        if len(added) > 0:
            weight_gradient(
                now, 0, size, width, activations, at + (layer - 1) * size, step, width, panels, added, weight_at
            )
            _add_rows(now, width, panels, added_biases, bias_at)
        _through(now, width, transposed, weight_at, nothing, below, width, panels)
        now, below = below, now
    _add_first(now, index, begin, panels, width, added_first)
    if len(added) > 0:
        weight_gradient(now, 0, size, width, features, feature_at, inputs * PANEL, inputs, panels, added, 0)
    if len(flat) > 0:
        target = flat[feature_at : feature_at + panels * inputs * PANEL]
        _through(now, width, transposed, 0, nothing, target, inputs, panels)


@exact_inner
def _head_gradient(gradient, outputs, has_sigmoid, begin, head_rows, head):
    """By what goes into the output's sigmoid, [panels, rows, PANEL]; 0 where there is no point."""
    count, channels = outputs.shape
    head[:] = float32(0)
    for i in range(len(head) // head_rows):
        point, panel = begin * PANEL + i, i // PANEL
        if point < count:
            for channel in range(channels):
                value = gradient[point, channel]
                if has_sigmoid:
                    value *= outputs[point, channel] * (float32(1) - outputs[point, channel])
                head[(panel * head_rows + channel) * PANEL + i - panel * PANEL] = value


@exact_inner
def _through(source, rows, transposed, weight_at, nothing, target, width, panels):
    """Back through a layer's weights: target [panels, width, PANEL] of source [panels, rows, PANEL]."""
    for panel in range(panels):
        for row in range(0, width, ROWS):
            linear_tile(
                source, panel * rows * PANEL, transposed, weight_at + row * rows, nothing, 0, target,
                (panel * width + row) * PANEL, rows,
            )  # fmt: skip


@exact_inner
def _activation_gradient(activations, at, gradient, gradient_at, width, is_relu, constants):
    if is_relu:
        for i in range(width * PANEL):
            if activations[at + i] <= float32(0):
                gradient[gradient_at + i] = float32(0)
        return
    for row in range(width):
        start = gradient_at + row * PANEL
        softplus_gradient_panel(activations, at + row * PANEL, gradient, start, gradient, start, constants)


@inner
def _add_rows(gradient, rows, panels, target, target_at):
    for row in range(rows):
        total = float32(0)
        for panel in range(panels):
            for i in range(PANEL):
                total += gradient[(panel * rows + row) * PANEL + i]
        target[target_at + row] = total


@inner
def _add_first(gradient, index, begin, panels, width, target):
    last = len(index) - 1
    for panel in range(panels):
        start, at = (begin + panel) * PANEL, panel * width * PANEL
        if is_of_one(index, start):
            for row in range(width):
                total = float32(0)
                for i in range(PANEL):
                    total += gradient[at + row * PANEL + i]
                target[index[start], row] += total
        else:
            for i in range(PANEL):
                slot = index[min(start + i, last)]
                for row in range(width):
                    target[slot, row] += gradient[at + row * PANEL + i]


@parallel
def scatter_to_grid(uv, grad_encoded, scale, resolution, offset, is_hashed, prime, features, grad_grid):
    """The gradient by the grid's entries, from that by the features that were interpolated of them."""
    for level in prange(len(scale)):  # levels share no entry
        gradients = grad_grid[offset[level] : offset[level + 1]]
        gradients[:] = float32(0)
        u, v, entries = np.empty(PANEL, np.float32), np.empty(PANEL, np.float32), np.empty((4, PANEL), np.int32)
        for panel in range(grad_encoded.shape[0]):
            place_panel(uv, panel, scale[level], u, v)
            if is_hashed[level]:
                hashed_corners(u, v, int32(gradients.shape[0]), prime, entries)
            else:
                dense_corners(u, v, int32(gradients.shape[0]), int32(resolution[level]), entries)
            for i in range(PANEL):
                share_u, share_v = u[i] - np.floor(u[i]), v[i] - np.floor(v[i])
                w11 = share_u * share_v
                w10, w01 = share_u - w11, share_v - w11
                w00 = float32(1) - share_u - w01
                for k in range(len(features)):
                    value = grad_encoded[panel, level * len(features) + k, i]
                    gradients[entries[0, i], k] += w00 * value
                    gradients[entries[1, i], k] += w10 * value
                    gradients[entries[2, i], k] += w01 * value
                    gradients[entries[3, i], k] += w11 * value


@exact_inner
def is_of_one(index, begin):
    """Whether all points of a panel have the same pose."""
    for i in range(begin + 1, min(begin + PANEL, len(index))):
        if index[i] != index[begin]:
            return False
    return True


@exact_inner
def last_activation(hidden, first_at, last_at, has_residual_output, target):
    """What the head sees of a panel."""
    for i in range(len(target)):
        target[i] = hidden[last_at + i] + hidden[first_at + i] if has_residual_output else hidden[last_at + i]
