// SPDX-License-Identifier: GPL-2.0-or-later
// What the layers of the scanout have in common. Each of them has a copy of scanout.glsl, in which '@' is replaced by the
// number of the layer. The lowest is number 0.
//
// Defined outside: LAYERS is how many there are. COMPOSED is defined unless there is only one layer, which is opaque and
// shown pixel by pixel. With it, EACH_LAY((arguments)) calls lay0, lay1 and so on with these arguments, EACH_SEE see0,
// EACH_ALONE alone0, and EACH_SHOW show0. LOOPED is defined with it if a pixel of some layer takes much code, or there are
// more than three.

uniform ivec4 shown[LAYERS]; // the layers on the mode: left, top, right, bottom; everything else is black

// HALVES: a layer's samples may be half floats. The comparison is false for a NaN, which thus becomes 0. Where there is no
// NaN, clamp() says the same, and is part of another instruction on many GPUs.
float clean(float channel) {
#ifdef HALVES
	return channel > 0.0 ? min(channel, 1.0) : 0.0;
#else
	return clamp(channel, 0.0, 1.0);
#endif
}

// Converts to 0..255 by encode/pixel_format.h's rule.
float level(float channel) {
	return floor(clean(channel) * 255.0 + 0.5);
}

// CORRECTED: the tables of encode/colour.h. All numbers here are whole and below 2^24, so every sum is exact.
#ifdef CORRECTED
uniform highp sampler2D correction;
uniform vec2 correction_size;

vec3 looked_up(float x, float y) {
	return floor(FETCH(correction, ivec2(int(x), int(y)), correction_size).rgb * 255.0 + 0.5);
}

#if CORRECTED == 1
vec3 corrected(vec3 levels) {
	return vec3(looked_up(levels.r, 0.0).r, looked_up(levels.g, 0.0).g, looked_up(levels.b, 0.0).b);
}
#elif CORRECTED == 2
float part(float level, float row) {
	vec3 bytes = looked_up(level, row);
	return bytes.r * 65536.0 + bytes.g * 256.0 + bytes.b - 8388608.0;
}

// What the matrix makes of a channel, on the curve that comes after it.
vec3 curve(vec3 levels, float channel) {
	float sum = part(levels.r, 256.0 + channel) + part(levels.g, 259.0 + channel) + part(levels.b, 262.0 + channel);
	float at = clamp(sum, 0.0, 65535.0), row = floor(at / 256.0);
	return looked_up(at - row * 256.0, row);
}

vec3 corrected(vec3 levels) {
	return vec3(curve(levels, 0.0).r, curve(levels, 1.0).g, curve(levels, 2.0).b);
}
#else
// The tables of encode/tone_table.h, for colours that are not rounded.
uniform vec3 tone_rows[9]; // what makes red, green, blue, and luminance, and where each channel's curve begins

// What is nearest to a value of 0 to 1 in the table that begins in this row.
vec3 tone_bytes(float row, float last, float value) {
	float place = floor(value * last + 0.5), down = floor(place / 256.0);
	return looked_up(place - down * 256.0, row + down);
}

float tone_entry(float row, float last, float value) {
	return dot(tone_bytes(row, last, value), vec3(65536.0, 256.0, 1.0)) / 16777215.0;
}

float tone_number(float light) {
	return tone_bytes(0.0, 4095.0, sqrt(clean(light))).r;
}

vec3 tone_curves(vec3 rows, vec3 colour) {
	return vec3(tone_entry(rows.r, 65472.0, clean(colour.r)), tone_entry(rows.g, 65472.0, clean(colour.g)),
		tone_entry(rows.b, 65472.0, clean(colour.b)));
}

vec3 levels_of(vec3 colour) {
#if CORRECTED == 4
	vec3 front = tone_curves(tone_rows[8], colour);
	vec3 number = vec3(dot(tone_rows[5], front), dot(tone_rows[6], front), dot(tone_rows[7], front));
	vec3 light = tone_curves(tone_rows[4], number);
#else
	vec3 light = tone_curves(tone_rows[4], colour);
#endif
	float luminance = clean(dot(tone_rows[3], light));
	vec3 seen = 64.0 * tone_entry(16.0, 4095.0, sqrt(sqrt(luminance))) * light;
	return vec3(tone_number(dot(tone_rows[0], seen)), tone_number(dot(tone_rows[1], seen)),
		tone_number(dot(tone_rows[2], seen)));
}
#endif
#else
#define corrected(levels) levels
#endif

#if !defined(CORRECTED) || CORRECTED < 3
// What is sent of a colour.
vec3 levels_of(vec3 colour) {
	return corrected(vec3(level(colour.r), level(colour.g), level(colour.b)));
}
#endif

// The value of a half float, by its bits. Clamped to 0..1; a NaN becomes 0. Halving is exact, which exp2() need not be.
float half_value(float bits) {
	float exponent = floor(mod(bits, 32768.0) / 1024.0), fraction = mod(bits, 1024.0), halvings = 15.0 - exponent;
	float value = exponent > 0.0 ? 1.0 + fraction / 1024.0 : fraction / 512.0;
	value *= halvings >= 8.0 ? 1.0 / 256.0 : 1.0;
	value *= mod(halvings, 8.0) >= 4.0 ? 1.0 / 16.0 : 1.0;
	value *= mod(halvings, 4.0) >= 2.0 ? 0.25 : 1.0;
	value *= mod(halvings, 2.0) >= 1.0 ? 0.5 : 1.0;
	value = exponent >= 15.0 ? 1.0 : value;
	return bits >= 32768.0 || (exponent == 31.0 && fraction > 0.0) ? 0.0 : value;
}

#ifdef COMPOSED
// What is blended or mixed must be from 0 to 1. Half floats and YUV may lie outside.
vec4 clean(vec4 colour) {
	return vec4(clean(colour.r), clean(colour.g), clean(colour.b), clean(colour.a));
}
#endif
