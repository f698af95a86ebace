// SPDX-License-Identifier: GPL-2.0-or-later
// What the layers of the scanout have in common. Each of them has a copy of scanout.glsl, in which '@' is replaced by the
// number of the layer. The lowest is number 0.
//
// Defined outside: LAYERS is how many there are. COMPOSED is defined unless there is only one layer, which is opaque and
// shown pixel by pixel. With it, EACH_LAYER((arguments)) calls lay0, lay1 and so on with these arguments.

uniform ivec4 shown[LAYERS]; // the layers on the mode: left, top, right, bottom; everything else is black

// Converts to 0..255 by encode/pixel_format.h's rule. The comparison is false for a NaN, which thus becomes 0.
float level(float channel) {
	return channel > 0.0 ? floor(min(channel, 1.0) * 255.0 + 0.5) : 0.0;
}

vec3 levels_of(vec3 colour) {
	return vec3(level(colour.r), level(colour.g), level(colour.b));
}

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
float clean(float channel) {
	return channel > 0.0 ? min(channel, 1.0) : 0.0;
}

// What is blended or mixed must be from 0 to 1. Half floats and YUV may lie outside.
vec4 clean(vec4 colour) {
	return vec4(clean(colour.r), clean(colour.g), clean(colour.b), clean(colour.a));
}
#endif
