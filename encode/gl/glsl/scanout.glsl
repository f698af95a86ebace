// SPDX-License-Identifier: GPL-2.0-or-later
// One layer of the scanout. sample@(at, covered) is its colour and alpha at pixel `at` of the mode, before they are
// rounded to 8 bits. If the frame is COMPOSED, lay@(...) lays the layer over what lies below it.
//
// SCANOUT_EXTERNAL: an imported buffer that only an external sampler can read; with SCANOUT_SAMPLED it is YUV.
// SCANOUT_PLANES: YUV whose luma and chroma are textures and are decoded here. SCANOUT_PALETTE: numbers of colours.
// SCANOUT_MEMORY: bytes that were uploaded, four to a texel, and are decoded here. Otherwise: an imported buffer or a texture. SCALED: the layer is shown
// larger or smaller than it is.

#ifdef SCANOUT_EXTERNAL
uniform highp samplerExternalOES scanout@;
#else
uniform highp sampler2D scanout@;
#endif
uniform vec2 scanout_size@; // of the texture, in texels
uniform ivec2 first_pixel@; // the framebuffer's pixel at the layer's top left corner; if SCALED, the first oriented one
uniform ivec4 steps@;       // in the framebuffer for one oriented pixel to the right (xy) and one down (zw)

#ifdef SCANOUT_PLANES
uniform highp sampler2D chroma@;
uniform vec2 chroma_size@;
uniform int chroma_rows@;     // rows of pixels that share a sample
uniform int chroma_channels@; // Cb and Cr are 0: the first and second channel, 1: the second and fourth
uniform vec4 red_at@, green_at@, blue_at@; // the weights of luma, Cb, Cr and 1

vec4 colour_of@(ivec2 pixel) {
	float luma = FETCH(scanout@, pixel, scanout_size@).r;
	vec4 pair = FETCH(chroma@, pixel / ivec2(2, chroma_rows@), chroma_size@);
	vec4 value = vec4(luma, chroma_channels@ == 0 ? pair.rg : pair.ga, 1.0);
	return vec4(dot(value, red_at@), dot(value, green_at@), dot(value, blue_at@), 1.0);
}
#elif defined(SCANOUT_PALETTE)
uniform highp sampler2D palette@; // a row of 256 colours

vec4 colour_of@(ivec2 pixel) {
	float number = floor(FETCH(scanout@, pixel, scanout_size@).r * 255.0 + 0.5);
	return vec4(FETCH(palette@, ivec2(int(number), 0), vec2(256.0, 1.0)).rgb, 1.0);
}
#elif defined(SCANOUT_SAMPLED)
// Mesa turns YUV into RGB if a shader samples, but not if it fetches.
vec4 colour_of@(ivec2 pixel) {
	return vec4(SAMPLE(scanout@, pixel, scanout_size@).rgb, 1.0);
}
#elif defined(SCANOUT_MEMORY)
uniform ivec2 pixel_bytes@; // x: bytes per pixel; y: 0 whole texels of bytes, 1 bit fields, 2 half floats
// The weights of a pixel's first four bytes, and of the others, in red, green, blue and alpha.
uniform mat4 first_bytes@, last_bytes@;
// The value of each channel's lowest bit in those sums, and how many values the channel has.
uniform vec4 units@, counts@;

vec4 texel_bytes@(int x, int y) {
	return floor(FETCH(scanout@, ivec2(x, y), scanout_size@) * 255.0 + 0.5);
}

// The channels as numbers of up to 16 bits. A pixel may begin in any byte of a texel, but one of 8 bytes begins in the
// first.
vec4 fields@(ivec2 pixel) {
	int at = pixel.x * pixel_bytes@.x, x = at / 4, lane = at - 4 * x, last = int(scanout_size@.x) - 1;
	vec4 one = texel_bytes@(x, pixel.y), other = texel_bytes@(x < last ? x + 1 : last, pixel.y);
	vec4 first = lane == 0 ? one
		   : lane == 1 ? vec4(one.yzw, other.x)
		   : lane == 2 ? vec4(one.zw, other.xy)
			       : vec4(one.w, other.xyz);
	return mod(floor((first * first_bytes@ + other * last_bytes@) / units@), counts@);
}

vec4 colour_of@(ivec2 pixel) {
	if (pixel_bytes@.y == 0)
		return FETCH(scanout@, pixel, scanout_size@) * first_bytes@;
	vec4 fields = fields@(pixel);
	if (pixel_bytes@.y == 1)
		return fields / (counts@ - 1.0);
	return vec4(half_value(fields.r), half_value(fields.g), half_value(fields.b), half_value(fields.a));
}
#else
vec4 colour_of@(ivec2 pixel) {
	return FETCH(scanout@, pixel, scanout_size@);
}
#endif

bool covers@(ivec2 at) {
	return all(greaterThanEqual(at, shown[@].xy)) && all(lessThan(at, shown[@].zw));
}

ivec2 pixel_of@(ivec2 oriented) {
	return first_pixel@ + steps@.xy * oriented.x + steps@.zw * oriented.y;
}

#ifdef SCALED
// Where the middle of the layer's top left pixel lies among the middles of oriented ones: whole (xy), and the rest (zw).
uniform vec4 start@;
// Oriented pixels for one of the mode (xy), so short that products with whole numbers are exact, and the rest (zw).
uniform vec4 scale@;
uniform vec2 last_pixel@; // the last oriented one

vec4 tap@(ivec2 oriented) {
	return clean(colour_of@(pixel_of@(oriented)));
}

