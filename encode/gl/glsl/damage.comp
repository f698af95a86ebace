// SPDX-License-Identifier: GPL-2.0-or-later
// One workgroup per tile. It compares the tile exactly, in the 8-bit space that viewers get, with what was sent
// last. Only if it differs, it writes the tile in packed form into memory that the CPU reads, and into the copy.
// Both get the same values, so nothing that the scanout's owner does in the meantime can make them differ.
//
// Defined outside: THREADS (128, 256 or 512) and PACKED (0: every tile as plain pixels, for renderers that have no
// bus to save; 1: in as few bytes as can be found out cheaply).
layout(local_size_x = THREADS) in;

// Pixels are 0x00RRGGBB, and zero to the right of and below the picture. encode/gl/unpack.h describes headers and
// payload.
layout(std430, binding = 0) buffer Sent { uvec4 sent[]; };        // one comb each, tile after tile
// Four per dispatch: tiles and units so far, workgroups that are done, and one that is not used.
layout(std430, binding = 1) buffer Counters { uint counters[]; };
layout(std430, binding = 2) writeonly buffer Headers { uvec4 headers[]; }; // after the note of their dispatch
layout(std430, binding = 3) writeonly buffer Payload { uint payload[]; };

uniform uint first_tile; // of this dispatch; its payload starts there, too
uniform uint note;       // where this dispatch leaves its note; its headers follow
uniform uint serial;     // marks the headers of this dispatch and selects its counters
uniform int everything;  // 1: every tile counts as changed

const uint TILE_UNITS = PACKED != 0 ? 768u : 1024u; // room in the payload for a tile; a unit is 4 words
const uint COUNTER_SETS = 1024u;

const uint CODING_SOLID = 0u, CODING_PIXELS = 1u, CODING_RGB24 = 2u, CODING_PALETTE4 = 3u,
	   CODING_PALETTE8 = 4u;
const uint CHANGED = 1u, MIXED = 2u;

shared uint flags, reference, place;

uint pixel_of(vec3 colour, ivec2 at) {
	uvec3 levels = uvec3(levels_of(colour));
	uint pixel = levels.r << 16 | levels.g << 8 | levels.b;
	return all(lessThan(at, size)) ? pixel : 0u;
}

#ifdef COMPOSED
uniform int hides[LAYERS]; // 1: what lies below the layer is not seen through it

// The highest layer that hides all that lies below it in this tile.
int lowest_seen(uint tile) {
	int lowest = 0;
	for (int i = 1; i < LAYERS; i++)
		lowest = hides[i] != 0 && fills(shown[i], tile) ? i : lowest;
	return lowest;
}

void find_pixels(uint tile, uint me, out uvec4 now[ROUNDS]) {
	vec3 colours[PIXELS];
	for (uint i = 0u; i < PIXELS; i++)
		colours[i] = vec3(0.0);
	int lowest = lowest_seen(tile);
	EACH_LAYER((colours, lowest, tile, me))
	for (uint r = 0u; r < ROUNDS; r++) {
		ivec2 at = comb_corner(tile, me + r * uint(THREADS));
		now[r] = uvec4(pixel_of(colours[4u * r], at), pixel_of(colours[4u * r + 1u], at + ivec2(16, 0)),
			pixel_of(colours[4u * r + 2u], at + ivec2(32, 0)),
			pixel_of(colours[4u * r + 3u], at + ivec2(48, 0)));
	}
}
#else
uint pixel_at(ivec2 at) {
	return pixel_of(sample_scanout(at), at);
}

void find_pixels(uint tile, uint me, out uvec4 now[ROUNDS]) {
	for (uint r = 0u; r < ROUNDS; r++) {
		ivec2 at = comb_corner(tile, me + r * uint(THREADS));
		now[r] = uvec4(pixel_at(at), pixel_at(at + ivec2(16, 0)), pixel_at(at + ivec2(32, 0)),
			pixel_at(at + ivec2(48, 0)));
	}
}
#endif

// Whether any pixel inside the picture differs from `colour`.
bool differs(uvec4 pixels, uint colour, ivec2 at) {
	bvec4 counts = lessThan(ivec4(at.x) + ivec4(0, 16, 32, 48), ivec4(size.x));
	return at.y < size.y && any(notEqual(mix(uvec4(colour), pixels, counts), uvec4(colour)));
}

// For one thread: reserves room for `units` of payload, and writes a header for it. Returns the payload's first
// word.
uint announce(uint tile, uint coding, uint units, uint extra) {
	uint counter = 4u * (serial % COUNTER_SETS);
	uint slot = atomicAdd(counters[counter], 1u);
	uint at = units > 0u ? atomicAdd(counters[counter + 1u], units) : 0u;
	headers[note + 1u + slot] = uvec4(serial, tile | coding << 24, at, extra);
	return 4u * (first_tile * TILE_UNITS + at);
}

// For one thread, after everything that its workgroup announced. The last workgroup of all leaves a note. It says that
// this dispatch is complete, which one of its serial it is, and whether there is any header. A dispatch may have the
// serial of one that found nothing, because all its counters but this one are still zero.
void arrive() {
	uint counter = 4u * (serial % COUNTER_SETS);
	memoryBarrierBuffer();
	uint arrived = atomicAdd(counters[counter + 2u], 1u) + 1u;
	if (arrived % gl_NumWorkGroups.x != 0u)
		return;
	memoryBarrierBuffer();
	uint found = min(atomicAdd(counters[counter], 0u), 1u);
	headers[note] = uvec4(serial << 12 | arrived / gl_NumWorkGroups.x << 1 | found, 0u, 0u, 0u);
}

