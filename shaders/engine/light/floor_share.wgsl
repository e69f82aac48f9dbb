// The twin of phynes_core.render.ground:share_of, with spread, weighed by luminance. What is left of the light on the floor.

const LUMINANCE = vec3f(0.2126, 0.7152, 0.0722); // of linear sRGB

struct Params {
    sky_cells: u32, // a side of the coarse grid
    cells: u32, // of the fine one
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sky_floor: array<vec4f>; // of ground_light.wgsl
@group(0) @binding(2) var<storage, read> lamp_floor: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> floor_share: array<f32>;

fn received(column: u32, row: u32) -> vec3f {
    return sky_floor[2u * (row * params.sky_cells + column)].xyz;
}

fn soft(cell: vec2u) -> vec3f { // the coarse grid between its cells
    let place = max((vec2f(cell) + 0.5) * f32(params.sky_cells) / f32(params.cells) - 0.5, vec2f(0.0));
    let first = vec2u(place);
    let next = min(first + 1u, vec2u(params.sky_cells - 1u));
    let share = place - vec2f(first);
    let upper = mix(received(first.x, first.y), received(next.x, first.y), share.x);
    let lower = mix(received(first.x, next.y), received(next.x, next.y), share.x);
    return mix(upper, lower, share.y);
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if (any(id.xy >= vec2u(params.cells))) {
        return;
    }
    let cell = id.y * params.cells + id.x;
    let arriving = soft(id.xy) + lamp_floor[2u * cell].xyz;
    let possible = sky_floor[1].xyz + lamp_floor[2u * cell + 1u].xyz;
    let share = select(vec3f(1.0), arriving / max(possible, vec3f(1.0e-9)), possible > vec3f(1.0e-9));
    floor_share[cell] = dot(LUMINANCE, clamp(share, vec3f(0.0), vec3f(1.0)));
}