// Bilinear: between the middles of four pixels. Those at the edges are repeated outwards.
vec4 scaled@(ivec2 inside) {
	vec2 whole = vec2(inside) * scale@.xy, rest = fract(whole) + vec2(inside) * scale@.zw + start@.zw;
	vec2 near = start@.xy + floor(whole) + floor(rest), share = fract(rest);
	ivec2 one = ivec2(clamp(near, vec2(0.0), last_pixel@)), other = ivec2(clamp(near + 1.0, vec2(0.0), last_pixel@));
	vec4 left = mix(tap@(one), tap@(ivec2(one.x, other.y)), share.y);
	vec4 right = mix(tap@(ivec2(other.x, one.y)), tap@(other), share.y);
	return mix(left, right, share.x);
}
#endif

// Fetches in any case, even if the result is thrown away: a branch around the fetch would keep a thread from having
// many fetches under way at once, and all of the speed comes from that.
vec4 sample@(ivec2 at, bool covered) {
	ivec2 inside = at - shown[@].xy;
#ifdef SCALED
	return scaled@(covered ? inside : ivec2(0));
#else
	ivec2 pixel = pixel_of@(inside);
	return colour_of@(covered ? pixel : first_pixel@);
#endif
}

#ifdef COMPOSED
uniform int hides@; // 1: what lies below the layer is not seen through it
// How much of a pixel's colour is added (x + y * its alpha), and how much of what lies below is hidden (z + w * its alpha).
uniform vec4 blending@;

// What is blended must be from 0 to 1. Half floats and YUV may lie outside.
vec4 unit@(vec4 colour) {
#if defined(HALVES) || defined(SCANOUT_PLANES) || defined(SCANOUT_SAMPLED) || defined(SCALED)
	return clean(colour);
#else
	return colour;
#endif
}

vec3 over@(vec3 below, vec4 colour) {
	float own = blending@.x + blending@.y * colour.a, hidden = blending@.z + blending@.w * colour.a;
	return min(own * colour.rgb + (1.0 - hidden) * below, 1.0);
}

#ifdef THREADS
void see@(inout Seen seen) {
	see(seen, @, shown[@], hides@ != 0);
}

vec4 inside@(ivec2 pixel) {
#ifdef SCALED
	return unit@(scaled@(pixel));
#else
	return unit@(colour_of@(pixel_of@(pixel)));
#endif
}

#ifndef LOOPED
// A comb of the layer. Its nearest pixels stand in for what it does not cover.
Comb comb@(ivec2 at) {
	ivec2 one = at - shown[@].xy, last = shown[@].zw - shown[@].xy - 1;
	int y = clamp(one.y, 0, last.y);
	return Comb(inside@(ivec2(clamp(one.x, 0, last.x), y)).rgb, inside@(ivec2(clamp(one.x + 16, 0, last.x), y)).rgb,
		inside@(ivec2(clamp(one.x + 32, 0, last.x), y)).rgb, inside@(ivec2(clamp(one.x + 48, 0, last.x), y)).rgb);
}

// Finds all pixels of a thread in a tile that the layer fills, if nothing lies above it there.
void alone@(inout uvec4 now[ROUNDS], Seen seen, ivec2 at) {
	if (@ != seen.filling)
		return;
#define FIND(r) now[r] = pixels_of(comb@(at + r * NEXT_COMB), at + r * NEXT_COMB);
	EACH_ROUND(FIND)
#undef FIND
}

// Finds a comb of a tile that the layer fills.
void show@(inout Comb comb, Seen seen, ivec2 at) {
	if (@ == seen.filling)
		comb = comb@(at);
}
#endif

// Lays the layer over a comb.
void lay@(inout Comb below, Seen seen, ivec2 at) {
#ifdef LOOPED
	if (@ != seen.filling && (seen.above & 1 << @) == 0)
		return;
#else
	if ((seen.above & 1 << @) == 0)
		return;
#endif
	ivec2 one = at - shown[@].xy, last = shown[@].zw - shown[@].xy - 1;
	ivec4 x = one.x + ivec4(0, 16, 32, 48), in_x = clamp(x, 0, last.x);
	int y = clamp(one.y, 0, last.y);
	bvec4 covered = equal(ivec4(abs(x - in_x) + abs(one.y - y)), ivec4(0));
#ifdef LOOPED
	vec4 found[4];
	for (int i = 0; i < 4; i++)
		found[i] = inside@(ivec2(in_x[i], y));
	vec4 a = found[0], b = found[1], c = found[2], d = found[3];
#else
	vec4 a = inside@(ivec2(in_x.x, y)), b = inside@(ivec2(in_x.y, y)), c = inside@(ivec2(in_x.z, y)),
	     d = inside@(ivec2(in_x.w, y));
#endif
	below.a = mix(below.a, over@(below.a, a), bvec3(covered.x));
	below.b = mix(below.b, over@(below.b, b), bvec3(covered.y));
	below.c = mix(below.c, over@(below.c, c), bvec3(covered.z));
	below.d = mix(below.d, over@(below.d, d), bvec3(covered.w));
}
#else
void lay@(inout vec3 colour, ivec2 at) {
	if (covers@(at))
		colour = over@(colour, unit@(sample@(at, true)));
}
#endif
#endif

#undef SCANOUT_EXTERNAL
#undef SCANOUT_PLANES
#undef SCANOUT_PALETTE
#undef SCANOUT_SAMPLED
#undef SCANOUT_MEMORY
#undef SCALED
