// SPDX-License-Identifier: GPL-2.0-or-later
// One workgroup a tile: compares it exactly, in the 8-bit space that viewers get, with what was last sent,
// and only where it differs writes it, packed, into memory that the CPU reads, and into the copy.
// The same values go both ways, so nothing that the scanout's owner does meanwhile can set them apart.
//
// A tile is 1024 quads of 4 pixels, 16 quads a row. Defined outside: THREADS (128 or 256), PACKED (0: every
// tile as plain pixels, for renderers that have no bus to spare; 1: as few bytes as is cheap to find out).
layout(local_size_x = THREADS) in;

// In each pixel 0x00RRGGBB, zero right of and below the picture. What encode/gl/unpack.h knows too.
layout(std430, binding = 0) buffer Sent { uvec4 sent[]; };     // tile after tile
layout(std430, binding = 1) buffer Counters { uint counters[]; }; // two a dispatch: tiles and words so far
layout(std430, binding = 2) writeonly buffer Headers { uvec4 headers[]; };
layout(std430, binding = 3) writeonly buffer Payload { uvec4 payload[]; };

uniform ivec2 size;          // of the picture, in pixels
uniform int columns;         // of tiles
uniform uint first_tile;     // of this dispatch: its headers and its payload start there too
uniform uint serial;         // marks the headers of this dispatch
uniform uint counter;        // which pair of counters is this dispatch's: they are zero
uniform int everything;      // 1: every tile counts as changed

const uint QUADS = 1024u / uint(THREADS); // a thread's
const uint TILE_UNITS = PACKED != 0 ? 768u : 1024u; // room in the payload for a tile, in uvec4

const uint CODING_SOLID = 0u, CODING_PIXELS = 1u, CODING_RGB24 = 2u, CODING_PALETTE4 = 3u,
	   CODING_PALETTE8 = 4u;
const uint CHANGED = 1u, MIXED = 2u;

shared uint flags, reference, place;

uint pixel_at(ivec2 at) {
	uvec3 levels = uvec3(scanout_levels(at));
	uint pixel = levels.r << 16 | levels.g << 8 | levels.b;
	return all(lessThan(at, size)) ? pixel : 0u;
}

ivec2 quad_corner(uint tile, uint quad) {
	ivec2 corner = ivec2(int(tile) % columns, int(tile) / columns) * 64;
	return corner + ivec2(int(quad % 16u) * 4, int(quad / 16u));
}

// Whether a pixel that lies in the picture differs from `colour`.
bool differs(uvec4 pixels, uint colour, ivec2 at) {
	uvec4 columns_of = uvec4(at.x) + uvec4(0u, 1u, 2u, 3u);
	bvec4 counts = lessThan(columns_of, uvec4(size.x));
	return at.y < size.y && any(notEqual(mix(uvec4(colour), pixels, counts), uvec4(colour)));
}

// One thread's: room for a header and `units` uvec4 of payload; returns where the payload starts.
uint announce(uint tile, uint coding, uint units, uint extra) {
	uint slot = atomicAdd(counters[2u * counter], 1u);
	uint at = units > 0u ? atomicAdd(counters[2u * counter + 1u], units) : 0u;
	headers[first_tile + slot] = uvec4(serial, tile | coding << 24, at, extra);
	return first_tile * TILE_UNITS + at;
}

#if PACKED
// Words of the tile in its coded form, gathered here so that they leave in whole, neighbouring uvec4s.
shared uint words[3072];

const uint EMPTY = 0xffffffffu; // no pixel has this value
const uint TABLE = 256u;
const uint MOST_COLOURS = 128u; // more are not worth probing a table that fills up
shared uint table[TABLE], rank[TABLE], colours;

// The slot of the table that holds `colour`, which is put there if it is new.
uint slot_of(uint colour) {
	uint slot = (colour * 0x9e3779b1u) >> 24;
	for (uint probes = 0u; probes < TABLE; probes++) {
		uint held = table[slot];
		if (held == EMPTY) {
			held = atomicCompSwap(table[slot], EMPTY, colour);
			if (held == EMPTY) {
				atomicAdd(colours, 1u);
				return slot;
			}
		}
		if (held == colour)
			return slot;
		if (colours > MOST_COLOURS)
			return 0u;
		slot = (slot + 1u) % TABLE;
	}
	return 0u;
}

// The slots of all pixels of this thread, 8 bits each, as long as there are few colours.
void find_colours(uvec4 now[QUADS], uint me, out uint slots[QUADS]) {
	for (uint i = me; i < TABLE; i += uint(THREADS))
		table[i] = EMPTY;
	if (me == 0u)
		colours = 0u;
	barrier();
	for (uint q = 0u; q < QUADS; q++) {
		slots[q] = 0u;
		uint colour = EMPTY, slot = 0u;
		for (uint i = 0u; i < 4u && colours <= MOST_COLOURS; i++) {
			if (now[q][i] != colour) {
				colour = now[q][i];
				slot = slot_of(colour);
			}
			slots[q] |= slot << (8u * i);
		}
	}
	barrier();
}

