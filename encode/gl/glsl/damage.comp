// SPDX-License-Identifier: GPL-2.0-or-later
// One workgroup per tile. It compares the tile exactly, in the 8-bit space that viewers get, with what was sent
// last. Only if it differs, it writes the tile in packed form into memory that the CPU reads, and into the copy.
// Both get the same values, so nothing that the scanout's owner does in the meantime can make them differ.
//
// Defined outside: THREADS (128, 256 or 512) and PACKED (0: every tile as plain pixels, for renderers that have no
// bus to save; 1: in as few bytes as can be found out cheaply). SPARES: how many parts may be spared; not defined if none
// is.
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
	   CODING_PALETTE8 = 4u, CODING_ABSENT = 5u;
const uint CHANGED = 1u, MIXED = 2u;

shared uint flags, reference, place;
shared uint changed_columns[2], changed_rows[2]; // a bit each, of a changed tile

uint pixel_of(vec3 colour, ivec2 at) {
	uvec3 levels = uvec3(levels_of(colour));
	uint pixel = levels.r << 16 | levels.g << 8 | levels.b;
	return all(lessThan(at, size)) ? pixel : 0u;
}

#ifdef COMPOSED
uvec4 composed(Seen seen, ivec2 at) {
	Comb comb = Comb(vec3(0.0), vec3(0.0), vec3(0.0), vec3(0.0));
#ifndef LOOPED
	EACH_SHOW((comb, seen, at))
#endif
	EACH_LAY((comb, seen, at))
	return pixels_of(comb, at);
}

