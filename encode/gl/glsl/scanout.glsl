// SPDX-License-Identifier: GPL-2.0-or-later
// sample_scanout(at) is the colour that the CRTC shows at pixel `at` of its mode, before it is rounded to 8 bits.
// Everything that comes before the comparison (more layers, tone mapping) belongs here.
//
// SCANOUT_EXTERNAL: an imported buffer that only an external sampler can read; with SCANOUT_SAMPLED it is YUV.
// SCANOUT_PLANES: YUV whose luma and chroma are textures and are decoded here. SCANOUT_MEMORY: bytes that were
// uploaded, four to a texel, and are decoded here. Otherwise: an imported buffer or a texture.

#ifdef SCANOUT_EXTERNAL
uniform highp samplerExternalOES scanout;
#else
uniform highp sampler2D scanout;
#endif
uniform vec2 scanout_size; // of the texture, in texels
uniform ivec4 shown;       // the layer on the mode: left, top, right, bottom; everything else is black
uniform ivec2 first_pixel; // the framebuffer's pixel that is shown at the layer's top left corner
uniform ivec4 steps;       // in the framebuffer for one pixel to the right (xy) and one down (zw)

#ifdef SCANOUT_PLANES
uniform highp sampler2D chroma;
uniform vec2 chroma_size;
uniform int chroma_rows;     // rows of pixels that share a sample
uniform int chroma_channels; // Cb and Cr are 0: the first and second channel, 1: the second and fourth
uniform vec4 red_at, green_at, blue_at; // the weights of luma, Cb, Cr and 1

vec3 colour_of(ivec2 pixel) {
	float luma = FETCH(scanout, pixel, scanout_size).r;
	vec4 pair = FETCH(chroma, pixel / ivec2(2, chroma_rows), chroma_size);
	vec4 value = vec4(luma, chroma_channels == 0 ? pair.rg : pair.ga, 1.0);
	return vec3(dot(value, red_at), dot(value, green_at), dot(value, blue_at));
}
#elif defined(SCANOUT_SAMPLED)
// Mesa turns YUV into RGB if a shader samples, but not if it fetches.
vec3 colour_of(ivec2 pixel) {
	return SAMPLE(scanout, pixel, scanout_size).rgb;
}
#elif defined(SCANOUT_MEMORY)
uniform ivec2 pixel_bytes; // x: bytes per pixel; y: 0 whole texels of bytes, 1 bit fields, 2 half floats
// For whole texels: which byte it is (one of the four is 1). Otherwise: the first byte, the divisor, the number of
// values, and 1 if there are two bytes.
uniform vec4 red_at, green_at, blue_at;

vec4 texel_bytes(ivec2 texel) {
	return floor(FETCH(scanout, texel, scanout_size) * 255.0 + 0.5);
}

float byte_at(ivec2 pixel, int index) {
	int at = pixel.x * pixel_bytes.x + index;
	vec4 bytes = texel_bytes(ivec2(at / 4, pixel.y));
	int lane = at - at / 4 * 4;
	return lane == 0 ? bytes.x : lane == 1 ? bytes.y : lane == 2 ? bytes.z : bytes.w;
}

float field_at(ivec2 pixel, vec4 where) {
	int index = int(where.x);
	float word = byte_at(pixel, index) + (where.w > 0.0 ? 256.0 * byte_at(pixel, index + 1) : 0.0);
	return mod(floor(word / where.y), where.z);
}

// Clamped to 0..1; a NaN becomes 0. Halving is exact, which exp2() need not be.
float half_at(ivec2 pixel, vec4 where) {
	float bits = field_at(pixel, where);
	float exponent = floor(mod(bits, 32768.0) / 1024.0), fraction = mod(bits, 1024.0);
	if (bits >= 32768.0 || (exponent == 31.0 && fraction > 0.0))
		return 0.0;
	if (exponent >= 15.0)
		return 1.0;
	float value = exponent > 0.0 ? 1.0 + fraction / 1024.0 : fraction / 512.0;
	for (int i = 0; i < 15; i++)
		value *= float(i) < 15.0 - exponent ? 0.5 : 1.0;
	return value;
}

vec3 colour_of(ivec2 pixel) {
	if (pixel_bytes.y == 0) {
		vec4 bytes = FETCH(scanout, pixel, scanout_size);
		return vec3(dot(bytes, red_at), dot(bytes, green_at), dot(bytes, blue_at));
	}
	if (pixel_bytes.y == 2)
		return vec3(half_at(pixel, red_at), half_at(pixel, green_at), half_at(pixel, blue_at));
	return vec3(field_at(pixel, red_at), field_at(pixel, green_at), field_at(pixel, blue_at)) /
	       (vec3(red_at.z, green_at.z, blue_at.z) - 1.0);
}
#else
vec3 colour_of(ivec2 pixel) {
	return FETCH(scanout, pixel, scanout_size).rgb;
}
#endif

// Fetches in any case, even if the result is thrown away: a branch around the fetch would keep a thread from having
// many fetches under way at once, and all of the speed comes from that.
vec3 sample_scanout(ivec2 at) {
	bool covered = all(greaterThanEqual(at, shown.xy)) && all(lessThan(at, shown.zw));
	ivec2 inside = at - shown.xy;
	ivec2 pixel = first_pixel + steps.xy * inside.x + steps.zw * inside.y;
	vec3 colour = colour_of(covered ? pixel : first_pixel);
	return covered ? colour : vec3(0.0);
}

// Converts to 0..255 by encode/pixel_format.h's rule. The comparison is false for a NaN, which thus becomes 0.
float level(float channel) {
	return channel > 0.0 ? floor(min(channel, 1.0) * 255.0 + 0.5) : 0.0;
}

vec3 scanout_levels(ivec2 at) {
	vec3 colour = sample_scanout(at);
	return vec3(level(colour.r), level(colour.g), level(colour.b));
}