// The colours into words[0..], and every used slot's rank among them.
void rank_colours(uint me) {
	if (me == 0u)
		place = 0u;
	barrier();
	for (uint i = me; i < TABLE; i += uint(THREADS)) {
		if (table[i] == EMPTY)
			continue;
		rank[i] = atomicAdd(place, 1u);
		words[rank[i]] = table[i];
	}
	barrier();
}

uint rank_at(uint slots, uint i) {
	return rank[(slots >> (8u * i)) & 255u];
}

// A word holds 8 pixels: a quad of the upper half of the tile, and above it the quad 32 rows below.
void pack_palette4(uint slots[QUADS], uint me, uint start) {
	for (uint q = 0u; q < QUADS / 2u; q++) {
		uint word = 0u;
		for (uint i = 0u; i < 4u; i++) {
			word |= rank_at(slots[q], i) << (4u * i);
			word |= rank_at(slots[q + QUADS / 2u], i) << (16u + 4u * i);
		}
		words[start + me + q * uint(THREADS)] = word;
	}
}

void pack_palette8(uint slots[QUADS], uint me, uint start) {
	for (uint q = 0u; q < QUADS; q++) {
		uint word = 0u;
		for (uint i = 0u; i < 4u; i++)
			word |= rank_at(slots[q], i) << (8u * i);
		words[start + me + q * uint(THREADS)] = word;
	}
}

void pack_rgb24(uvec4 now[QUADS], uint me) {
	for (uint q = 0u; q < QUADS; q++) {
		uint at = 3u * (me + q * uint(THREADS));
		words[at] = now[q].x | now[q].y << 24;
		words[at + 1u] = now[q].y >> 8 | now[q].z << 16;
		words[at + 2u] = now[q].z >> 16 | now[q].w << 8;
	}
}

void send(uvec4 now[QUADS], uint tile, uint me) {
	uint slots[QUADS];
	find_colours(now, me, slots);
	uint count = colours, coding = CODING_RGB24, units = 768u;
	if (count <= MOST_COLOURS) {
		coding = count <= 16u ? CODING_PALETTE4 : CODING_PALETTE8;
		uint start = (count + 3u) / 4u * 4u;
		units = start / 4u + (count <= 16u ? 128u : 256u);
		rank_colours(me);
		if (count <= 16u)
			pack_palette4(slots, me, start);
		else
			pack_palette8(slots, me, start);
	} else {
		pack_rgb24(now, me);
	}
	barrier();
	if (me == 0u)
		place = announce(tile, coding, units, count);
	barrier();
	for (uint i = me; i < units; i += uint(THREADS))
		payload[place + i] =
			uvec4(words[4u * i], words[4u * i + 1u], words[4u * i + 2u], words[4u * i + 3u]);
}
#else
void send(uvec4 now[QUADS], uint tile, uint me) {
	if (me == 0u)
		place = announce(tile, CODING_PIXELS, 1024u, 0u);
	barrier();
	for (uint q = 0u; q < QUADS; q++)
		payload[place + me + q * uint(THREADS)] = now[q];
}
#endif

void main() {
	uint tile = first_tile + gl_WorkGroupID.x, me = gl_LocalInvocationIndex;
	uvec4 now[QUADS], was[QUADS];
	for (uint q = 0u; q < QUADS; q++)
		was[q] = sent[tile * 1024u + me + q * uint(THREADS)];
	for (uint q = 0u; q < QUADS; q++) {
		ivec2 at = quad_corner(tile, me + q * uint(THREADS));
		now[q] = uvec4(pixel_at(at), pixel_at(at + ivec2(1, 0)), pixel_at(at + ivec2(2, 0)),
			pixel_at(at + ivec2(3, 0)));
	}
	uint mine = everything != 0 ? CHANGED : 0u;
	for (uint q = 0u; q < QUADS; q++) {
		if (any(notEqual(now[q], was[q])))
			mine |= CHANGED;
	}
	if (me == 0u) {
		flags = 0u;
		reference = now[0].x;
	}
	barrier();
	for (uint q = 0u; q < QUADS; q++) {
		if (differs(now[q], reference, quad_corner(tile, me + q * uint(THREADS))))
			mine |= MIXED;
	}
	if (mine != 0u)
		atomicOr(flags, mine);
	barrier();
	uint found = flags; // the same for all threads, so that the barriers below are met by all or none
	if ((found & CHANGED) == 0u)
		return;
	for (uint q = 0u; q < QUADS; q++)
		sent[tile * 1024u + me + q * uint(THREADS)] = now[q];
	if ((found & MIXED) != 0u)
		send(now, tile, me);
	else if (me == 0u)
		announce(tile, CODING_SOLID, 0u, reference);
}
