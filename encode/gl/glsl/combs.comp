// SPDX-License-Identifier: GPL-2.0-or-later
// How the threads of a workgroup share its tile. A thread's unit is a comb: 4 pixels of a row, 16 apart. Comb n of a tile
// lies in row n / 16 and begins at column n % 16. So neighbouring threads fetch neighbouring texels and write neighbouring
// words.
//
// Defined outside: THREADS (128, 256 or 512).
uniform ivec2 size;  // of the picture, in pixels
uniform int columns; // of tiles

const uint ROUNDS = 1024u / uint(THREADS); // combs per thread

uint pixel_of(vec3 colour, ivec2 at); // what is sent: in damage.comp

ivec2 tile_corner(uint tile) {
	return ivec2(int(tile) % columns, int(tile) / columns) * 64;
}

// Programs that compose find out the tile's corner once. With 512 threads, an H200 otherwise has too few registers for two
// of their workgroups at a time. In other programs, finding it out each time is faster, above all with 256 threads.
#ifdef COMPOSED
ivec2 corner;
#define CORNER(tile) corner
#else
#define CORNER(tile) tile_corner(tile)
#endif

ivec2 comb_corner(uint tile, uint comb) {
	return CORNER(tile) + ivec2(int(comb % 16u), int(comb / 16u));
}

#ifdef COMPOSED
const ivec2 NEXT_COMB = ivec2(0, THREADS / 16); // where the thread's next one begins

// Calls X with the number of each comb of a thread. Loops in which combs are chosen by number would keep them in memory;
// they are worth it where a layer's code is long (LOOPED).
#ifdef LOOPED
#define EACH_ROUND(X) for (int r = 0; r < int(ROUNDS); r++) { X(r) }
#elif THREADS == 512
#define EACH_ROUND(X) X(0) X(1)
#elif THREADS == 256
#define EACH_ROUND(X) X(0) X(1) X(2) X(3)
#else
#define EACH_ROUND(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#endif

// The colours of a comb, from left to right.
struct Comb {
	vec3 a, b, c, d;
};

uvec4 pixels_of(Comb comb, ivec2 at) {
	return uvec4(pixel_of(comb.a, at), pixel_of(comb.b, at + ivec2(16, 0)), pixel_of(comb.c, at + ivec2(32, 0)),
		pixel_of(comb.d, at + ivec2(48, 0)));
}

// Which layers are seen in the tile.
struct Seen {
	int filling; // the highest one that fills it and hides all that lies below; -1: none
	int above;   // those that lie above that and touch it, by bits
};

// Adds a layer, which is shown there (left, top, right, bottom), above all others.
void see(inout Seen seen, int layer, ivec4 there, bool hides) {
	bool touches = all(lessThan(ivec4(corner, there.xy), ivec4(there.zw, corner + 64)));
	bool fills = hides && all(lessThanEqual(ivec4(there.xy, min(corner + 64, size)), ivec4(corner, there.zw)));
	seen.above = fills ? 0 : touches ? seen.above | 1 << layer : seen.above;
	seen.filling = fills ? layer : seen.filling;
}
#endif