// If one layer is seen in the tile, a thread fetches all its pixels at once. Otherwise it composes one comb after the
// other. There are no loops in which a comb or a pixel is chosen by number, and no branches for single pixels: with them, an
// H200 took 1.5 times as long for three planes at 4K as for one, and 1.2 times as long without. Where a layer's code is long
// (LOOPED), there are loops all the same, and each layer's code only once.
void find_pixels(uint tile, uint me, out uvec4 now[ROUNDS]) {
	Seen seen = Seen(-1, 0);
	ivec2 at = comb_corner(tile, me);
	EACH_SEE((seen))
#ifndef LOOPED
	if (seen.filling >= 0 && seen.above == 0) {
		EACH_ALONE((now, seen, at))
		return;
	}
#endif
#define FIND(r) now[r] = composed(seen, at + r * NEXT_COMB);
	EACH_ROUND(FIND)
#undef FIND
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

// Which pixels of a comb differ, in the lowest 4 bits.
uint differences(uvec4 now, uvec4 was) {
	uvec4 differ = uvec4(notEqual(now, was));
	return differ.x | differ.y << 1 | differ.z << 2 | differ.w << 3;
}

// Adds what one thread found, 4 bits for each of its combs, to what changed in the tile.
void add_changes(uint mine, uint me) {
	uvec2 columns = uvec2(0u), rows = uvec2(0u);
	uint first = me % 16u;
	for (uint r = 0u; r < ROUNDS; r++) {
		uint comb = mine >> (4u * r) & 15u, row = (me + r * uint(THREADS)) / 16u;
		columns |= (uvec2(comb, comb >> 2) & 1u) << first | (uvec2(comb, comb >> 2) >> 1 & 1u) << (first + 16u);
		rows |= comb == 0u ? uvec2(0u) : row < 32u ? uvec2(1u << row, 0u) : uvec2(0u, 1u << (row - 32u));
	}
	for (uint i = 0u; i < 2u; i++) {
		atomicOr(changed_columns[i], columns[i]);
		atomicOr(changed_rows[i], rows[i]);
	}
}

uint lowest(uint low, uint high) {
	return uint(low != 0u ? findLSB(low) : 32 + findLSB(high));
}

uint highest(uint low, uint high) {
	return uint(high != 0u ? 32 + findMSB(high) : findMSB(low));
}

// The box around all changes.
uint find_box() {
	return lowest(changed_columns[0], changed_columns[1]) | lowest(changed_rows[0], changed_rows[1]) << 6 |
		highest(changed_columns[0], changed_columns[1]) << 12 | highest(changed_rows[0], changed_rows[1]) << 18;
}

// For one thread: reserves room for `units` of payload, and writes a header for it. Returns the payload's first
// word.
uint announce(uint tile, uint coding, uint units, uint extra) {
	uint counter = 4u * (serial % COUNTER_SETS);
	uint slot = atomicAdd(counters[counter], 1u);
	uint at = units > 0u ? atomicAdd(counters[counter + 1u], units) : 0u;
	uint box = find_box();
	headers[note + 1u + slot] = coding == CODING_SOLID ? uvec4(serial, tile | coding << 24, box, extra)
							   : uvec4(serial, tile | coding << 24, at, extra | box << 8);
	return 4u * (first_tile * TILE_UNITS + at);
}

// For one thread, after everything that its workgroup announced. The last workgroup of all leaves a note. It says that
// this dispatch is complete, which one of its serial it is, and whether there is any header. A dispatch may have the
// serial of one that found nothing, because all its counters but this one are still zero.
void arrive(bool announced) {
	uint counter = 4u * (serial % COUNTER_SETS);
	if (announced) // otherwise nothing was written that others must see first
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
const uint TABLE = 512u; // twice as many as colours, so that probing it stays short
const uint MOST_COLOURS = 255u;
shared uint table[TABLE], rank[TABLE], colours, ranks;

// The slot of the table that holds `colour`. A new colour is inserted.
uint slot_of(uint colour) {
	if (colours > MOST_COLOURS)
		return 0u;
	uint slot = (colour * 0x9e3779b1u) >> 23;
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

// Finds the slots of all pixels of this thread, 16 bits each, as long as there are few colours.
void find_colours(uvec4 now[ROUNDS], uint me, out uvec2 slots[ROUNDS]) {
	for (uint i = me; i < TABLE; i += uint(THREADS))
		table[i] = EMPTY;
	if (me == 0u) {
		colours = 0u;
		ranks = 0u;
	}
	barrier();
	for (uint r = 0u; r < ROUNDS; r++) {
		slots[r] = uvec2(0u);
		uint colour = EMPTY, slot = 0u;
		for (uint i = 0u; i < 4u && colours <= MOST_COLOURS; i++) {
			if (now[r][i] != colour) {
				colour = now[r][i];
				slot = slot_of(colour);
			}
			slots[r][i / 2u] |= slot << (16u * (i % 2u));
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

uint ranks_of(uvec2 slots, uint bits) {
	return rank[slots.x & 0xffffu] | rank[slots.x >> 16] << bits | rank[slots.y & 0xffffu] << (2u * bits) |
		rank[slots.y >> 16] << (3u * bits);
}

void send_palette4(uvec2 slots[ROUNDS], uint me, uint to) {
	for (uint r = 0u; r < ROUNDS / 2u; r++)
		payload[to + me + r * uint(THREADS)] =
			ranks_of(slots[r], 4u) | ranks_of(slots[r + ROUNDS / 2u], 4u) << 16;
}

void send_palette8(uvec2 slots[ROUNDS], uint me, uint to) {
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
	uvec2 slots[ROUNDS];
	find_colours(now, me, slots);
	uint count = colours; // the same for all threads, and so is everything that depends on it
	uint room = (count + 3u) / 4u; // units of palette
	uint coding = count <= 16u ? CODING_PALETTE4 : count <= MOST_COLOURS ? CODING_PALETTE8 : CODING_RGB24;
	uint units = count <= 16u ? room + 128u : count <= MOST_COLOURS ? room + 256u : 768u;
	if (me == 0u)
		place = announce(tile, coding, units, coding == CODING_RGB24 ? 0u : count);
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

// Whether the tile has one colour only, and where it changed, takes long to find out, so only changed tiles are asked.
// `changes`: this thread's. Returns the flags.
uint find_mixed(uint tile, uint me, uvec4 now[ROUNDS], uint changes) {
	uint mine = 0u;
	if (changes != 0u)
		add_changes(changes, me);
	for (uint r = 0u; r < ROUNDS; r++) {
		if (differs(now[r], reference, comb_corner(tile, me + r * uint(THREADS))))
			mine = MIXED;
	}
	if (mine != 0u)
		atomicOr(flags, mine);
	barrier();
	return flags;
}

// Fetches what was sent last.
void recall(uint tile, uint me, out uvec4 was[ROUNDS]) {
	for (uint r = 0u; r < ROUNDS; r++)
		was[r] = sent[tile * 1024u + me + r * uint(THREADS)];
}

#ifdef SPARES
// Left, top, right and bottom, in tiles. Of changed tiles in there, nobody needs more than to know where they changed.
uniform ivec4 spared[SPARES];

bool is_spared(uint tile) {
	ivec2 at = ivec2(int(tile) % columns, int(tile) / columns);
	bool found = false;
	for (int i = 0; i < SPARES; i++)
		found = found || (all(lessThanEqual(spared[i].xy, at)) && all(lessThan(at, spared[i].zw)));
	return found;
}
#endif

void main() {
	uint tile = first_tile + gl_WorkGroupID.x, me = gl_LocalInvocationIndex;
	uvec4 now[ROUNDS], was[ROUNDS];
#ifdef COMPOSED
	corner = tile_corner(tile);
	find_pixels(tile, me, now);
	recall(tile, me, was); // not before, because composing needs all registers that there are
#else
	recall(tile, me, was);
	find_pixels(tile, me, now);
#endif
	uint mine = everything != 0 ? 0xffffffffu : 0u;
	for (uint r = 0u; r < ROUNDS; r++) {
		if (any(notEqual(now[r], was[r])))
			mine |= differences(now[r], was[r]) << (4u * r);
	}
	if (me < 2u)
		changed_columns[me] = changed_rows[me] = 0u;
	if (me == 0u) {
		flags = 0u;
		reference = now[0].x;
	}
	barrier();
	if (mine != 0u)
		atomicOr(flags, CHANGED);
	barrier();
	bool changed = flags != 0u; // the same for all threads, so that all or none of them reach the barriers below
	if (changed) {
		uint found = find_mixed(tile, me, now, mine);
		for (uint r = 0u; r < ROUNDS; r++)
			sent[tile * 1024u + me + r * uint(THREADS)] = now[r];
#ifdef SPARES
		if (is_spared(tile)) {
			if (me == 0u)
				announce(tile, CODING_ABSENT, 0u, 0u);
		} else
#endif
		if ((found & MIXED) != 0u)
			send(now, tile, me);
		else if (me == 0u)
			announce(tile, CODING_SOLID, 0u, reference);
	}
	if (me == 0u)
		arrive(changed);
}
