#version 330 core
// Edges of the visible faces: each pixel draws those of the face that it shows. app/rendering/overlays.py draws the same
// on the CPU.

uniform isampler2D faces;    // [H, W] the face that each image pixel shows, -1: none. Row 0 on top
uniform sampler2D corners;   // two texels a face: a, b; c, smallest height. Image px
uniform vec2 image_px;       // size of the image
uniform float scale;         // window pixels per image pixel
uniform float width_px;      // of an edge, in the window
uniform vec4 ink;            // sRGB, opacity
uniform vec2 halo;           // opacity; px to either side
uniform vec2 fading;         // height in widths from which a face's edges are drawn fully; least strength

in vec2 uv;
out vec4 color;

float to_segment(vec2 position, vec2 start, vec2 end) {
    vec2 along = end - start;
    float share = clamp(dot(position - start, along) / max(dot(along, along), 1e-12), 0.0, 1.0);
    return distance(position, start + along * share);
}

void main() {
    vec2 position = uv * image_px;
    int face = texelFetch(faces, ivec2(clamp(position, vec2(0.0), image_px - 1.0)), 0).r;
    if (face < 0) discard;
    int columns = textureSize(corners, 0).x;
    ivec2 first = ivec2((2 * face) % columns, (2 * face) / columns);
    vec4 ab = texelFetch(corners, first, 0);
    vec4 rest = texelFetch(corners, first + ivec2(1, 0), 0);
    vec2 a = ab.xy, b = ab.zw, c = rest.xy;
    float distance_px = min(min(to_segment(position, a, b), to_segment(position, b, c)), to_segment(position, c, a)) * scale;
    float strength = rest.z > 0.0 ? clamp(rest.z * scale / (fading.x * width_px), fading.y, 1.0) : 0.0;
    float opacity = ink.a * strength * clamp(0.5 * width_px + 0.5 - distance_px, 0.0, 1.0);
    float dark = halo.x * strength * clamp(0.5 * width_px + halo.y + 0.5 - distance_px, 0.0, 1.0) * (1.0 - opacity);
    color = vec4(ink.rgb * opacity, opacity + dark);
}