#if PACKED
const uint EMPTY = 0xffffffffu; // no pixel has this value
const uint TABLE = 256u;
const uint MOST_COLOURS = 128u; // with more, probing the table, which fills up, does not pay
shared uint table[TABLE], rank[TABLE], colours, ranks;

// The slot of the table that holds `colour`. A new colour is inserted.
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

// Finds the slots of all pixels of this thread, 8 bits each, as long as there are few colours.
void find_colours(uvec4 now[ROUNDS], uint me, out uint slots[ROUNDS]) {
	for (uint i = me; i < TABLE; i += uint(THREADS))
		table[i] = EMPTY;
	if (me == 0u) {
		colours = 0u;
		ranks = 0u;
	}
	barrier();
	for (uint r = 0u; r < ROUNDS; r++) {
		slots[r] = 0u;
		uint colour = EMPTY, slot = 0u;
		for (uint i = 0u; i < 4u && colours <= MOST_COLOURS; i++) {
			if (now[r][i] != colour) {
				colour = now[r][i];
				slot = slot_of(colour);
			}
			slots[r] |= slot << (8u * i);
		}
	}
	barrier();
}

// Writes the colours into the payload, and every used slot's rank among them into `rank`.
void send_palette(uint me, uint to) {
	for (uint i = me; i < TABLE; i += uint(THREADS)) {
		if (table[i] == EMPTY)
			continue;
		rank[i] = atomicAdd(ranks, 1u);
		payload[to + rank[i]] = table[i];
	}
	barrier();
}

uint ranks_of(uint slots, uint bits) {
	uint word = 0u;
	for (uint i = 0u; i < 4u; i++)
		word |= rank[(slots >> (8u * i)) & 255u] << (bits * i);
	return word;
}

void send_palette4(uint slots[ROUNDS], uint me, uint to) {
	for (uint r = 0u; r < ROUNDS / 2u; r++)
		payload[to + me + r * uint(THREADS)] =
			ranks_of(slots[r], 4u) | ranks_of(slots[r + ROUNDS / 2u], 4u) << 16;
}

void send_palette8(uint slots[ROUNDS], uint me, uint to) {
	for (uint r = 0u; r < ROUNDS; r++)
		payload[to + me + r * uint(THREADS)] = ranks_of(slots[r], 8u);
}

void send_rgb24(uvec4 now[ROUNDS], uint me, uint to) {
	for (uint r = 0u; r < ROUNDS; r++) {
		uint at = to + me + r * uint(THREADS);
		payload[at] = now[r].x | now[r].y << 24;
		payload[at + 1024u] = now[r].y >> 8 | now[r].z << 16;
		payload[at + 2048u] = now[r].z >> 16 | now[r].w << 8;
	}
}

void send(uvec4 now[ROUNDS], uint tile, uint me) {
	uint slots[ROUNDS];
	find_colours(now, me, slots);
	uint count = colours; // the same for all threads, and so is everything that depends on it
	uint room = (count + 3u) / 4u; // units of palette
	uint coding = count <= 16u ? CODING_PALETTE4 : count <= MOST_COLOURS ? CODING_PALETTE8 : CODING_RGB24;
	uint units = count <= 16u ? room + 128u : count <= MOST_COLOURS ? room + 256u : 768u;
	if (me == 0u)
		place = announce(tile, coding, units, count);
	barrier();
	if (coding == CODING_RGB24) {
		send_rgb24(now, me, place);
		return;
	}
	send_palette(me, place);
	if (coding == CODING_PALETTE4)
		send_palette4(slots, me, place + 4u * room);
	else
		send_palette8(slots, me, place + 4u * room);
}
#else
void send(uvec4 now[ROUNDS], uint tile, uint me) {
	if (me == 0u)
		place = announce(tile, CODING_PIXELS, 1024u, 0u);
	barrier();
	for (uint r = 0u; r < ROUNDS; r++) {
		uint comb = me + r * uint(THREADS);
		uint at = place + comb / 16u * 64u + comb % 16u;
		for (uint i = 0u; i < 4u; i++)
			payload[at + 16u * i] = now[r][i];
	}
}
#endif

void main() {
	uint tile = first_tile + gl_WorkGroupID.x, me = gl_LocalInvocationIndex;
	uvec4 now[ROUNDS], was[ROUNDS];
	for (uint r = 0u; r < ROUNDS; r++)
		was[r] = sent[tile * 1024u + me + r * uint(THREADS)];
	find_pixels(tile, me, now);
	uint mine = everything != 0 ? CHANGED : 0u;
	for (uint r = 0u; r < ROUNDS; r++) {
		if (any(notEqual(now[r], was[r])))
			mine |= CHANGED;
	}
	if (me == 0u) {
		flags = 0u;
		reference = now[0].x;
	}
	barrier();
	for (uint r = 0u; r < ROUNDS; r++) {
		if (differs(now[r], reference, comb_corner(tile, me + r * uint(THREADS))))
			mine |= MIXED;
	}
	if (mine != 0u)
		atomicOr(flags, mine);
	barrier();
	uint found = flags; // the same for all threads, so that all or none of them reach the barriers below
	if ((found & CHANGED) != 0u) {
		for (uint r = 0u; r < ROUNDS; r++)
			sent[tile * 1024u + me + r * uint(THREADS)] = now[r];
		if ((found & MIXED) != 0u)
			send(now, tile, me);
		else if (me == 0u)
			announce(tile, CODING_SOLID, 0u, reference);
	}
	if (me == 0u)
		arrive();
}
