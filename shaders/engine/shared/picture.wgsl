// One of a frame's images, averaged over each pixel's samples: values and coverage.
//
// The file that includes it declares `image` and `put`, which writes a pixel of it.

struct Params {
    width: u32, // of the picture
    height: u32,
    samples: u32, // a side of a pixel
    kind: u32, // which image: see `value_of`
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gbuffer: array<vec4u>;
@group(0) @binding(2) var<storage, read> texels: array<vec2f>;
@group(0) @binding(3) var<storage, read> normals: array<vec4f>;
@group(0) @binding(4) var<storage, read> surfels: array<vec4u>;
@group(0) @binding(5) var<storage, read> light: array<vec4f>; // three a pixel: radiance, irradiance, without shadows

const RADIANCE = 0u;
const ALBEDO = 1u;
const ROUGHNESS = 2u;
const NORMAL = 3u;
const VISIBILITY = 4u;
const SHADING = 5u;
const DEPTH = 6u;
const POSITION = 7u;
const TEXEL = 8u; // with the face's number + 1
const LARGEST_HALF = 65504.0;
const SHADING_ALBEDO = 0.8 / 3.14159265358979;

fn value_of(pixel: u32) -> vec3f {
    switch params.kind {
        case RADIANCE: {
            return light[3u * pixel].xyz;
        }
        case ALBEDO: {
            return bitcast<vec3f>(surfels[4u * pixel + 2u].xyz);
        }
        case ROUGHNESS: {
            return vec3f(bitcast<f32>(surfels[4u * pixel].w));
        }
        case NORMAL: {
            return normals[pixel].xyz;
        }
        case VISIBILITY: {
            let arriving = dot(light[3u * pixel + 1u].xyz, vec3f(1.0));
            let possible = dot(light[3u * pixel + 2u].xyz, vec3f(1.0));
            return vec3f(select(0.0, clamp(arriving / max(possible, 1.0e-12), 0.0, 1.0), possible > 0.0));
        }
        case SHADING: {
            return SHADING_ALBEDO * light[3u * pixel + 1u].xyz;
        }
        case DEPTH: {
            return vec3f(bitcast<f32>(gbuffer[3u * pixel].w));
        }
        case POSITION: {
            return bitcast<vec3f>(gbuffer[3u * pixel + 1u].xyz);
        }
        default: {
            return vec3f(texels[pixel], f32(gbuffer[3u * pixel].x));
        }
    }
}

fn picture_pixel(id: vec2u) -> vec4f {
    var sum = vec3f(0.0);
    var covered = 0.0;
    var count = 0u;
    for (var y = 0u; y < params.samples; y++) {
        for (var x = 0u; x < params.samples; x++) {
            let pixel = (id.y * params.samples + y) * params.width * params.samples + id.x * params.samples + x;
            if (gbuffer[3u * pixel].x == 0u) {
                continue;
            }
            let coverage = bitcast<f32>(gbuffer[3u * pixel + 2u].w);
            if (params.kind != TEXEL) {
                sum += coverage * value_of(pixel);
            } else if (count == 0u) {
                sum = value_of(pixel);
            }
            covered += coverage;
            count++;
        }
    }
    let total = f32(params.samples * params.samples);
    if (params.kind == RADIANCE) {
        sum /= total;
    } else if (params.kind != TEXEL) {
        sum /= max(covered, 1.0e-6 * total);
    }
    if (params.kind == NORMAL && params.samples > 1u) {
        sum /= max(length(sum), 1.0e-12);
    }
    return vec4f(sum, covered / total);
}

fn half_of(value: vec4f) -> vec2u {
    let limited = min(value.xyz, vec3f(LARGEST_HALF));
    return vec2u(pack2x16float(limited.xy), pack2x16float(vec2f(limited.z, value.w)));
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
    if (id.x >= params.width || id.y >= params.height) {
        return;
    }
    put(id.y * params.width + id.x, picture_pixel(id.xy));
}
