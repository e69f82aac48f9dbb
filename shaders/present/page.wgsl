// A rendered buffer over the floor and the background, tone mapped and encoded as sRGB, on a page's canvas.
//
// The twin of frame.frag.glsl and tonemap.glsl. Numbers of the curves, which stand in capitals, are constants that
// phynes_core/render/tonemap.py writes before this file.

struct Params {
    background: vec4f, // sRGB; a: 1 covers what is clear, 0 leaves it clear
    depth: vec2f, // metres, of the nearest and the farthest pixel
    scale: vec2f, // pixels of the image for one of the target
    offset: vec2f, // of the target, in pixels, where the image begins
    exposure: f32, // EV
    width: u32, // of the image
    height: u32,
    kind: u32,
    curve: u32,
    has_floor: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> image: array<vec4f>; // values; coverage
@group(0) @binding(2) var<storage, read> floor_layer: array<vec4f>; // premultiplied light; share that it hides

const RADIANCE = 0u;
const ALBEDO = 1u;
const SHADING = 4u;
const NORMAL = 5u;
const UV = 6u;
const DEPTH = 7u;
const NEAREST = 1.0; // grays of the depths
const FARTHEST = 0.15;
const SCREEN_GAMMA = 2.2; // backgrounds are blended as sRGB, where a share of light is a smaller share of the code

fn film_curve(light: vec3f, contrast: f32, gray: f32) -> vec3f {
    let powered = pow(max(light, vec3f(0.0)), vec3f(contrast));
    return powered / (powered + pow(GRAY, contrast) * (1.0 / gray - 1.0));
}

fn bent(light: vec3f) -> vec3f {
    switch params.curve {
        case CURVE_FILMIC: {
            let scaled = light * 0.722;
            return scaled * (2.51 * scaled + 0.03) / (scaled * (2.43 * scaled + 0.59) + 0.14);
        }
        case CURVE_REINHARD: {
            let luminance = dot(light, LUMINANCE);
            return light * (1.0 + luminance / 16.0) / (1.0 + luminance);
        }
        case CURVE_ACES: {
            return WIDE_INVERSE * film_curve(WIDE * light, 1.5, GRAY);
        }
        case CURVE_AGX: {
            return INSET_INVERSE * pow(film_curve(INSET * light, 0.85, pow(GRAY, 1.0 / AGX_GAMMA)), vec3f(AGX_GAMMA));
        }
        default: {
            return light;
        }
    }
}

fn encoded(linear: vec3f) -> vec3f {
    let curve = 1.055 * pow(max(linear, vec3f(0.0031308)), vec3f(1.0 / 2.4)) - 0.055;
    return select(curve, 12.92 * linear, linear <= vec3f(0.0031308));
}

// A pixel of the image: values premultiplied by coverage; coverage.
fn pixel(place: vec2i) -> vec4f {
    let inside = clamp(place, vec2i(0), vec2i(i32(params.width) - 1, i32(params.height) - 1));
    let at = u32(inside.y) * params.width + u32(inside.x);
    let found = image[at];
    if (params.kind != RADIANCE) {
        return vec4f(found.rgb * found.a, found.a);
    }
    if (params.has_floor == 0u) {
        return found;
    }
    let below = floor_layer[at];
    let hidden = 1.0 - pow(clamp(1.0 - below.a, 0.0, 1.0), 1.0 / SCREEN_GAMMA);
    return found + vec4f(below.rgb, hidden) * (1.0 - found.a);
}

fn interpolated(place: vec2f) -> vec4f {
    let corner = floor(place - 0.5);
    let share = place - 0.5 - corner;
    let first = vec2i(corner);
    let upper = mix(pixel(first), pixel(first + vec2i(1, 0)), share.x);
    let lower = mix(pixel(first + vec2i(0, 1)), pixel(first + vec2i(1, 1)), share.x);
    return mix(upper, lower, share.y);
}

fn shown(values: vec3f) -> vec3f {
    switch params.kind {
        case RADIANCE, SHADING: {
            return encoded(clamp(bent(max(values, vec3f(0.0)) * exp2(params.exposure)), vec3f(0.0), vec3f(1.0)));
        }
        case ALBEDO: {
            return encoded(clamp(values, vec3f(0.0), vec3f(1.0)));
        }
        case NORMAL: {
            return values * 0.5 + 0.5;
        }
        case UV: {
            return vec3f(values.xy, 0.0);
        }
        case DEPTH: {
            let share = (values.x - params.depth.x) / max(params.depth.y - params.depth.x, 1.0e-6);
            return vec3f(mix(NEAREST, FARTHEST, clamp(share, 0.0, 1.0)));
        }
        default: {
            return clamp(values, vec3f(0.0), vec3f(1.0));
        }
    }
}

@vertex
fn corner(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    return vec4f(f32(index & 1u) * 4.0 - 1.0, f32(index >> 1u) * 4.0 - 1.0, 0.0, 1.0);
}

@fragment
fn color(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let texel = interpolated((position.xy - params.offset) * params.scale);
    let values = shown(texel.rgb / max(texel.a, 1.0e-4));
    if (params.background.a > 0.0) {
        return vec4f(mix(params.background.rgb, values, texel.a), 1.0);
    }
    return vec4f(values, texel.a); // straight alpha
}
