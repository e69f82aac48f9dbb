// The twin of phynes_core.body.model:_skeleton, with axis_angle_to_matrix and the features of pose_correctives.

#include "shared/angles.wgsl"

const JOINTS = 24u;
const BETAS = 10u;
const STRIDE = 34u; // numbers a joint: place in the rest pose, its change by each beta [3][10], parent

@group(0) @binding(0) var<storage, read> pose: array<f32>; // rotations [24][3], translation [3], betas [10]
@group(0) @binding(1) var<storage, read> joints: array<f32>;
@group(0) @binding(2) var<storage, read_write> skeleton: array<f32>; // rows [24][3][4], features [207], transl, betas

var<workgroup> rotations: array<mat3x3f, 24>;
var<workgroup> places: array<vec3f, 24>;

fn rotation_of(joint: u32) -> mat3x3f {
    let turn = vec3f(pose[3u * joint], pose[3u * joint + 1u], pose[3u * joint + 2u]);
    let angle = length(turn + 1.0e-8);
    let axis = turn / angle;
    let twist = mat3x3f(0.0, axis.z, -axis.y, -axis.z, 0.0, axis.x, axis.y, -axis.x, 0.0);
    let identity = mat3x3f(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0);
    let turned = sine_and_cosine(angle);
    return identity + turned.x * twist + (1.0 - turned.y) * (twist * twist);
}

fn rest_place(joint: u32) -> vec3f {
    var place = vec3f(0.0);
    for (var axis = 0u; axis < 3u; axis++) {
        let at = STRIDE * joint;
        var change = 0.0;
        for (var beta = 0u; beta < BETAS; beta++) {
            change += joints[at + 3u + axis * BETAS + beta] * pose[75u + beta];
        }
        place[axis] = joints[at + axis] + change;
    }
    return place;
}

@compute @workgroup_size(32)
fn main(@builtin(local_invocation_index) joint: u32) {
    if (joint < JOINTS) {
        let rotation = rotation_of(joint);
        rotations[joint] = rotation;
        places[joint] = rest_place(joint);
        if (joint > 0u) {
            for (var entry = 0u; entry < 9u; entry++) {
                let one = select(0.0, 1.0, entry % 4u == 0u);
                skeleton[288u + 9u * (joint - 1u) + entry] = rotation[entry % 3u][entry / 3u] - one;
            }
        }
    }
    if (joint < 13u) {
        skeleton[495u + joint] = pose[72u + joint];
    }
    workgroupBarrier();
    if (joint != 0u) {
        return;
    }
    var turned: array<mat3x3f, 24>;
    var moved: array<vec3f, 24>;
    for (var own = 0u; own < JOINTS; own++) {
        turned[own] = rotations[own];
        moved[own] = places[own];
        if (own > 0u) {
            let parent = u32(joints[STRIDE * own + 33u]);
            turned[own] = turned[parent] * rotations[own];
            moved[own] = turned[parent] * (places[own] - places[parent]) + moved[parent];
        }
        let offset = moved[own] - turned[own] * places[own];
        for (var row = 0u; row < 3u; row++) {
            for (var column = 0u; column < 3u; column++) {
                skeleton[12u * own + 4u * row + column] = turned[own][column][row];
            }
            skeleton[12u * own + 4u * row + 3u] = offset[row];
        }
    }
}
