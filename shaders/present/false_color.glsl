// Numbers of pixels as colors, the same as app/rendering/false_color.py.

const int NUMBER_NONE = 0;
const int NUMBER_VALUE = 1;
const int NUMBER_LUMINANCE = 2;
const int NUMBER_STOPS = 3;
const int NUMBER_DEPTH = 4;

const float MIDDLE_GRAY = 0.18;
const float LOWEST_STOP = -6.0;
const float HIGHEST_STOP = 4.0;
const float NEAREST = 1.0;  // grays of the depth picture
const float FARTHEST = 0.15;

uniform sampler2D colors;  // phynes_core/render/tonemap.py's table, one row

float number_share(vec3 values, float exposure_ev) {
    if (NUMBER == NUMBER_VALUE) return values.r;
    if (NUMBER == NUMBER_DEPTH) return (NEAREST - values.r) / (NEAREST - FARTHEST);
    float luminance = dot(values, vec3(0.2126, 0.7152, 0.0722));
    if (NUMBER == NUMBER_LUMINANCE) return luminance;
    float stops = log2(max(luminance, 1e-8) / MIDDLE_GRAY) + exposure_ev;
    return (stops - LOWEST_STOP) / (HIGHEST_STOP - LOWEST_STOP);
}

vec3 false_color(vec3 values, float exposure_ev) {
    float size = float(textureSize(colors, 0).x);
    float share = clamp(number_share(values, exposure_ev), 0.0, 1.0);
    return texture(colors, vec2((share * (size - 1.0) + 0.5) / size, 0.5)).rgb;
}
