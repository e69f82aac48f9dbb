// Tone curves, the same as phynes_core/render/tonemap.py.

float encode_channel(float linear) {
    return linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1.0 / 2.4) - 0.055;
}

vec3 linear_to_srgb(vec3 linear) {
    return vec3(encode_channel(linear.r), encode_channel(linear.g), encode_channel(linear.b));
}

// Narkowicz's fit of the ACES reference transform (2015), exposed so that 0.18 gray stays 0.18.
vec3 filmic(vec3 light) {
    vec3 scaled = light * 0.722;
    return scaled * (2.51 * scaled + 0.03) / (scaled * (2.43 * scaled + 0.59) + 0.14);
}

// Extended Reinhard (2002, Eq. 4) on luminance, white at 4.
vec3 reinhard(vec3 light) {
    float luminance = dot(light, vec3(0.2126, 0.7152, 0.0722));
    return light * (1.0 + luminance / 16.0) / (1.0 + luminance);
}

vec3 film_curve(vec3 light, float contrast, float gray) {
    vec3 powered = pow(max(light, vec3(0.0)), vec3(contrast));
    return powered / (powered + pow(0.18, contrast) * (1.0 / gray - 1.0));
}

// In the manner of ACES: a film curve on the channels of AP1. GLSL's matrices are written column by column.
vec3 aces(vec3 light) {
    mat3 wide = transpose(mat3(0.6131, 0.3395, 0.0474, 0.0702, 0.9164, 0.0134, 0.0206, 0.1096, 0.8698));
    return inverse(wide) * film_curve(wide * light, 1.5, 0.18);
}

// In the manner of AgX: a soft curve between an inset toward gray and its inverse.
vec3 agx(vec3 light) {
    mat3 inset = mat3(0.82) + mat3(vec3(0.06), vec3(0.06), vec3(0.06));
    vec3 encoded = film_curve(inset * light, 0.85, pow(0.18, 1.0 / 2.2));
    return inverse(inset) * pow(encoded, vec3(2.2));
}

const int CURVE_FILMIC = 1;
const int CURVE_REINHARD = 2;
const int CURVE_ACES = 3;
const int CURVE_AGX = 4;

vec3 tonemap(vec3 radiance, float exposure_ev, int curve) {
    vec3 light = max(radiance, vec3(0.0)) * exp2(exposure_ev);
    if (curve == CURVE_FILMIC) light = filmic(light);
    if (curve == CURVE_REINHARD) light = reinhard(light);
    if (curve == CURVE_ACES) light = aces(light);
    if (curve == CURVE_AGX) light = agx(light);
    return linear_to_srgb(clamp(light, 0.0, 1.0));
}
